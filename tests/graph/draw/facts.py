"""Topologies and graphs to draw, small enough to say what must be seen."""

from typing import Any

from isthmus.graph.draw.topology import PoolFacts, SiteFacts, Topology, Tunnel
from isthmus.graph.model import STACK, Graph, Node, Options

PLATFORM, SITE = "isthmus:index:Platform", "isthmus:index:Site"


def site(name: str, **different: Any) -> SiteFacts:
    """A site with a gateway that can be dialled and nothing else."""
    usual: dict[str, Any] = {
        "name": name,
        "prefix": "fd00:0:1:1::/64",
        "endpoint": f"wg.{name}.example:51820",
        "notes": (),
        "dashed": False,
        "scheduler": None,
        "pools": (),
        "external": False,
    }
    return SiteFacts(**usual | different)


def pool(name: str, *data: str) -> PoolFacts:
    return PoolFacts(name, "0 to 8 workers", data)


def topology(*groups: tuple[SiteFacts, ...]) -> Topology:
    """Each group is one Kubernetes; who has an endpoint is dialled."""
    sites = [site for group in groups for site in group]
    tunnels = [
        Tunnel(one.name, other.name, one.endpoint is not None, other.endpoint is not None)
        for number, one in enumerate(sites)
        for other in sites[number + 1 :]
        if one.endpoint or other.endpoint
    ]
    return Topology("test", "fd00:0:1::/48", groups, tuple(tunnels))


def node(urn: str, parent: str = "", *, after: tuple[str, ...] = (), type_: str = "") -> Node:
    """urn: `type::name`; a component unless its type begins with kubernetes: or random:."""
    kind, _, name = urn.rpartition("::")
    return Node(
        urn=urn,
        type=type_ or kind,
        name=name,
        custom=kind.startswith(("kubernetes:", "random:")),
        parent=parent,
        provider="",
        inputs={},
        secret_paths=(),
        unknown_paths=(),
        dependencies=after,
        property_dependencies={},
        options=Options(),
    )


def graph(*nodes: Node) -> Graph:
    """With the stack and a platform above the rest."""
    top = (node(f"{STACK}::p-test"), node(f"{PLATFORM}::p", f"{STACK}::p-test"))
    return Graph("p", "test", False, (*top, *nodes), {}, ())


def with_sites(count: int, slots: int) -> Graph:
    """Each with a namespace, numbered Secrets that wait for it, and a Service that waits for both."""
    nodes = []
    for number in range(count):
        own = f"{SITE}::s{number}"
        namespace = f"kubernetes:core/v1:Namespace::s{number}-ns"
        slot = f"isthmus:index:Slots::s{number}"
        secrets = [f"kubernetes:core/v1:Secret::s{number}-slot-{seat}" for seat in range(slots)]
        service = f"kubernetes:core/v1:Service::s{number}-workers"
        nodes += [node(own, f"{PLATFORM}::p"), node(namespace, own), node(slot, own)]
        nodes += [node(secret, slot, after=(namespace,)) for secret in secrets]
        nodes.append(node(service, slot, after=(namespace, *secrets)))
    return graph(*nodes)
