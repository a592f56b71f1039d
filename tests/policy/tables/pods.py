"""Rules `capabilities` and `restricted`."""

from policy.plain import UNKNOWN
from tests.policy.cases import (
    DEPLOYED,
    DEPLOYMENT,
    GROUP,
    PLANTED,
    POD,
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
CONTEXT = f"{MAIN}.securityContext"
#: Where something is missing that neither the pod nor a container says.
EACH = {
    part: (f"{CONTEXT}.{part}", f"{DEPLOYED}.initContainers[tunnel].securityContext.{part}")
    for part in ("runAsUser", "runAsGroup")
}

EXAMPLE = kubernetes(
    "apiextensions.k8s.io/v1", "CustomResourceDefinition", "crd", spec={"example": {"containers": [{"name": "main"}]}}
)

CAPABILITIES: list[Case] = [
    *everywhere(
        "capabilities",
        "containers.0.securityContext.capabilities.add",
        ["NET_ADMIN"],
        "containers[main].securityContext.capabilities.add",
    ),
    *rows(
        "capabilities",
        Sort.BAD,
        DEPLOYMENT,
        (
            "the one that restricted allows",
            f"{FIRST}.securityContext.capabilities.add",
            ["NET_BIND_SERVICE"],
            (f"{CONTEXT}.capabilities.add",),
        ),
        ("some dropped", f"{FIRST}.securityContext.capabilities.drop", ["NET_RAW"], (f"{CONTEXT}.capabilities.drop",)),
        ("nothing said", f"{FIRST}.securityContext", Gone.GONE, (f"{CONTEXT}.capabilities.drop",)),
        (
            "an init container",
            f"{DEPLOYED}.initContainers.0.securityContext.capabilities.drop",
            [],
            (f"{DEPLOYED}.initContainers[tunnel].securityContext.capabilities.drop",),
        ),
        (
            "an ephemeral container",
            f"{DEPLOYED}.ephemeralContainers",
            [{"name": "debug"}],
            (f"{DEPLOYED}.ephemeralContainers[debug].securityContext.capabilities.drop",),
        ),
    ),
    *rows(
        "capabilities",
        Sort.UNKNOWN,
        DEPLOYMENT,
        ("what is added", f"{FIRST}.securityContext.capabilities.add", UNKNOWN, (f"{CONTEXT}.capabilities.add",)),
        ("what is dropped", f"{FIRST}.securityContext.capabilities.drop", UNKNOWN, (f"{CONTEXT}.capabilities.drop",)),
        (
            "one that is dropped",
            f"{FIRST}.securityContext.capabilities.drop",
            [UNKNOWN],
            (f"{CONTEXT}.capabilities.drop",),
        ),
    ),
    *rows(
        "capabilities",
        Sort.SECRET,
        DEPLOYMENT,
        (
            "all containers, as one secret value inside makes them",
            f"{DEPLOYED}.containers",
            Secret([{"name": PLANTED.upper(), "image": PLANTED}]),
            (f"{DEPLOYED}.containers[0].securityContext.capabilities.drop",),
        ),
        (
            "what is added",
            f"{FIRST}.securityContext.capabilities.add",
            Secret([PLANTED]),
            (f"{CONTEXT}.capabilities.add",),
        ),
    ),
]

CAPABILITIES += [
    Case("capabilities", Sort.GOOD, "a pod in the schema of a CRD", (EXAMPLE,)),
    Case(
        "capabilities",
        Sort.BAD,
        "a pod in a list of objects",
        (kubernetes("core/v1", "PodList", "list", items=[{"spec": POD | {"containers": [{"name": "main"}]}}]),),
        ("items[0].spec.containers[main].securityContext.capabilities.drop",),
    ),
]

RESTRICTED: list[Case] = [
    *everywhere(
        "restricted",
        "containers.0.securityContext.allowPrivilegeEscalation",
        True,
        "containers[main].securityContext.allowPrivilegeEscalation",
    ),
    *rows(
        "restricted",
        Sort.GOOD,
        DEPLOYMENT,
        ("said by each container", f"{FIRST}.securityContext.runAsNonRoot", True, ()),
        (
            "a safe sysctl",
            f"{DEPLOYED}.securityContext.sysctls",
            [{"name": "net.ipv4.tcp_syncookies", "value": "1"}],
            (),
        ),
        ("a port of the pod", f"{FIRST}.ports", [{"name": "http", "containerPort": 80, "hostPort": 0}], ()),
        ("a user of each container", f"{FIRST}.securityContext.runAsUser", 65532, ()),
        ("a group for its files", f"{DEPLOYED}.securityContext.fsGroup", 1000, ()),
    ),
    *rows(
        "restricted",
        Sort.BAD,
        DEPLOYMENT,
        ("the node's network", f"{DEPLOYED}.hostNetwork", True, (f"{DEPLOYED}.hostNetwork",)),
        ("the node's processes", f"{DEPLOYED}.hostPID", True, (f"{DEPLOYED}.hostPID",)),
        ("the node's memory", f"{DEPLOYED}.hostIPC", True, (f"{DEPLOYED}.hostIPC",)),
        *(
            (f"{said}, of the pod", f"{DEPLOYED}.securityContext.{part}", value, EACH[part])
            for part in ("runAsUser", "runAsGroup")
            for said, value in (
                (f"root as {part}", 0),
                (f"no {part}", None),
                (f"an account of the node's as {part}", 999),
            )
        ),
        ("root's files", f"{DEPLOYED}.securityContext.fsGroup", 0, (f"{DEPLOYED}.securityContext.fsGroup",)),
        ("a container's root", f"{FIRST}.securityContext.runAsUser", 0, (f"{CONTEXT}.runAsUser",)),
        ("a container that overrides", f"{FIRST}.securityContext.runAsNonRoot", False, (f"{CONTEXT}.runAsNonRoot",)),
        (
            "a container without seccomp",
            f"{FIRST}.securityContext.seccompProfile",
            {"type": "Unconfined"},
            (f"{CONTEXT}.seccompProfile.type",),
        ),
        (
            "nothing said of escalation",
            f"{FIRST}.securityContext.allowPrivilegeEscalation",
            Gone.GONE,
            (f"{CONTEXT}.allowPrivilegeEscalation",),
        ),
        (
            "nothing said by the pod",
            f"{DEPLOYED}.securityContext",
            Gone.GONE,
            tuple(
                f"{DEPLOYED}.{container}.securityContext.{field}"
                for container in ("containers[main]", "initContainers[tunnel]")
                for field in ("runAsNonRoot", "runAsUser", "runAsGroup", "seccompProfile.type")
            ),
        ),
        ("privileged", f"{FIRST}.securityContext.privileged", True, (f"{CONTEXT}.privileged",)),
        ("an open /proc", f"{FIRST}.securityContext.procMount", "Unmasked", (f"{CONTEXT}.procMount",)),
        (
            "a sysctl of the node",
            f"{DEPLOYED}.securityContext.sysctls",
            [{"name": "kernel.msgmax", "value": "1"}],
            (f"{DEPLOYED}.securityContext.sysctls[0].name",),
        ),
        (
            "a port of the node",
            f"{FIRST}.ports",
            [{"name": "http", "containerPort": 80, "hostPort": 80}],
            (f"{MAIN}.ports[0].hostPort",),
        ),
        (
            "SELinux of its own",
            f"{FIRST}.securityContext.seLinuxOptions",
            {"type": "spc_t"},
            (f"{CONTEXT}.seLinuxOptions.type",),
        ),
        (
            "SELinux as another user",
            f"{FIRST}.securityContext.seLinuxOptions",
            {"user": "root"},
            (f"{CONTEXT}.seLinuxOptions.user",),
        ),
        (
            "SELinux in another role",
            f"{FIRST}.securityContext.seLinuxOptions",
            {"role": "sysadm_r"},
            (f"{CONTEXT}.seLinuxOptions.role",),
        ),
        (
            "no AppArmor",
            f"{FIRST}.securityContext.appArmorProfile",
            {"type": "Unconfined"},
            (f"{CONTEXT}.appArmorProfile.type",),
        ),
        (
            "a process of a Windows node",
            f"{DEPLOYED}.securityContext.windowsOptions",
            {"hostProcess": True},
            (f"{DEPLOYED}.securityContext.windowsOptions.hostProcess",),
        ),
        (
            "a probe elsewhere",
            f"{FIRST}.livenessProbe",
            {"httpGet": {"host": "10.0.0.1", "port": 80}},
            (f"{MAIN}.livenessProbe.httpGet.host",),
        ),
    ),
    *rows(
        "restricted",
        Sort.UNKNOWN,
        DEPLOYMENT,
        ("the user", f"{DEPLOYED}.securityContext.runAsUser", UNKNOWN, EACH["runAsUser"]),
        ("the node's network", f"{DEPLOYED}.hostNetwork", UNKNOWN, (f"{DEPLOYED}.hostNetwork",)),
        (
            "what containers leave to the pod",
            f"{DEPLOYED}.securityContext.runAsNonRoot",
            UNKNOWN,
            (f"{CONTEXT}.runAsNonRoot", f"{DEPLOYED}.initContainers[tunnel].securityContext.runAsNonRoot"),
        ),
    ),
    *rows(
        "restricted",
        Sort.SECRET,
        GROUP,
        (
            "a profile",
            "spec.worker.spec.containers.0.securityContext.seccompProfile",
            Secret({"type": PLANTED}),
            ("spec.worker.spec.containers[main].securityContext.seccompProfile.type",),
        ),
        (
            "a sysctl",
            "spec.worker.spec.securityContext.sysctls",
            [{"name": Secret(PLANTED)}],
            ("spec.worker.spec.securityContext.sysctls[0].name",),
        ),
    ),
    Case(
        "restricted",
        Sort.GOOD,
        "what is no pod",
        (changed(DEPLOYMENT, "spec.template.metadata", {"hostNetwork": True}),),
    ),
]

CASES = [*CAPABILITIES, *RESTRICTED]
