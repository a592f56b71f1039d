"""Dangers: what is let go of. Services that more may reach, levels that no longer hold, images that move."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from isthmus import names
from isthmus.graph.diff.marking import code
from isthmus.graph.diff.model import Danger
from isthmus.graph.diff.resources import Resource, at, containers, mappings, pods, texts
from isthmus.graph.model import Json

#: From a Service that only pods reach to one that the world does.
_REACH: Final = {"ExternalName": 0, "ClusterIP": 0, "NodePort": 1, "LoadBalancer": 2}
_LABELS: Final = ("spec", "template", "metadata", "labels")
_LEVEL: Final = "pod-security.kubernetes.io/enforce"
_LEVELS: Final = {"privileged": 0, "baseline": 1, "restricted": 2}
#: Kind -> where its Service is, if it makes one.
_SERVICES: Final = {"Service": ("spec",), "DaskCluster": ("spec", "scheduler", "service")}


def exposed(rows: Sequence[Resource]) -> Iterator[Danger]:
    """What more callers can reach than before; of a new site too."""
    for row in rows:
        if row.change is None or row.new is None:
            continue
        place = _SERVICES.get(row.kind)
        found = list(_service(at(row.old, *place), at(row.new, *place))) if place else []
        if row.kind == "Ingress" and row.old is None:
            found.append("it is an Ingress: callers from outside reach a Service by it")
        found += _host(row)
        for text in found:
            yield Danger("exposed", row.site, row.title, text)


def lost(rows: Sequence[Resource]) -> Iterator[Danger]:
    """Services that fewer callers reach: the address by which the others did is gone."""
    for row in rows:
        place = _SERVICES.get(row.kind)
        if not place or row.change is None or row.old is None or row.new is None:
            continue
        was, now = (_type(at(body, *place)) for body in (row.old, row.new))
        if _REACH.get(now, 0) < _REACH.get(was, 0):
            gone = "the address of its load balancer" if was == "LoadBalancer" else "its port of every node"
            text = f"its type becomes {code(now)}: {gone} is lost{_endpoint(row, rows)}"
            yield Danger("address lost", row.site, row.title, text)


def _endpoint(row: Resource, rows: Sequence[Resource]) -> str:
    """Of a gateway's Service: what that is to those who dial it. An endpoint is in the configuration of all others."""
    if not _is_gateway(at(row.new, "spec", "selector")):
        return ""
    others = [
        other
        for other in rows
        if other.kind == "Deployment" and other.site != row.site and _is_gateway(at(other.new, *_LABELS))
    ]
    told = any(other.change is not None and other.change.changes_at("spec", "template") for other in others)
    same = "; none of the other gateways is told another one" if others and not told else ""
    return f"; the `endpoint` that others dial must lead to what there is now{same}"


def _is_gateway(labels: Json) -> bool:
    return bool(at(labels, names.LABEL_ROLE) == "gateway")


def _type(service: Json) -> str:
    return str(at(service, "type") or "ClusterIP")


def _service(old: Json, new: Json) -> Iterator[str]:
    was, now = (_type(body) for body in (old, new))
    if _REACH.get(now, 0) > _REACH.get(was, 0):
        who = "its load balancer's address" if now == "LoadBalancer" else "a port of every node"
        yield f"its type {'is' if old is None else 'becomes'} {code(now)}: whoever reaches {who} reaches it"
    for name in sorted(set(texts(at(new, "externalIPs"))) - set(texts(at(old, "externalIPs")))):
        yield f"it answers at the external address {code(name)}"
    ports = {_port(port) for port in mappings(at(old, "ports"))}
    for port in mappings(at(new, "ports")):
        if port.get("nodePort") and _port(port) not in ports:
            yield f"it answers on port {code(port['nodePort'])} of every node"
    before, after = (set(texts(at(body, "loadBalancerSourceRanges"))) for body in (old, new))
    if before and (not after or after - before):
        more = ", ".join(map(code, sorted(after - before))) or "everybody"
        yield f"its load balancer lets in more callers: {more}"


def _port(port: Mapping[str, Json]) -> tuple[str, str]:
    return str(port.get("protocol")), str(port.get("nodePort"))


def _host(row: Resource) -> Iterator[str]:
    def ports(body: Json) -> set[str]:
        return {
            str(port["hostPort"])
            for one in containers(row.kind, body)
            for port in mappings(one.get("ports"))
            if port.get("hostPort")
        }

    if _on_host(row, row.new) and not _on_host(row, row.old):
        yield "its pods use the network of their node: no policy holds them"
    for port in sorted(ports(row.new) - ports(row.old)):
        yield f"its pods answer on port {code(port)} of their node"


def _on_host(row: Resource, body: Json) -> bool:
    return any(bool(pod.get("hostNetwork")) for _, pod in pods(row.kind, body))


def weakened(rows: Sequence[Resource]) -> Iterator[Danger]:
    """Namespaces whose Pod Security enforces less."""
    for row in rows:
        if row.kind == "Namespace" and row.change is not None and row.old is not None and row.new is not None:
            was, now = (str(at(body, "metadata", "labels", _LEVEL) or "") for body in (row.old, row.new))
            if _LEVELS.get(now, -1) < _LEVELS.get(was, -1):
                level = f"only {code(now)}" if now else "nothing"
                yield Danger(
                    "pod security",
                    row.site,
                    row.title,
                    f"enforces {level} instead of {code(was)}: pods may do more to nodes",
                )


def unpinned(rows: Sequence[Resource]) -> Iterator[Danger]:
    """Images that were named by digest and are not any longer."""
    for row in rows:
        if row.change is None or row.new is None or row.old is None:
            continue
        old, new = (
            {str(one.get("name")): str(one.get("image")) for one in containers(row.kind, body)}
            for body in (row.old, row.new)
        )
        for name in sorted(old.keys() & new.keys()):
            if "@sha256:" in old[name] and "@" not in new[name]:
                text = f"container {code(name)} runs {code(new[name])}: what that is can change by itself"
                yield Danger("image not pinned", row.site, row.title, text)
