"""What can be called from outside of a site."""

from collections.abc import Iterator
from typing import Any, Final

from isthmus import names
from policy.plain import UNKNOWN, at, elements
from policy.record import Finding, Resource, ResourceRule, Setting, Settings, Severity, Unknown, not_known

ROLES: Final = "roles"
#: Types of a Service that stay inside.
INSIDE: Final = (None, "ClusterIP", "ExternalName")
#: Kinds that publish what is behind them.
DOORS: Final = ("Ingress", "Gateway", "HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute", "UDPRoute", "Route")


def check_exposure(resource: Resource, settings: Settings) -> Iterator[Finding]:
    if not resource.is_kubernetes:
        return
    if resource.kind in DOORS:
        yield Finding("type", "publishes what is behind it")
    elif resource.kind == "Service":
        yield from _service(at(resource.props, "spec"), "spec", settings[ROLES])
    elif resource.kind == "DaskCluster":
        yield from _service(at(resource.props, "spec", "scheduler", "service"), "spec.scheduler.service", ())


def _service(service: Any, where: str, roles: Any) -> Iterator[Finding]:
    kind, addresses = at(service, "type"), at(service, "externalIPs")
    if kind is UNKNOWN or addresses is UNKNOWN:
        yield not_known(f"{where}.{'type' if kind is UNKNOWN else 'externalIPs'}")
    if addresses not in (None, UNKNOWN, []):
        yield Finding(f"{where}.externalIPs", "takes whatever comes to an address of the node")
    if kind in INSIDE or kind is UNKNOWN:
        return
    role = at(service, "selector", names.LABEL_ROLE)
    if role is UNKNOWN:
        yield not_known(f"{where}.selector")
    elif role not in roles:
        yield Finding(f"{where}.type", "publishes what is not listed under exposure.roles")
    else:
        for path, port in elements(at(service, "ports"), f"{where}.ports"):
            if (protocol := at(port, "protocol")) is UNKNOWN:
                yield not_known(f"{path}.protocol")
            elif protocol != "UDP":
                yield Finding(f"{path}.protocol", "is not UDP: only tunnels are called from outside")


EXPOSURE: Final = ResourceRule(
    name="exposure",
    title="Only gateways can be called from outside, and only by their tunnel.",
    why="A scheduler runs whatever it is sent; a dashboard shows everything. Who wants in comes through the tunnel.",
    fix="Leave the Service a ClusterIP; whoever needs the dashboard forwards a port.",
    standard="kube-linter exposed-services, Kyverno restrict-node-port and restrict-service-external-ips; "
    "CVE-2020-8554",
    unknown=Unknown.IS_VIOLATION,
    severity=Severity.CRITICAL,
    settings={ROLES: Setting(("gateway",), "isthmus.dev/role of the Services that may be NodePort or LoadBalancer")},
    check=check_exposure,
    limits="Firewalls before the load balancer are the site's own.",
)
