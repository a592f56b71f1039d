"""The pods inside any Kubernetes object, also inside custom resources: a rule about pods must see every one of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from policy.plain import UNKNOWN, at, elements
from policy.record import Finding, Resource, not_known

#: Where the kinds that always hold a pod keep its spec. Kinds that are not here are searched for anything like a pod.
SPECS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "Pod": (("spec",),),
    "PodTemplate": (("template", "spec"),),
    **dict.fromkeys(
        ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController", "Job"),
        (("spec", "template", "spec"),),
    ),
    "CronJob": (("spec", "jobTemplate", "spec", "template", "spec"),),
    "DaskCluster": (("spec", "worker", "spec"), ("spec", "scheduler", "spec")),
    "DaskWorkerGroup": (("spec", "worker", "spec"),),
    "DaskJob": (
        ("spec", "job", "spec"),
        ("spec", "cluster", "spec", "worker", "spec"),
        ("spec", "cluster", "spec", "scheduler", "spec"),
    ),
}
CONTAINERS: Final = ("containers", "initContainers", "ephemeralContainers")


@dataclass(frozen=True)
class Container:
    """One container of a pod, of whatever sort."""

    where: str
    fields: Any
    """A mapping, if the object is a right one."""
    ephemeral: bool = False


@dataclass(frozen=True)
class Pod:
    """One pod spec inside a resource."""

    where: str
    """Path of the spec in the resource, e.g. `spec.template.spec`."""
    spec: Any
    """A mapping, UNKNOWN, or None where there should be one."""

    @property
    def containers(self) -> Iterator[Container]:
        """All containers that are known: ordinary, init and ephemeral ones. `gaps` has the others."""
        for sort in CONTAINERS:
            for where, fields in elements(at(self.spec, sort), f"{self.where}.{sort}"):
                if fields is not UNKNOWN:
                    yield Container(where, fields, ephemeral=sort == "ephemeralContainers")

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


def pods_of(resource: Resource) -> Iterator[Pod]:
    """Every pod inside a resource."""
    if not resource.is_kubernetes or resource.kind == "CustomResourceDefinition":
        return
    if paths := SPECS.get(resource.kind):
        for path in paths:
            yield Pod(".".join(path), at(resource.props, *path))
    else:
        yield from _search(resource.props, "")


def _search(value: Any, where: str) -> Iterator[Pod]:
    """Whatever holds a list of containers is taken for a pod."""
    if isinstance(value, Mapping):
        found = value.get("containers")
        if isinstance(found, list) or found is UNKNOWN:
            yield Pod(where, value)
            return
        for key, inner in value.items():
            yield from _search(inner, f"{where}.{key}" if where else key)
    elif isinstance(value, list):
        for path, inner in elements(value, where):
            yield from _search(inner, path)
