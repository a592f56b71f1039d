"""What a pod may be: Pod Security `restricted`, without the one capability that it would still allow."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TypeAlias

from policy.plain import UNKNOWN, at, elements
from policy.pods import Container, Pod, pods_of
from policy.record import Finding, Resource, ResourceRule, Settings, Severity, Unknown, not_known

PSS: Final = "Pod Security Standards, restricted"

#: Sysctls that Pod Security calls safe.
SAFE_SYSCTLS: Final = frozenset(
    {
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ping_group_range",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.tcp_wmem",
    }
)
SAFE_SELINUX_TYPES: Final = ("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")
#: Where a container's probes and hooks may name another host to be called from the node.
HANDLERS: Final = (
    ("livenessProbe",),
    ("readinessProbe",),
    ("startupProbe",),
    ("lifecycle", "postStart"),
    ("lifecycle", "preStop"),
)


# -- capabilities


def check_capabilities(resource: Resource, _: Settings) -> Iterator[Finding]:
    for pod in pods_of(resource):
        yield from pod.gaps
        for container in pod.containers:
            where = f"{container.where}.securityContext.capabilities"
            yield from _nothing_added(at(container.fields, "securityContext", "capabilities", "add"), f"{where}.add")
            yield from _all_dropped(at(container.fields, "securityContext", "capabilities", "drop"), f"{where}.drop")


def _nothing_added(added: Any, where: str) -> Iterator[Finding]:
    if added is UNKNOWN:
        yield not_known(where)
    elif added:
        yield Finding(where, f"adds {len(added)} to what the container may do")


def _all_dropped(dropped: Any, where: str) -> Iterator[Finding]:
    if dropped is UNKNOWN or (isinstance(dropped, list) and UNKNOWN in dropped):
        yield not_known(where)
    elif not isinstance(dropped, list) or "ALL" not in dropped:
        yield Finding(where, "does not drop ALL")


# -- the rest of Pod Security

Test: TypeAlias = Callable[[Any], bool]
Demand: TypeAlias = tuple[tuple[str, ...], Test, str]
"""Path of a field, whether its value passes, what is wrong if not."""


def one_of(*values: object) -> Test:
    """Passes these values only; None stands for a field that is not there."""
    return lambda value: any(value is allowed or value == allowed for allowed in values)


#: Below it are the accounts of a Linux distribution: a file of the node's may be theirs.
FIRST_USER: Final = 1000


def ordinary(value: Any) -> bool:
    """Passes the uid or gid of an ordinary user."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= FIRST_USER


def ordinary_if_stated(value: Any) -> bool:
    """Passes such a gid, and none at all."""
    return value is None or ordinary(value)


#: What holds for securityContext of pods and of containers alike.
CONTEXT: Final[tuple[Demand, ...]] = (
    (("seLinuxOptions", "type"), one_of(None, *SAFE_SELINUX_TYPES), "is no confined SELinux type"),
    (("seLinuxOptions", "user"), one_of(None, ""), "chooses an SELinux user"),
    (("seLinuxOptions", "role"), one_of(None, ""), "chooses an SELinux role"),
    (("appArmorProfile", "type"), one_of(None, "RuntimeDefault", "Localhost"), "switches AppArmor off"),
    (("windowsOptions", "hostProcess"), one_of(None, False), "is a process of the node"),
)
POD: Final[tuple[Demand, ...]] = (
    (("hostNetwork",), one_of(None, False), "shares the node's own"),
    (("hostPID",), one_of(None, False), "shares the node's own"),
    (("hostIPC",), one_of(None, False), "shares the node's own"),
    (("securityContext", "fsGroup"), ordinary_if_stated, "is below 1000"),
    *((("securityContext", *path), test, problem) for path, test, problem in CONTEXT),
)
CONTAINER: Final[tuple[Demand, ...]] = (
    (("securityContext", "privileged"), one_of(None, False), "is privileged"),
    (("securityContext", "allowPrivilegeEscalation"), one_of(False), "is not false"),
    (("securityContext", "procMount"), one_of(None, "Default"), "unmasks /proc"),
    *((("securityContext", *path), test, problem) for path, test, problem in CONTEXT),
    *(
        ((*handler, kind, "host"), one_of(None, ""), "names a host that the node would call")
        for handler in HANDLERS
        for kind in ("httpGet", "tcpSocket")
    ),
)
SYSCTL: Final[tuple[Demand, ...]] = ((("name",), one_of(*SAFE_SYSCTLS), "is not a sysctl of one pod only"),)
PORT: Final[tuple[Demand, ...]] = ((("hostPort",), one_of(None, 0), "is a port of the node"),)
#: What a container may leave to its pod.
INHERITED: Final[tuple[Demand, ...]] = (
    (("securityContext", "runAsNonRoot"), one_of(True), "is not true, neither here nor for the pod"),
    *(
        (("securityContext", part), ordinary, "is not 1000 or more, neither here nor for the pod")
        for part in ("runAsUser", "runAsGroup")
    ),
    (
        ("securityContext", "seccompProfile", "type"),
        one_of("RuntimeDefault"),
        "is not RuntimeDefault, neither here nor for the pod",
    ),
)


def check_restricted(resource: Resource, _: Settings) -> Iterator[Finding]:
    for pod in pods_of(resource):
        yield from pod.gaps
        yield from _demanded(POD, pod.spec, pod.where)
        for path, sysctl in elements(
            at(pod.spec, "securityContext", "sysctls"), f"{pod.where}.securityContext.sysctls"
        ):
            yield from _demanded(SYSCTL, sysctl, path)
        for container in pod.containers:
            yield from _demanded(CONTAINER, container.fields, container.where)
            yield from _inherited(pod, container)
            for path, port in elements(at(container.fields, "ports"), f"{container.where}.ports"):
                yield from _demanded(PORT, port, path)


def _demanded(demands: Iterable[Demand], fields: Any, where: str) -> Iterator[Finding]:
    if fields is UNKNOWN:
        return  # said once, as a gap of the pod
    for path, passes, problem in demands:
        value = at(fields, *path)
        if value is UNKNOWN:
            yield not_known(".".join((where, *path)))
        elif not passes(value):
            yield Finding(".".join((where, *path)), problem)


def _inherited(pod: Pod, container: Container) -> Iterator[Finding]:
    for path, passes, problem in INHERITED:
        own = at(container.fields, *path)
        effective = at(pod.spec, *path) if own is None else own
        if effective is UNKNOWN:
            yield not_known(".".join((container.where, *path)))
        elif not passes(effective):
            yield Finding(".".join((container.where, *path)), problem)


CAPABILITIES: Final = ResourceRule(
    name="capabilities",
    title="No container adds a capability; every one drops ALL.",
    why="Nothing here needs one, the tunnel works in user space; whoever has one can rewrite another's routes.",
    fix="Drop ALL, add nothing; what needs a capability belongs to the node and not in a pod.",
    standard=f"{PSS}, and stricter: NET_BIND_SERVICE neither",
    unknown=Unknown.IS_VIOLATION,
    severity=Severity.CRITICAL,
    check=check_capabilities,
)
RESTRICTED: Final = ResourceRule(
    name="restricted",
    title="Every pod runs as an ordinary user under Pod Security restricted.",
    why="Operators of a data centre let nothing else in, and the API server would refuse the pod when it is too late.",
    fix="runAsNonRoot true, runAsUser and runAsGroup 1000 or more, seccompProfile RuntimeDefault, "
    "allowPrivilegeEscalation false, nothing of the node's.",
    standard=f"{PSS}; checkov CKV_K8S_40, which asks for 10000",
    unknown=Unknown.IS_VIOLATION,
    severity=Severity.CRITICAL,
    check=check_restricted,
    limits="Capabilities and volumes have rules of their own; the label that enforces it all is rule `namespaces`.",
)
