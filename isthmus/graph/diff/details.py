"""What changes inside a resource, as lines of a diff."""

import json
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from isthmus.graph.diff.marking import cut, visible
from isthmus.graph.diff.model import Change, kind_of, place_of
from isthmus.graph.diff.paths import ABSENT, Difference
from isthmus.graph.model import Json

#: Ours: what a person reads of one resource, and of one value.
MOST: Final = 60
LONGEST: Final = 300


def told(found: Sequence[Difference], reasons: Collection[str] = (), most: int = MOST) -> Iterator[str]:
    """A line or two per difference. reasons: paths that force a replacement."""
    for difference in found[:most]:
        place = visible(place_of(difference))
        forces = "  # forces a replacement" if place_of(difference) in reasons else ""
        if difference.old == difference.new:
            # Secret, or drawn anew: what it was and what it will be cannot be told.
            yield f"! {place}: {difference.new} changes{forces}"
            continue
        if difference.old is not ABSENT:
            yield f"- {place}: {value(difference.old)}"
        if difference.new is not ABSENT:
            yield f"+ {place}: {value(difference.new)}{forces}"
        elif forces:
            yield f"!{forces}"
    if len(found) > most:
        yield f"! and {len(found) - most} more places"


def value(of: Json) -> str:
    """A value on one line."""
    return cut(visible(json.dumps(of, ensure_ascii=False, sort_keys=True)), LONGEST)


def title_of(change: Change) -> str:
    """`Deployment isthmus-production/gateway`: the object; where it is not one of Kubernetes, kind and logical name."""
    kind = kind_of(change.node)
    body = change.new if change.new is not None else change.old
    metadata = body.get("metadata") if isinstance(body, dict) else None
    if not change.node.is_kubernetes or not isinstance(metadata, dict):
        return f"{kind} {change.node.name}"
    where = f"{metadata['namespace']}/" if metadata.get("namespace") else ""
    return f"{kind} {where}{metadata.get('name') or change.node.name}"
