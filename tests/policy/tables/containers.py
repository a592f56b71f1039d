"""Rules `read-only`, `variables`, `probes` and `ports`."""

from policy.plain import UNKNOWN
from policy.record import Resource
from tests.policy.cases import (
    CLUSTER,
    CONTAINER,
    DEPLOYED,
    DEPLOYMENT,
    GROUP,
    PLANTED,
    Case,
    Gone,
    Secret,
    Sort,
    changed,
    everywhere,
    kubernetes,
    rows,
)

MAIN = f"{DEPLOYED}.containers[main]"
FIRST = f"{DEPLOYED}.containers.0"
TUNNEL = f"{DEPLOYED}.initContainers[tunnel]"
CONTEXT = "securityContext.readOnlyRootFilesystem"

READ_ONLY: list[Case] = [
    *everywhere("read-only", f"containers.0.{CONTEXT}", False, f"containers[main].{CONTEXT}"),
    *rows(
        "read-only",
        Sort.BAD,
        DEPLOYMENT,
        ("nothing said", f"{FIRST}.securityContext", Gone.GONE, (f"{MAIN}.{CONTEXT}",)),
        ("a sidecar", f"{DEPLOYED}.initContainers.0.{CONTEXT}", None, (f"{TUNNEL}.{CONTEXT}",)),
    ),
    *rows("read-only", Sort.UNKNOWN, DEPLOYMENT, ("it", f"{FIRST}.{CONTEXT}", UNKNOWN, (f"{MAIN}.{CONTEXT}",))),
    *rows("read-only", Sort.SECRET, DEPLOYMENT, ("it", f"{FIRST}.{CONTEXT}", Secret(PLANTED), (f"{MAIN}.{CONTEXT}",))),
]


def _env(*names: object) -> list[dict[str, object]]:
    return [{"name": name, "value": "x"} for name in names]


VARIABLES: list[Case] = [
    *everywhere("variables", "containers.0.env", _env("A", "A"), "containers[main].env[1].name"),
    *rows("variables", Sort.GOOD, DEPLOYMENT, ("two", f"{FIRST}.env", _env("A", "B"), ())),
    *rows(
        "variables",
        Sort.BAD,
        DEPLOYMENT,
        ("three times", f"{FIRST}.env", _env("A", "B", "A", "A"), (f"{MAIN}.env[2].name", f"{MAIN}.env[3].name")),
        ("in a sidecar", f"{DEPLOYED}.initContainers.0.env", _env("A", "A"), (f"{TUNNEL}.env[1].name",)),
    ),
    *rows(
        "variables",
        Sort.UNKNOWN,
        DEPLOYMENT,
        ("all", f"{FIRST}.env", UNKNOWN, (f"{MAIN}.env",)),
        ("a name", f"{FIRST}.env", _env("A", UNKNOWN), (f"{MAIN}.env[1].name",)),
    ),
    *rows(
        "variables",
        Sort.SECRET,
        DEPLOYMENT,
        ("a name", f"{FIRST}.env", Secret(_env(PLANTED, PLANTED)), (f"{MAIN}.env[1].name",)),
    ),
]


def _http(path: str, port: object) -> dict[str, object]:
    return {"httpGet": {"path": path, "port": port}}


READY, ALIVE = _http("/readyz", 8080), _http("/healthz", "http")
#: A container that others call.
SERVING = CONTAINER | {
    "ports": [{"name": "http", "containerPort": 8080}],
    "readinessProbe": READY,
    "livenessProbe": ALIVE,
}
PROBED = changed(DEPLOYMENT, f"{DEPLOYED}.containers", [SERVING])
SCHEDULED = changed(CLUSTER, "spec.scheduler.spec.containers", [SERVING])
SIDECAR = CONTAINER | {"name": "tunnel", "restartPolicy": "Always"}

PROBES: list[Case] = [
    *(Case("probes", Sort.GOOD, f"a {one.kind}", (one,)) for one in (PROBED, SCHEDULED, GROUP)),
    Case("probes", Sort.GOOD, "a job", (kubernetes("batch/v1", "Job", "job", spec=DEPLOYMENT.props["spec"]),)),
    *rows(
        "probes",
        Sort.GOOD,
        PROBED,
        (
            "readiness and liveness that differ in patience",
            f"{FIRST}.livenessProbe",
            READY | {"failureThreshold": 9},
            (),
        ),
        ("a command", f"{FIRST}.livenessProbe", {"exec": {"command": ["true"]}}, ()),
    ),
    *rows(
        "probes",
        Sort.BAD,
        PROBED,
        ("no readiness", f"{FIRST}.readinessProbe", Gone.GONE, (f"{MAIN}.readinessProbe",)),
        ("no liveness", f"{FIRST}.livenessProbe", Gone.GONE, (f"{MAIN}.livenessProbe",)),
        ("the same for both", f"{FIRST}.livenessProbe", READY, (f"{MAIN}.livenessProbe",)),
        ("a port that is not open", f"{FIRST}.livenessProbe", _http("/", 9), (f"{MAIN}.livenessProbe.httpGet.port",)),
        ("a name of none", f"{FIRST}.livenessProbe", _http("/", "web"), (f"{MAIN}.livenessProbe.httpGet.port",)),
        ("a socket", f"{FIRST}.startupProbe", {"tcpSocket": {"port": 1}}, (f"{MAIN}.startupProbe.tcpSocket.port",)),
        ("a native sidecar", f"{DEPLOYED}.initContainers.0", SIDECAR, (f"{TUNNEL}.livenessProbe",)),
    ),
    Case(
        "probes",
        Sort.BAD,
        "a scheduler",
        (changed(SCHEDULED, "spec.scheduler.spec.containers.0.readinessProbe", Gone.GONE),),
        ("spec.scheduler.spec.containers[main].readinessProbe",),
    ),
    *rows(
        "probes",
        Sort.UNKNOWN,
        PROBED,
        ("a probe", f"{FIRST}.readinessProbe", UNKNOWN, (f"{MAIN}.readinessProbe",)),
        ("a port", f"{FIRST}.readinessProbe", _http("/", UNKNOWN), (f"{MAIN}.readinessProbe.httpGet.port",)),
        (
            "all ports",
            f"{FIRST}.ports",
            UNKNOWN,
            (f"{MAIN}.readinessProbe.httpGet.port", f"{MAIN}.livenessProbe.httpGet.port"),
        ),
    ),
    *rows(
        "probes",
        Sort.SECRET,
        PROBED,
        ("a port", f"{FIRST}.readinessProbe", Secret(_http("/", PLANTED)), (f"{MAIN}.readinessProbe.httpGet.port",)),
    ),
]

SERVICE = kubernetes(
    "core/v1", "Service", "service", spec={"ports": [{"name": "http", "port": 80, "targetPort": 8080}]}
)
ASKED = changed(CLUSTER, "spec.scheduler.service", {"ports": [{"name": "tcp-comm", "port": 8786}]})


def _ports(*ports: object) -> list[dict[str, object]]:
    return [{"containerPort": port} for port in ports]


PORTS: list[Case] = [
    *everywhere("ports", "containers.0.ports", _ports(80), "containers[main].ports[0].containerPort"),
    *(Case("ports", Sort.GOOD, f"a {one.kind}", (one,)) for one in (PROBED, SERVICE, ASKED)),
    Case("ports", Sort.GOOD, "of something else", (Resource("cloud:index:Service", "x", {"spec": {"ports": [{}]}}),)),
    *rows("ports", Sort.GOOD, SERVICE, ("a port by its name", "spec.ports.0.targetPort", "http", ())),
    *rows(
        "ports",
        Sort.BAD,
        PROBED,
        ("a shell", f"{FIRST}.ports", _ports(22), (f"{MAIN}.ports[0].containerPort",)),
        ("none", f"{FIRST}.ports", [{"name": "http"}], (f"{MAIN}.ports[0].containerPort",)),
        ("too high", f"{FIRST}.ports", _ports(65536), (f"{MAIN}.ports[0].containerPort",)),
        ("a long name", f"{FIRST}.ports.0.name", "a-name-of-port-16", (f"{MAIN}.ports[0].name",)),
        ("a number for a name", f"{FIRST}.ports.0.name", "8080", (f"{MAIN}.ports[0].name",)),
        ("capitals", f"{FIRST}.ports.0.name", "HTTP", (f"{MAIN}.ports[0].name",)),
        ("two hyphens", f"{FIRST}.ports.0.name", "a--b", (f"{MAIN}.ports[0].name",)),
        (
            "one name twice",
            f"{FIRST}.ports",
            [{"name": "http", "containerPort": port} for port in (8080, 8081)],
            (f"{MAIN}.ports[0].name", f"{MAIN}.ports[1].name"),
        ),
    ),
    *rows(
        "ports",
        Sort.BAD,
        SERVICE,
        ("a shell", "spec.ports.0.port", 22, ("spec.ports[0].port",)),
        ("a shell behind it", "spec.ports.0.targetPort", 22, ("spec.ports[0].targetPort",)),
        ("a privileged target", "spec.ports.0.targetPort", 80, ("spec.ports[0].targetPort",)),
        ("a name", "spec.ports.0.name", "-", ("spec.ports[0].name",)),
    ),
    *rows(
        "ports",
        Sort.BAD,
        ASKED,
        ("a scheduler's Service", "spec.scheduler.service.ports.0.port", 0, ("spec.scheduler.service.ports[0].port",)),
    ),
    *rows(
        "ports",
        Sort.UNKNOWN,
        PROBED,
        ("all", f"{FIRST}.ports", UNKNOWN, (f"{MAIN}.ports",)),
        ("a number", f"{FIRST}.ports.0.containerPort", UNKNOWN, (f"{MAIN}.ports[0].containerPort",)),
        ("a name", f"{FIRST}.ports.0.name", UNKNOWN, (f"{MAIN}.ports[0].name",)),
    ),
    *rows(
        "ports",
        Sort.UNKNOWN,
        SERVICE,
        ("all", "spec.ports", UNKNOWN, ("spec.ports",)),
        ("a target", "spec.ports.0.targetPort", UNKNOWN, ("spec.ports[0].targetPort",)),
    ),
    *rows(
        "ports", Sort.SECRET, SERVICE, ("a name", "spec.ports.0.name", Secret(f"{PLANTED}!"), ("spec.ports[0].name",))
    ),
]

CASES = [*READ_ONLY, *VARIABLES, *PROBES, *PORTS]
