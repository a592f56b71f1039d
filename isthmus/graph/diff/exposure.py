"""Dangers: what is let go of. Services that more may reach, levels and limits that no longer hold, images that move."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from isthmus.graph.diff.marking import code
from isthmus.graph.diff.model import Danger
from isthmus.graph.diff.resources import Resource, at, containers, mapped, mappings, pods, texts
from isthmus.graph.model import Json

#: From a Service that only pods reach to one that the world does.
_REACH: Final = {"ExternalName": 0, "ClusterIP": 0, "NodePort": 1, "LoadBalancer": 2}
_LEVEL: Final = "pod-security.kubernetes.io/enforce"
_LEVELS: Final = {"privileged": 0, "baseline": 1, "restricted": 2}
#: Suffixes of quantities (Kubernetes API reference, resource.Quantity).
_UNITS: Final = {"m": Decimal("0.001"), "k": Decimal(1000), "": Decimal(1)} | {
    letter + suffix: Decimal(base ** (power + 1))
    for power, letter in enumerate("KMGTPE")
    for suffix, base in (("i", 1024), ("", 1000))
    if letter + suffix != "K"
}
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


def _service(old: Json, new: Json) -> Iterator[str]:
    was, now = (str(at(body, "type") or "ClusterIP") for body in (old, new))
    if _REACH.get(now, 0) > _REACH.get(was, 0):
        who = "its load balancer's address" if now == "LoadBalancer" else "a port of every node"
        yield f"its type becomes {code(now)}: whoever reaches {who} reaches it"
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
    return any(bool(pod.get("hostNetwork")) for pod in pods(row.kind, body))


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


def unlimited(rows: Sequence[Resource]) -> Iterator[Danger]:
    """Quotas and limits that are raised or gone, and containers that have lost theirs."""
    for row in rows:
        if row.change is None or row.old is None or row.new is None:
            continue  # one that goes is told as such
        if row.kind == "ResourceQuota":
            old, new = (mapped(at(body, "spec", "hard")) for body in (row.old, row.new))
            yield from _raised(row, old, new, "quota lifted", "objects beyond it are no longer refused")
        elif row.kind == "LimitRange":
            old, new = _maxima(row.old), _maxima(row.new)
            yield from _raised(row, old, new, "limit lifted", "bigger containers are no longer refused")
        else:
            yield from _without_limits(row)


def _raised(
    row: Resource, old: Mapping[str, Json], new: Mapping[str, Json], kind: str, consequence: str
) -> Iterator[Danger]:
    found = [
        f"{code(name)} from {code(was)} to {code(new[name]) if name in new else 'no limit'}"
        for name, was in sorted(old.items())
        if name not in new or _more(new[name], was)
    ]
    if found:
        yield Danger(kind, row.site, row.title, f"{', '.join(found)}: {consequence}")


def _maxima(body: Json) -> dict[str, Json]:
    rules = mappings(at(body, "spec", "limits"))
    return {f"{rule.get('type')} {name}": value for rule in rules for name, value in mapped(rule.get("max")).items()}


def _without_limits(row: Resource) -> Iterator[Danger]:
    def limits(body: Json) -> dict[str, Mapping[str, Json]]:
        return {str(one.get("name")): mapped(at(one, "resources", "limits")) for one in containers(row.kind, body)}

    old, new = limits(row.old), limits(row.new)
    for name in sorted(old.keys() & new.keys()):
        if gone := sorted(old[name].keys() - new[name].keys()):
            text = f"container {code(name)} has no limit of {', '.join(map(code, gone))}: it may take all of its node's"
            yield Danger("limit lifted", row.site, row.title, text)


def _more(new: Json, old: Json) -> bool:
    one, other = quantity(new), quantity(old)
    return bool(new != old) if one is None or other is None else one > other


def quantity(value: Json) -> Decimal | None:
    """A quantity as a number: `500m`, `16Gi`, `2e3`; None if it is none."""
    text = str(value)
    digits = text.rstrip("mkKMGTPEi")
    try:
        return Decimal(digits) * _UNITS[text[len(digits) :]]
    except (InvalidOperation, KeyError):
        return None


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
