"""The sites of an environment, the tunnels between their gateways, the pools and the data near them.

Drawn from the Environment alone, so what it shows is what the stack files say. An arrow points at the gateway that is
dialled; dashed is what this stack leaves as it is.
"""

import re
from collections.abc import Iterator

from isthmus.environment import Environment
from isthmus.graph.draw import sites_svg
from isthmus.graph.draw.escape import for_mermaid
from isthmus.graph.draw.topology import SiteFacts, Topology, shown_data, topology


def svg(environment: Environment) -> str:
    """An SVG document."""
    return sites_svg.drawn(topology(environment))


def mermaid(environment: Environment) -> str:
    """A Mermaid flowchart, without the fence that a page puts around it."""
    return mermaid_of(topology(environment))


def mermaid_of(facts: Topology) -> str:
    """The same from the facts."""
    numbers = {site.name: f"s{number}" for number, site in enumerate(facts.sites)}
    lines = ["flowchart TB", f"  accTitle: {re.sub(r'[^a-zA-Z0-9 .-]', ' ', facts.title)}"]
    for number, group in enumerate(facts.groups):
        shared = len(group) > 1
        lines += [f'  subgraph k{number}["one Kubernetes"]'] if shared else []
        lines += [line for site in group for line in _site(site, numbers[site.name])]
        lines += ["  end"] if shared else []
    lines += _tunnels(facts, numbers)
    dashed = [numbers[site.name] for site in facts.sites if site.dashed]
    lines += ["  classDef dashed stroke-dasharray: 6 4", f"  class {','.join(dashed)} dashed"] if dashed else []
    return "\n".join([*lines, ""])


def _label(*lines: str) -> str:
    return f'"{"<br/>".join(for_mermaid(line) for line in lines)}"'


def _site(site: SiteFacts, number: str) -> Iterator[str]:
    yield f"  subgraph {number}[{_label(', '.join([site.name, *site.notes]))}]"
    yield f"    {number}g{{{{{_label('gateway', site.gateway, site.prefix)}}}}}"
    if site.scheduler:
        yield f"    {number}h([{_label('scheduler', site.scheduler)}]) --- {number}g"
    for index, pool in enumerate(site.pools):
        own = f"{number}p{index}"
        yield f"    {own}[{_label(f'pool {pool.name}', pool.workers)}] --- {number}g"
        if pool.data:
            yield f"    {number}d{index}[({_label(*shown_data(pool.data))})] --- {own}"
    yield "  end"


def _tunnels(facts: Topology, numbers: dict[str, str]) -> Iterator[str]:
    if facts.meshed:
        for tunnel in facts.tunnels:
            one, other = numbers[tunnel.one], numbers[tunnel.other]
            if not tunnel.to_other:
                one, other = other, one
            yield f"  {one}g {'<==>' if tunnel.to_one and tunnel.to_other else '==>'} {other}g"
        return
    yield f"  plane(({_label('WireGuard tunnels', 'each gateway to each other', facts.prefix)}))"
    for site in facts.sites:
        yield f"  {numbers[site.name]}g {'<==>' if site.endpoint else '==>'} plane"
