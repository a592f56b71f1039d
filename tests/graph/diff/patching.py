"""Differences applied: the way back from what is told to what there will be."""

from collections.abc import Sequence
from typing import Any

from isthmus.graph.diff.paths import ABSENT, Difference


def patched(value: Any, found: Sequence[Difference]) -> Any:
    """What comes out if each difference is applied at its place."""
    # Items leave a list from its end, and join it in their order.
    for one in [*(one for one in found if one.new is not ABSENT), *(one for one in found[::-1] if one.new is ABSENT)]:
        if not one.path:
            return one.new
        holder = value
        for step in one.path[:-1]:
            holder = holder[step]
        last = one.path[-1]
        if one.new is ABSENT:
            del holder[last]
        elif isinstance(holder, list) and last == len(holder):
            holder.append(one.new)
        else:
            holder[last] = one.new
    return value
