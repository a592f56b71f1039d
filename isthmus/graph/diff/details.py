"""What changes inside a resource, as lines of a diff."""

import difflib
import json
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from isthmus.graph.diff.marking import cut, visible
from isthmus.graph.diff.model import Change, Operation, place_of
from isthmus.graph.diff.paths import ABSENT, Difference
from isthmus.graph.diff.resources import titled
from isthmus.graph.model import Json

#: Ours: what a person reads of one resource or of one text in it, and of one value.
MOST: Final = 60
LONGEST: Final = 300
#: Ours: lines of a text that is compared line by line; more take seconds.
_COMPARED: Final = 2000


def told(found: Sequence[Difference], reasons: Collection[str] = (), most: int | None = MOST) -> Iterator[str]:
    """A line or two per difference, more for texts of many lines.

    reasons: paths that force a replacement. most: differences, and lines of one text; None: all.
    """
    for difference in found[:most]:
        place = visible(place_of(difference))
        forces = "  # forces a replacement" if place_of(difference) in reasons else ""
        if difference.old == difference.new:
            # Secret, or drawn anew: what it was and what it will be cannot be told.
            yield f"! {place}: {difference.new} changes{forces}"
            continue
        if lines := _line_by_line(difference.old, difference.new):
            yield f"! {place}:{forces}"
            yield from lines[:most]
            yield from _more(lines, most, "lines")
            continue
        if difference.old is not ABSENT:
            yield f"- {place}: {value(difference.old)}"
        if difference.new is not ABSENT:
            yield f"+ {place}: {value(difference.new)}{forces}"
        elif forces:
            yield f"!{forces}"
    yield from _more(found, most, "places")


def _more(of: Sequence[object], most: int | None, what: str) -> Iterator[str]:
    if most is not None and len(of) > most:
        yield f"! and {len(of) - most} more {what}"


def _line_by_line(old: Json, new: Json) -> list[str]:
    """What changes between two texts of several lines, each change with a line before and after; else nothing."""
    if not (isinstance(old, str) and isinstance(new, str) and "\n" in old + new):
        return []
    before, after = old.splitlines(), new.splitlines()
    if max(len(before), len(after)) > _COMPARED:
        return []
    found = list(difflib.unified_diff(before, after, n=1, lineterm=""))[3:]  # two file names, and where it begins
    return ["  ..." if line.startswith("@@") else f"{line[0]}   {cut(visible(line[1:]), LONGEST)}" for line in found]


def value(of: Json) -> str:
    """A value on one line."""
    return cut(visible(json.dumps(of, ensure_ascii=False, sort_keys=True)), LONGEST)


def title_of(change: Change) -> str:
    """How a person calls it; one that is replaced as it was called, for that one goes."""
    if change.operation is Operation.REPLACE and change.before is not None:
        return titled(change.before, change.old)
    return titled(change.node, change.new if change.new is not None else change.old)
