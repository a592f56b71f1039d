"""What must not be seen of two versions of a resource: whatever either of them calls secret, in both.

The recorder replaces secret values, but keeps the keys of a secret mapping, and knows nothing of the other version: a
value that becomes secret stood in the clear before. So a secret place is hidden as a whole, in both versions.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from isthmus.graph.diff.paths import Difference, Path
from isthmus.graph.model import SECRET, Json, Node

#: Secret by their kind, whatever a program says of them.
_BY_KIND: Final = {"kubernetes:core/v1:Secret": ("data", "stringData")}


def hidden_places(before: Node | None, after: Node | None) -> frozenset[str]:
    """The recorder's spelling of every place to hide in both versions."""
    own = [_marked(node) for node in (before, after) if node is not None]
    if len(own) < 2:
        return frozenset().union(*own)
    one, other = own
    # Something that is secret in only one version may stand at another position of its list in the other.
    return one | other | {_list_of(place) for place in one ^ other}


def hide(value: Json, places: frozenset[str], place: str = "") -> Json:
    """A copy with SECRET instead of everything at a hidden place, keys and all."""
    if not places:
        return value
    if place in places:
        return SECRET
    if isinstance(value, dict):
        return {key: hide(inner, places, f"{place}.{key}" if place else key) for key, inner in value.items()}
    if isinstance(value, list):
        return [hide(inner, places, f"{place}[{index}]") for index, inner in enumerate(value)]
    return value


def veiled(found: Iterable[Difference], places: frozenset[str]) -> tuple[Difference, ...]:
    """The same differences, each hidden place once and without what is in it."""
    kept: dict[Path, Difference] = {}
    for difference in found:
        secret = _hidden_part(difference.path, places)
        if secret is None:
            at = _place(difference.path)
            old, new = hide(difference.old, places, at), hide(difference.new, places, at)
            kept[difference.path] = replace(difference, old=old, new=new)
        else:
            kept[secret] = Difference(secret, SECRET, SECRET)
    return tuple(kept.values())


def _marked(node: Node) -> frozenset[str]:
    return frozenset(node.secret_paths) | frozenset(_BY_KIND.get(node.type, ()))


def _list_of(place: str) -> str:
    return place.rpartition("[")[0] or place


def _hidden_part(path: Path, places: frozenset[str]) -> Path | None:
    """The outermost part of a path that is hidden."""
    if not places:
        return None
    return next((path[:end] for end in range(1, len(path) + 1) if _place(path[:end]) in places), None)


def _place(path: Path) -> str:
    """A path in the recorder's spelling: keys as they are."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
