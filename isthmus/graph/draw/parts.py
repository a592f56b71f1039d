"""What a picture of a stack's resources shows, as values: components, what is in them, who is there before whom.

Resources of a component that differ only in the number at the end of their name are one thing with a count, so the
picture of a site with a thousand slots is not larger than that of a site with two.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from isthmus.errors import IsthmusError
from isthmus.graph.model import Graph, Node

#: Type token of a site (components/base.py); a stack of another program has none, and its parts are in no site.
SITE: Final = "isthmus:index:Site"

Edge = tuple[str, str]
"""(key of what is there first, key of what waits for it)."""


@dataclass(frozen=True)
class Item:
    """Like resources of one component."""

    key: str
    kind: str
    name: str
    count: int = 1

    @property
    def text(self) -> str:
        """One line."""
        return f"{self.kind} {self.name}" + (f" ×{self.count}" if self.count > 1 else "")


@dataclass(frozen=True)
class Part:
    """One component with the resources directly in it."""

    key: str
    kind: str
    name: str
    site: str
    """Name of the site that it is in, or is; empty for what is in none."""
    items: tuple[Item, ...]

    @property
    def title(self) -> str:
        """One line."""
        return f"{self.kind} {self.name}"

    @property
    def kinds(self) -> tuple[str, ...]:
        """`2 Service`, sorted by kind."""
        counts: dict[str, int] = {}
        for item in self.items:
            counts[item.kind] = counts.get(item.kind, 0) + item.count
        return tuple(f"{count} {kind}" for kind, count in sorted(counts.items()))


@dataclass(frozen=True)
class Parts:
    """A stack, or one site of it."""

    title: str
    parts: tuple[Part, ...]
    """Those without a resource of their own are left out. In the order of sites and URNs."""
    inner_edges: frozenset[Edge] = field(repr=False)
    """Between items of one component."""
    part_edges: frozenset[Edge] = field(repr=False)
    """Between components."""

    @property
    def resources(self) -> int:
        """How many, components not counted."""
        return sum(item.count for part in self.parts for item in part.items)

    @property
    def sites(self) -> tuple[str, ...]:
        """Names, each once; the empty one first if something is in no site."""
        return tuple(dict.fromkeys(part.site for part in self.parts))


def parts_of(graph: Graph, site: str | None = None) -> Parts:
    """The whole stack, or what is in one site. Raises IsthmusError if it has no such site."""
    sites = {node.name: node.urn for node in graph.of_type(SITE)}
    if site is not None and site not in sites:
        known = f"it has {', '.join(sorted(sites))}" if sites else "it has none"
        raise IsthmusError(f"stack {graph.stack}: no site {site!r}; {known}.")
    owner = {node.urn: _site_of(graph, node) for node in graph.nodes}
    shown = [node for node in graph.nodes if site is None or owner[node.urn] == site]
    items = _items(shown)
    parts = [
        Part(node.urn, _kind(node), node.name, owner[node.urn], tuple(inside))
        for node in shown
        if (inside := items.get(node.urn))
    ]
    parts.sort(key=lambda part: (part.site, part.kind != "Site", part.key))
    custom = [node for node in shown if node.custom]
    within = [[node for node in custom if node.parent == part.key] for part in parts]
    inner = [edge for inside in within for edge in _edges(inside, {node.urn: _key(node) for node in inside})]
    between = _edges(custom, {node.urn: node.parent for node in custom})
    title = f"{graph.stack}: what Pulumi is asked for" + (f" at {site}" if site else "")
    return Parts(title, tuple(parts), frozenset(inner), between)


def _site_of(graph: Graph, node: Node) -> str:
    chain = (node, *graph.ancestors(node))
    return next((one.name for one in chain if one.type == SITE), "")


def _items(nodes: Iterable[Node]) -> dict[str, list[Item]]:
    """URN of a component -> what is in it, sorted."""
    like: dict[tuple[str, str], list[Node]] = {}
    for node in nodes:
        if node.custom:
            like.setdefault((node.parent, _key(node)), []).append(node)
    found: dict[str, list[Item]] = {}
    for (parent, key), same in like.items():
        name = same[0].name if len(same) == 1 else f"{_stem(same[0].name)}N"
        found.setdefault(parent, []).append(Item(key, _kind(same[0]), name, len(same)))
    return {parent: sorted(inside, key=lambda item: (item.kind, item.name)) for parent, inside in found.items()}


def _kind(node: Node) -> str:
    if node.type.startswith("pulumi:providers:"):
        return "Provider"
    return node.type.rpartition(":")[2]


def _key(node: Node) -> str:
    return f"{node.parent}|{node.type}|{_stem(node.name)}"


def _stem(name: str) -> str:
    return re.sub(r"[0-9]+$", "", name)


def _edges(nodes: Iterable[Node], of: Mapping[str, str]) -> frozenset[Edge]:
    """Who is there before whom, without what follows from the rest."""
    after: dict[str, set[str]] = {}
    for node in nodes:
        for first in node.dependencies:
            if node.urn in of and first in of and of[first] != of[node.urn]:
                after.setdefault(of[first], set()).add(of[node.urn])
    for first, then in after.items():
        for one in sorted(then):
            if _reaches(after, first, one):
                then.discard(one)
    return frozenset((first, one) for first, then in after.items() for one in then)


def _reaches(after: Mapping[str, set[str]], start: str, end: str) -> bool:
    """Whether a way of two steps or more leads there."""
    seen: set[str] = set()
    todo = [step for step in after[start] if step != end]
    while todo:
        here = todo.pop()
        if here == end:
            return True
        if here not in seen:
            seen.add(here)
            todo.extend(after.get(here, ()))
    return False
