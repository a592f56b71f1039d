"""Dangers: flows. What NetworkPolicies let through is compared as sets, before and after.

Policies only add up: a pod that one of them isolates in a direction may do what any of them allows it; a pod that none
isolates may do everything. So two things open something: a flow that no policy allowed these pods before, and pods that
nothing isolates any longer. Selectors are compared as requirements, without a look at the pods that there are; where
that cannot decide, the flow counts as opened.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Literal

from isthmus.graph.diff.marking import code
from isthmus.graph.diff.model import Danger
from isthmus.graph.diff.resources import Resource, at, listed, mapped, mappings, texts
from isthmus.graph.diff.selectors import Selector, narrower, selector, shown
from isthmus.graph.model import Json

Side = Literal["old", "new"]


@dataclass(frozen=True)
class Peer:
    """Who is on the other end. Neither a block nor pods: everybody."""

    block: str = ""
    but: tuple[str, ...] = ()
    """Blocks inside of `block` that are not meant."""
    pods: Selector | None = None
    namespaces: Selector | None = None
    """None: the policy's own namespace."""

    def __str__(self) -> str:
        if self.block:
            return self.block + (f" but {', '.join(self.but)}" if self.but else "")
        if self.pods is None:
            return "everybody"
        where = "" if self.namespaces is None else f" in namespaces {shown(self.namespaces)}"
        return f"pods {shown(self.pods)}{where}"


@dataclass(frozen=True)
class Port:
    """A range of ports of a protocol; by name if it is one. No protocol: all ports of all."""

    protocol: str = ""
    first: int | str = 0
    last: int = 65535

    def __str__(self) -> str:
        if not self.protocol:
            return "every port"
        if isinstance(self.first, str) or self.first == self.last:
            return f"{self.protocol}/{self.first}"
        return f"{self.protocol}/{self.first}-{self.last}" if self.first else f"{self.protocol}, every port"


Flow = tuple[Peer, Port]


@dataclass(frozen=True)
class Policy:
    """A NetworkPolicy as sets."""

    row: Resource
    pods: Selector
    flows: dict[str, tuple[Flow, ...]]
    """Per direction that it isolates."""


def opened(rows: Sequence[Resource]) -> Iterator[Danger]:
    """Flows and pods that policies held back before and do no longer, in namespaces that were there before."""
    before, after = _policies(rows, "old"), _policies(rows, "new")
    were = {row.place[:2] for row in rows if row.old is not None}
    stay = {row.place[:2] for row in rows if row.new is not None}
    for place, policies in sorted(after.items()):
        if place in were:
            for policy in policies:
                yield from _new_flows(policy, before.get(place, []))
    for place, policies in sorted(before.items()):
        if place in stay:
            for policy in policies:
                yield from _set_free(policy, after.get(place, []))


def _new_flows(policy: Policy, before: Sequence[Policy]) -> Iterator[Danger]:
    for direction, flows in policy.flows.items():
        held = [old for old in before if direction in old.flows and old.pods.overlaps(policy.pods)]
        if not held:
            continue  # nothing isolated these pods
        allowed = [flow for old in held if narrower(policy.pods, old.pods) for flow in old.flows[direction]]
        more = [flow for flow in flows if not any(_covers(one, flow) for one in allowed)]
        if more:
            ports: dict[str, list[str]] = {}
            for peer, port in more:
                ports.setdefault(str(peer), []).append(str(port))
            told = "; ".join(f"{peer} on {', '.join(dict.fromkeys(found))}" for peer, found in ports.items())
            way = "may be called by" if direction == "Ingress" else "may call"
            text = f"pods {code(shown(policy.pods))} {way} {code(told, 500)}; no policy allowed that before"
            yield Danger("flow opened", policy.row.site, policy.row.title, text)


def _set_free(policy: Policy, after: Sequence[Policy]) -> Iterator[Danger]:
    for direction in policy.flows:
        if any(direction in new.flows and narrower(policy.pods, new.pods) for new in after):
            continue
        way = "be called by everybody" if direction == "Ingress" else "call everybody"
        text = f"nothing isolates pods {code(shown(policy.pods))} any longer ({direction}): they may {way}"
        yield Danger("isolation lifted", policy.row.site, policy.row.title, text)


def _policies(rows: Sequence[Resource], side: Side) -> dict[tuple[str, str], list[Policy]]:
    """Site and namespace -> the policies there."""
    found: dict[tuple[str, str], list[Policy]] = {}
    for row in rows:
        body = row.old if side == "old" else row.new
        if row.kind == "NetworkPolicy" and row.node.is_kubernetes and isinstance(body, dict):
            found.setdefault((row.site, str(at(body, "metadata", "namespace") or "")), []).append(_policy(row, body))
    return found


def _policy(row: Resource, body: Json) -> Policy:
    spec = mapped(at(body, "spec"))
    # Without policyTypes it isolates Ingress always, Egress if it says something of it (Kubernetes API reference).
    types = texts(spec.get("policyTypes")) or ["Ingress", *(["Egress"] if spec.get("egress") else [])]
    flows: dict[str, tuple[Flow, ...]] = {
        direction: tuple(_flows(spec.get(direction.lower()), "from" if direction == "Ingress" else "to"))
        for direction in ("Ingress", "Egress")
        if direction in types
    }
    return Policy(row, selector(spec.get("podSelector")), flows)


def _flows(rules: Json, ends: str) -> Iterator[Flow]:
    """Empty ends or ports of a rule mean all of them."""
    for rule in listed(rules) if not isinstance(rules, str) else (rules,):
        if not isinstance(rule, dict):
            yield Peer(block=str(rule)), Port()  # unknown, or secret: like nothing that was there
            continue
        peers = [_peer(peer) for peer in mappings(rule.get(ends))] or [Peer()]
        ports = [_port(port) for port in mappings(rule.get("ports"))] or [Port()]
        yield from ((peer, port) for peer in peers for port in ports)


def _peer(given: Json) -> Peer:
    block = given.get("ipBlock")
    if block:
        return Peer(block=str(at(block, "cidr") or block), but=tuple(sorted(texts(at(block, "except")))))
    namespaces = given.get("namespaceSelector")
    return Peer(
        pods=selector(given.get("podSelector")), namespaces=None if namespaces is None else selector(namespaces)
    )


def _port(given: Json) -> Port:
    protocol, port = str(given.get("protocol") or "TCP"), given.get("port")
    if port is None:
        return Port(protocol)
    if not isinstance(port, int):
        return Port(protocol, str(port), 0)
    end = given.get("endPort")
    return Port(protocol, port, end if isinstance(end, int) else port)


def _covers(one: Flow, other: Flow) -> bool:
    return _peer_covers(one[0], other[0]) and _port_covers(one[1], other[1])


def _peer_covers(one: Peer, other: Peer) -> bool:
    if one == Peer():
        return True
    if one.block and other.block:
        return _block_covers(one, other)
    if one.pods is None or other.pods is None or not narrower(other.pods, one.pods):
        return False
    if one.namespaces is None or other.namespaces is None:
        # All namespaces hold the policy's own one.
        return one.namespaces == other.namespaces or one.namespaces == selector({})
    return narrower(other.namespaces, one.namespaces)


def _block_covers(one: Peer, other: Peer) -> bool:
    try:
        outer, inner = ip_network(one.block, strict=False), ip_network(other.block, strict=False)
        holes, theirs = ([ip_network(hole, strict=False) for hole in peer.but] for peer in (one, other))
    except ValueError:  # not known yet, or secret
        return one == other
    if outer.version != inner.version or not inner.subnet_of(outer):  # type: ignore[arg-type] # same version
        return False
    # Each hole of the outer block that touches the inner one must be a hole of the inner one too.
    return all(
        any(hole.version == their.version and hole.subnet_of(their) for their in theirs)  # type: ignore[arg-type] # so too
        for hole in holes
        if hole.overlaps(inner)
    )


def _port_covers(one: Port, other: Port) -> bool:
    if not one.protocol:
        return True
    if one.protocol != other.protocol:
        return False
    if isinstance(one.first, str) or isinstance(other.first, str):
        return one == other or one == Port(one.protocol)
    return one.first <= other.first and other.last <= one.last
