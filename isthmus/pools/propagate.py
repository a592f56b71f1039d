"""Which pool a task belongs to, by its inputs and its users. No I/O, nothing of Dask.

handle      uses an opened file of one pool      -> that pool: it reads there
forward     all inputs that have a pool agree    -> that pool
            they do not                          -> MIXED: placed when their sizes are known
backward    no pool yet, all users in one pool   -> that pool
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from enum import Enum
from typing import Final, TypeAlias, TypeVar

Node = TypeVar("Node", bound=Hashable)


class Mixed(Enum):
    """The inputs of a task lie in several pools."""

    MIXED = "mixed"


MIXED: Final = Mixed.MIXED

#: The pool of tasks that a user set free with `pool(None)`. Dask drops annotations that are None.
ANYWHERE: Final = "*"

Tag: TypeAlias = str | Mixed
"""A pool, several (`a|b`: in either), ANYWHERE or MIXED."""


def readers(
    order: Iterable[Node],
    inputs: Callable[[Node], Iterable[Node]],
    known: Mapping[Node, Tag],
    handles: Collection[Node],
) -> dict[Node, Tag]:
    """The pools of the nodes that read through a handle; MIXED: through handles of several pools.

    handles: nodes that are opened files and the like; all of them are in `known`.
    """
    found: dict[Node, Tag] = {}
    for node in order:
        if node not in known:
            pools = {known[handle] for handle in inputs(node) if handle in handles}
            if pools:
                found[node] = pools.pop() if len(pools) == 1 else MIXED
    return found


def propagate(
    order: Sequence[Node],
    inputs: Callable[[Node], Iterable[Node]],
    users: Callable[[Node], Collection[Node]],
    known: Mapping[Node, Tag],
) -> dict[Node, Tag]:
    """The pools of the nodes that have none yet, as far as they follow from those of the others.

    order: the nodes of the graph, inputs before users. known: pools of sources and of older nodes.
    """
    found: dict[Node, Tag] = {}

    def tag_of(node: Node) -> Tag | None:
        return found[node] if node in found else known.get(node)

    for node in order:
        if node not in known and (tag := meet(map(tag_of, inputs(node)))) is not None:
            found[node] = tag
    for node in reversed(order):
        if node not in known and node not in found:
            homes = set(map(tag_of, users(node)))
            if len(homes) == 1 and isinstance(home := homes.pop(), str) and home != ANYWHERE:
                found[node] = home
    return found


def meet(tags: Iterable[Tag | None]) -> Tag | None:
    """The pool of a task with such inputs. Inputs without a pool, or free on purpose, say nothing."""
    agreed: Tag | None = None
    for tag in tags:
        if tag is None or tag in (ANYWHERE, agreed):
            continue
        if agreed is not None:
            return MIXED
        agreed = tag
    return agreed
