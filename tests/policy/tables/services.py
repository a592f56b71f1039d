"""Rule `exposure`."""

from typing import Any

from policy.plain import UNKNOWN
from policy.record import Resource
from tests.policy.cases import CLUSTER, DEPLOYMENT, PLANTED, Case, Gone, Secret, Sort, changed, kubernetes, rows

ROLE = "isthmus.dev/role"
PORTS = [{"name": "wireguard", "port": 51820, "protocol": "UDP"}]


def _service(kind: str | None, role: object = "gateway", ports: Any = PORTS) -> Resource:
    return kubernetes("core/v1", "Service", "door", spec={"type": kind, "selector": {ROLE: role}, "ports": ports})


INSIDE, OUTSIDE = _service("ClusterIP"), _service("LoadBalancer")
ASKED = changed(CLUSTER, "spec.scheduler.service", {"type": "ClusterIP"})
TCP = [{"port": 8787, "protocol": "TCP"}]

CASES: list[Case] = [
    *(
        Case("exposure", Sort.GOOD, name, (one,))
        for name, one in (
            ("inside", INSIDE),
            ("inside, unsaid", _service(None, "web")),
            ("a balanced tunnel", OUTSIDE),
            ("a tunnel at the nodes", _service("NodePort")),
            ("another word for somebody else's name", changed(INSIDE, "spec.type", "ExternalName")),
            ("no Service", DEPLOYMENT),
            ("a scheduler", ASKED),
            ("a scheduler without one", CLUSTER),
            ("something else", Resource("cloud:index:Gateway", "x", {})),
        )
    ),
    Case("exposure", Sort.GOOD, "a role that is listed", (_service("NodePort", "vpn"),), settings={"roles": ["vpn"]}),
    Case("exposure", Sort.BAD, "one that is not", (OUTSIDE,), ("spec.type",), settings={"roles": ["vpn"]}),
    *(
        Case("exposure", Sort.BAD, name, (one,), (where,))
        for name, one, where in (
            ("a web server", _service("LoadBalancer", "web"), "spec.type"),
            ("a web server at the nodes", _service("NodePort", "web"), "spec.type"),
            ("whoever", changed(OUTSIDE, "spec.selector", Gone.GONE), "spec.type"),
            ("a gateway's dashboard", _service("LoadBalancer", ports=TCP), "spec.ports[0].protocol"),
            ("unsaid, so TCP", _service("LoadBalancer", ports=[{"port": 1}]), "spec.ports[0].protocol"),
            ("addresses of nodes", changed(INSIDE, "spec.externalIPs", ["192.0.2.1"]), "spec.externalIPs"),
            ("a dashboard", changed(ASKED, "spec.scheduler.service.type", "NodePort"), "spec.scheduler.service.type"),
            ("an Ingress", kubernetes("networking.k8s.io/v1", "Ingress", "door"), "type"),
            ("a Gateway", kubernetes("gateway.networking.k8s.io/v1", "Gateway", "door"), "type"),
        )
    ),
    *rows(
        "exposure",
        Sort.UNKNOWN,
        OUTSIDE,
        ("the type", "spec.type", UNKNOWN, ("spec.type",)),
        ("of whom", "spec.selector", UNKNOWN, ("spec.selector",)),
        ("the protocol", "spec.ports.0.protocol", UNKNOWN, ("spec.ports[0].protocol",)),
        ("addresses", "spec.externalIPs", UNKNOWN, ("spec.externalIPs",)),
    ),
    *rows(
        "exposure",
        Sort.SECRET,
        OUTSIDE,
        ("of whom", "spec.selector", Secret({ROLE: PLANTED}), ("spec.type",)),
    ),
]
