"""What a container is given: a root filesystem that nobody writes, probes, variables, ports."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from policy.plain import UNKNOWN, at, elements
from policy.pods import Container, Pod, pods_of
from policy.record import Finding, Resource, ResourceRule, Settings, Severity, Unknown, not_known

# -- root filesystem


def check_read_only(resource: Resource, _: Settings) -> Iterator[Finding]:
    for pod in pods_of(resource):
        yield from pod.gaps
        for container in pod.containers:
            value = at(container.fields, "securityContext", "readOnlyRootFilesystem")
            where = f"{container.where}.securityContext.readOnlyRootFilesystem"
            if value is UNKNOWN:
                yield not_known(where)
            elif value is not True:
                yield Finding(where, "is not true")


# -- variables


def check_variables(resource: Resource, _: Settings) -> Iterator[Finding]:
    for pod in pods_of(resource):
        yield from pod.gaps
        for container in pod.containers:
            variables = at(container.fields, "env")
            where = f"{container.where}.env"
            named = [(path, at(variable, "name")) for path, variable in elements(variables, where)]
            if variables is UNKNOWN:
                yield not_known(where)
            taken: list[object] = []
            for path, name in named:
                if name is UNKNOWN:
                    yield not_known(f"{path}.name")
                elif name in taken:
                    yield Finding(f"{path}.name", "is there twice: the last one wins, silently")
                taken.append(name)


# -- probes

PROBES: Final = ("readinessProbe", "livenessProbe", "startupProbe")
#: Kinds whose pods are called by others, so that it matters when they may be.
SERVING: Final = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController")


def check_probes(resource: Resource, _: Settings) -> Iterator[Finding]:
    for pod in pods_of(resource):
        yield from pod.gaps
        serves = resource.kind in SERVING or (resource.kind == "DaskCluster" and pod.component == "scheduler")
        for container in pod.containers:
            if serves and container.stays:
                yield from _asked(container)
            yield from _at_open_ports(container)


def _asked(container: Container) -> Iterator[Finding]:
    ready, alive, start = (at(container.fields, probe) for probe in PROBES)
    if ready is None and start is None and container.sort == "containers":
        yield Finding(f"{container.where}.readinessProbe", "is missing")
    if alive is None:
        yield Finding(f"{container.where}.livenessProbe", "is missing")
    elif alive is not UNKNOWN and alive == ready:
        yield Finding(f"{container.where}.livenessProbe", "is the readiness probe again: whoever is busy is killed")


def _at_open_ports(container: Container) -> Iterator[Finding]:
    listed = [port for _, port in elements(at(container.fields, "ports"), "")]
    open_ = [at(port, part) for port in listed for part in ("containerPort", "name")]
    for probe in PROBES:
        if at(container.fields, probe) is UNKNOWN:
            yield not_known(f"{container.where}.{probe}")
            continue
        for kind in ("httpGet", "tcpSocket", "grpc"):
            port = at(container.fields, probe, kind, "port")
            where = f"{container.where}.{probe}.{kind}.port"
            if port is UNKNOWN or (port is not None and UNKNOWN in (*open_, at(container.fields, "ports"))):
                yield not_known(where)
            elif port is not None and port not in open_:
                yield Finding(where, "is no port of the container")


# -- ports

#: Kubernetes' own rule (IANA_SVC_NAME, at most 15 characters, at least one letter, no two hyphens in a row).
_PORT_NAME: Final = re.compile(r"(?=.{1,15}\Z)(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]*[a-z0-9])?\Z")
#: Below this, binding needs a capability.
UNPRIVILEGED: Final = 1024
HIGHEST: Final = 65535
SSH: Final = 22


def check_ports(resource: Resource, _: Settings) -> Iterator[Finding]:
    for pod in pods_of(resource):
        yield from pod.gaps
        yield from _pods_ports(pod)
    for where, service in _services(resource):
        ports = at(service, "ports")
        if ports is UNKNOWN:
            yield not_known(f"{where}.ports")
        for path, port in elements(ports, f"{where}.ports"):
            yield from _name(port, path)
            yield from _number(at(port, "port"), f"{path}.port", lowest=1)
            if (target := at(port, "targetPort")) is not None and not isinstance(target, str):
                yield from _number(target, f"{path}.targetPort", lowest=UNPRIVILEGED)


def _pods_ports(pod: Pod) -> Iterator[Finding]:
    for container in pod.containers:
        if at(container.fields, "ports") is UNKNOWN:
            yield not_known(f"{container.where}.ports")
        listed = list(elements(at(container.fields, "ports"), f"{container.where}.ports"))
        counted = Counter(str(at(port, "name")) for _, port in listed)
        for path, port in listed:
            yield from _name(port, path)
            if counted[str(at(port, "name"))] > 1 and at(port, "name") not in (None, UNKNOWN):
                yield Finding(f"{path}.name", "is another port's too")
            yield from _number(at(port, "containerPort"), f"{path}.containerPort", lowest=UNPRIVILEGED)


def _services(resource: Resource) -> Iterator[tuple[str, Any]]:
    """Path and spec of each Service, also the one that a DaskCluster asks for."""
    if not resource.is_kubernetes:
        return
    if resource.kind == "Service":
        yield "spec", at(resource.props, "spec")
    elif resource.kind == "DaskCluster" and at(resource.props, "spec") is not UNKNOWN:  # else its pods say so
        yield "spec.scheduler.service", at(resource.props, "spec", "scheduler", "service")


def _name(port: Any, where: str) -> Iterator[Finding]:
    name = at(port, "name")
    if name is UNKNOWN:
        yield not_known(f"{where}.name")
    elif name is not None and not (isinstance(name, str) and _PORT_NAME.match(name)):
        yield Finding(f"{where}.name", "is no name of a port: at most 15 of a-z, 0-9 and -, a letter among them")


def _number(value: Any, where: str, *, lowest: int) -> Iterator[Finding]:
    if value is UNKNOWN:
        yield not_known(where)
    elif not isinstance(value, int) or not lowest <= value <= HIGHEST or value == SSH:
        yield Finding(where, f"is none from {lowest} to {HIGHEST}, or is SSH's {SSH}")


READ_ONLY: Final = ResourceRule(
    name="read-only",
    title="No container can write to its image.",
    why="What breaks in cannot leave anything behind, and nothing fills the node's disk unseen.",
    fix="readOnlyRootFilesystem true; where something must be written, mount an emptyDir with a sizeLimit.",
    standard="kube-linter no-read-only-root-fs, checkov CKV_K8S_22, NSA Kubernetes Hardening Guide",
    unknown=Unknown.IS_VIOLATION,
    check=check_read_only,
)
VARIABLES: Final = ResourceRule(
    name="variables",
    title="No container is given one environment variable twice.",
    why="The last one wins without a word; whoever changes the first one wonders for a day.",
    fix="Keep one of them.",
    standard="kube-linter duplicate-env-var",
    unknown=Unknown.IS_VIOLATION,
    severity=Severity.MEDIUM,
    check=check_variables,
    limits="What an envFrom brings in is not compared, nor what the controller adds: a user's own wins over it.",
)
PROBES_RULE: Final = ResourceRule(
    name="probes",
    title="What others call says when it is ready and whether it is alive, at ports that it opens.",
    why="Without readiness it gets calls too early; without liveness nobody restarts it; the same probe for both kills "
    "what is only busy.",
    fix="State readinessProbe and livenessProbe, different ones; list their ports under `ports` of the container.",
    standard="kube-linter no-readiness-probe and liveness-port, kube-score pod-probes-identical, checkov CKV_K8S_8, 9",
    unknown=Unknown.IS_VIOLATION,
    severity=Severity.MEDIUM,
    check=check_probes,
    limits="Workers are asked by their nanny and their scheduler, and called by nobody who looks at readiness; a "
    "sidecar's start is its readiness.",
)
PORTS: Final = ResourceRule(
    name="ports",
    title="Ports have valid names of their own, need no privilege, and none is SSH's.",
    why="A port below 1024 needs a capability, which nothing here has; a shell is a way past everything else.",
    fix="Listen above 1023; a Service may still be called at a lower one.",
    standard="kube-linter invalid-target-ports, ssh-port, privileged-ports",
    unknown=Unknown.IS_VIOLATION,
    severity=Severity.MEDIUM,
    check=check_ports,
    limits="Whether something listens there is seen when it runs.",
)
__all__ = ["PORTS", "PROBES_RULE", "READ_ONLY", "VARIABLES"]
