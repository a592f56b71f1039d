"""What Pulumi is asked for, by component, from a recorded graph. An arrow leads from what is there first.

Of one site every kind of resource is shown with its name, of a whole stack what each component holds. A picture that
would be larger than a page can show tells less of each and keeps the numbers.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from isthmus.graph.draw import resources_svg
from isthmus.graph.draw.escape import for_mermaid
from isthmus.graph.draw.parts import Edge, Part, Parts, parts_of
from isthmus.graph.model import Graph

#: GitHub renders 500 edges and 50,000 characters; a person takes in fewer.
MOST_NODES: Final = 80
MOST_EDGES: Final = 300
#: Kinds of a component that are listed.
MOST_KINDS: Final = 9


def svg(graph: Graph, site: str | None = None) -> str:
    """An SVG document. Raises IsthmusError if the stack has no such site."""
    return resources_svg.drawn(parts_of(graph, site), detailed=site is not None)


def mermaid(graph: Graph, site: str | None = None) -> str:
    """A Mermaid flowchart, without the fence that a page puts around it. Raises as `svg` does."""
    shown = parts_of(graph, site)
    items = sum(len(part.items) for part in shown.parts)
    if site is not None and items <= MOST_NODES and len(shown.inner_edges | shown.part_edges) <= MOST_EDGES:
        lines = _by_resource(shown)
    elif len(shown.parts) <= MOST_NODES and len(shown.part_edges) <= MOST_EDGES:
        lines = _by_part(shown)
    else:
        lines = _by_site(shown)
    title = re.sub(r"[^a-zA-Z0-9 .-]", " ", shown.title)
    return "\n".join(["flowchart LR", f"  accTitle: {title}", *lines, ""])


def _label(*lines: str) -> str:
    return f'"{"<br/>".join(for_mermaid(line) for line in lines)}"'


def _by_resource(shown: Parts) -> Iterator[str]:
    numbers: dict[str, str] = {}
    for number, part in enumerate(shown.parts):
        yield f"  subgraph p{number}[{_label(part.title)}]"
        for item in part.items:
            numbers[item.key] = f"r{len(numbers)}"
            times = [f"×{item.count}"] if item.count > 1 else []
            yield f"    {numbers[item.key]}[{_label(item.kind, item.name, *times)}]"
        yield "  end"
    yield from _arrows(shown.inner_edges, numbers)
    yield from _arrows(shown.part_edges, {part.key: f"p{number}" for number, part in enumerate(shown.parts)})


def _by_part(shown: Parts) -> Iterator[str]:
    numbers = {part.key: f"p{number}" for number, part in enumerate(shown.parts)}
    for number, site in enumerate(shown.sites):
        inside = [part for part in shown.parts if part.site == site]
        yield from [f"  subgraph s{number}[{_label(f'Site {site}')}]"] if site else []
        yield from (f"    {numbers[part.key]}[{_label(part.title, *_listed(part.kinds))}]" for part in inside)
        yield from ["  end"] if site else []
    yield from _arrows(shown.part_edges, numbers)


def _by_site(shown: Parts) -> Iterator[str]:
    for number, site in enumerate(shown.sites[:MOST_NODES]):
        inside = [part for part in shown.parts if part.site == site]
        name = f"Site {site}" if site else inside[0].title
        yield f"  s{number}[{_label(name, f'{len(inside)} components', f'{_resources(inside)} resources')}]"
    if len(shown.sites) > MOST_NODES:
        yield f"  more[{_label(f'and {len(shown.sites) - MOST_NODES} more sites')}]"


def _resources(parts: Sequence[Part]) -> int:
    return sum(item.count for part in parts for item in part.items)


def _listed(kinds: Sequence[str]) -> list[str]:
    if len(kinds) <= MOST_KINDS:
        return list(kinds)
    return [*kinds[: MOST_KINDS - 1], f"and {len(kinds) - MOST_KINDS + 1} more kinds"]


def _arrows(edges: frozenset[Edge], numbers: dict[str, str]) -> list[str]:
    found = sorted((int(numbers[first][1:]), int(numbers[then][1:])) for first, then in edges)
    letter = next(iter(numbers.values()), "")[:1]
    return [f"  {letter}{first} --> {letter}{then}" for first, then in found]
