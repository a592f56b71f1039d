"""The pods inside any Kubernetes object, also inside custom resources: a rule about pods must see every one of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from isthmus import names
from policy.plain import UNKNOWN, at, elements
from policy.record import Finding, Resource, not_known

Path: TypeAlias = tuple[str, ...]

_DASK: Final = f"kubernetes:{names.API_VERSION}:"
#: Where the kinds that always hold a pod keep its template. Kinds that are not here are searched for anything like one.
TEMPLATES: Final[Mapping[str, tuple[Path, ...]]] = {
    "Pod": ((),),
    "PodTemplate": (("template",),),
    **dict.fromkeys(
        ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController", "Job"),
        (("spec", "template"),),
    ),
    "CronJob": (("spec", "jobTemplate", "spec", "template"),),
    "DaskCluster": (("spec", "worker"), ("spec", "scheduler")),
    "DaskWorkerGroup": (("spec", "worker"),),
    "DaskJob": (
        ("spec", "job"),
        ("spec", "cluster", "spec", "worker"),
        ("spec", "cluster", "spec", "scheduler"),
    ),
}
#: Kinds of Kubernetes' own that cannot hold a pod: most of a stack need not be searched.
PODLESS: Final = frozenset(
    f"kubernetes:{api}:{kind}"
    for api, kinds in {
        "core/v1": "Secret ConfigMap Service ServiceAccount Namespace ResourceQuota LimitRange PersistentVolumeClaim",
        "rbac.authorization.k8s.io/v1": "Role RoleBinding ClusterRole ClusterRoleBinding",
        "networking.k8s.io/v1": "NetworkPolicy",
        "policy/v1": "PodDisruptionBudget",
        "scheduling.k8s.io/v1": "PriorityClass",
        # Its schema may speak of containers.
        "apiextensions.k8s.io/v1": "CustomResourceDefinition",
    }.items()
    for kind in kinds.split()
)
CONTAINERS: Final = ("containers", "initContainers", "ephemeralContainers")


@dataclass(frozen=True)
class Container:
    """One container of a pod, of whatever sort."""

    where: str
    fields: Any
    """A mapping, if the object is a right one."""
    sort: str = "containers"
    """The list that it is in."""

    @property
    def ephemeral(self) -> bool:
        """Whether somebody put it into a running pod, to look around."""
        return self.sort == "ephemeralContainers"

    @property
    def stays(self) -> bool:
        """Whether it runs as long as its pod: an ordinary one, or a native sidecar."""
        return self.sort == "containers" or (
            self.sort == "initContainers" and at(self.fields, "restartPolicy") == "Always"
        )


@dataclass(frozen=True)
class Pod:
    """One pod spec inside a resource."""

    where: str
    """Path of the spec in the resource, e.g. `spec.template.spec`."""
    spec: Any
    """A mapping, UNKNOWN, or None where there should be one."""
    labels: Any
    """What the running pod will carry, so far as it is known: a mapping or UNKNOWN; the controller's labels too."""

    @property
    def role(self) -> object:
        """`gateway`, `controller`, or what else of ours it is; None, or UNKNOWN."""
        return at(self.labels, names.LABEL_ROLE)

    @property
    def component(self) -> object:
        """`scheduler` or `worker`, of a Dask cluster; None, or UNKNOWN."""
        return at(self.labels, names.LABEL_COMPONENT)

    @property
    def containers(self) -> Iterator[Container]:
        """All containers that are known: ordinary, init and ephemeral ones. `gaps` has the others."""
        for sort in CONTAINERS:
            for where, fields in elements(at(self.spec, sort), f"{self.where}.{sort}"):
                if fields is not UNKNOWN:
                    yield Container(where, fields, sort)

    @property
    def volumes(self) -> Iterator[tuple[str, Any]]:
        """Path and definition of each volume."""
        return elements(at(self.spec, "volumes"), f"{self.where}.volumes")

    @property
    def gaps(self) -> Iterator[Finding]:
        """What of the pod cannot be judged: lists that are not known, a spec that is not there."""
        if self.spec is UNKNOWN:
            yield not_known(self.where)
            return
        if at(self.spec, "containers") is None:
            yield Finding(self.where, "has no containers: it is declared in part, which nobody can judge")
        for part in (*CONTAINERS, "volumes"):
            listed, where = at(self.spec, part), f"{self.where}.{part}"
            if listed is UNKNOWN:
                yield not_known(where)
            elif listed is not None and not isinstance(listed, list):
                yield Finding(where, "is no list")
            for path, element in elements(listed, where):
                if element is UNKNOWN:
                    yield not_known(path)


def pods_of(resource: Resource) -> tuple[Pod, ...]:
    """Every pod inside a resource."""
    if "pods" not in resource.memo:
        resource.memo["pods"] = tuple(_pods_of(resource))
    found: tuple[Pod, ...] = resource.memo["pods"]
    return found


def _pods_of(resource: Resource) -> Iterator[Pod]:
    if not resource.is_kubernetes or resource.type in PODLESS:
        return
    if paths := TEMPLATES.get(resource.kind):
        for path in paths:
            spec = ".".join((*path, "spec"))
            yield Pod(spec, at(resource.props, *path, "spec"), _labels(resource, path))
    else:
        yield from _search(resource.props, "")


def _search(value: Any, where: str) -> Iterator[Pod]:
    """Whatever holds a list of containers is taken for a pod."""
    if isinstance(value, Mapping):
        found = value.get("containers")
        if isinstance(found, list) or found is UNKNOWN:
            yield Pod(where, value, UNKNOWN)  # whoever makes it may label it as he likes
            return
        for key, inner in value.items():
            yield from _search(inner, f"{where}.{key}" if where else key)
    elif isinstance(value, list):
        for path, inner in elements(value, where):
            yield from _search(inner, path)


def _labels(resource: Resource, path: Path) -> Any:
    """Of a custom resource: its own, over them those of the part, over them the controller's (docs/contract)."""
    stated = at(resource.props, *path, "metadata", "labels")
    if not resource.type.startswith(_DASK):
        return {} if stated is None else stated
    parts = (at(resource.props, "metadata", "labels"), stated, _reserved(resource, path[-1]))
    merged: dict[str, Any] = {}
    for part in parts:
        if part is UNKNOWN:
            return UNKNOWN
        merged |= part if isinstance(part, Mapping) else {}
    return merged


def _reserved(resource: Resource, part: str) -> dict[str, Any]:
    """The labels that the controller puts over all others (the Dask operator's contract)."""
    name = at(resource.props, "metadata", "name")
    if resource.kind == "DaskWorkerGroup":
        cluster, group = at(resource.props, "spec", "cluster"), name
    else:
        cluster, group = name, names.default_group(name) if isinstance(name, str) else name
    labels = {names.LABEL_CLUSTER: cluster, names.LABEL_COMPONENT: part}
    return labels | ({names.LABEL_WORKER_GROUP: group} if part == "worker" else {})
