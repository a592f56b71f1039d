"""What the tables of the rules are made of: good objects, and how to spoil one field of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Final

from policy.plain import UNKNOWN
from policy.record import Provider, Resource

#: Stands in every secret of the tables; no message may hold it.
PLANTED: Final = "hunter2"


@dataclass(frozen=True)
class Secret:
    """A value that Pulumi knows to be a secret. Rules get it in the clear, as everything else."""

    value: Any


class Gone(Enum):
    """Takes the place of a value that is to be left out."""

    GONE = "gone"


class Sort(Enum):
    """Every rule has cases of each sort."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"
    SECRET = "secret"


@dataclass(frozen=True)
class Case:
    """What a rule must say of some resources."""

    rule: str
    sort: Sort
    name: str
    resources: tuple[Resource, ...]
    finds: tuple[str, ...] = ()
    """The path of each finding, in order; for a rule about a stack behind the name of the resource and a space."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    certain: bool = False
    """Of the sort UNKNOWN: what is found is wrong whatever the unknown value will be."""

    def __str__(self) -> str:
        return f"{self.rule}: {self.sort.value}: {self.name}"


def bare(value: Any) -> Any:
    """A value as a rule sees it: secrets in the clear."""
    if isinstance(value, Secret):
        return bare(value.value)
    if isinstance(value, dict):
        return {key: bare(inner) for key, inner in value.items()}
    return [bare(inner) for inner in value] if isinstance(value, list) else value


def _copy(value: Any) -> Any:
    """Unlike copy.deepcopy it makes two of what two places share."""
    if isinstance(value, Mapping):
        return {key: _copy(inner) for key, inner in value.items()}
    return [_copy(inner) for inner in value] if isinstance(value, list) else value


def changed(resource: Resource, path: str, value: Any) -> Resource:
    """A copy with one property replaced, added, or taken out (Gone.GONE). List positions are numbers in the path."""
    props = _copy(resource.props)
    here = props
    *above, last = path.split(".")
    for key in above:
        here = here[int(key)] if isinstance(here, list) else here.setdefault(key, {})
    if value is Gone.GONE:
        del here[last]
    elif isinstance(here, list):
        position = int(last)
        here[position : position + 1] = [value]
    else:
        here[last] = value
    return replace(resource, props=props)


NORTH: Final = Provider("urn:pulumi:test::isthmus::pulumi:providers:kubernetes::north", "north")
SOUTH: Final = Provider("urn:pulumi:test::isthmus::pulumi:providers:kubernetes::south", "south")
AMBIENT: Final = Provider("urn:pulumi:test::isthmus::pulumi:providers:kubernetes::default_4_34_2", "default_4_34_2")


def kubernetes(api: str, kind: str, name: str, provider: Provider | None = NORTH, **props: Any) -> Resource:
    """A Kubernetes object of the environment's namespace, called as its resource."""
    metadata = {"name": name, "namespace": "isthmus-test", "labels": {}} | props.pop("metadata", {})
    return Resource(
        type=f"kubernetes:{api}:{kind}",
        name=name,
        urn=f"urn:pulumi:test::isthmus::kubernetes:{api}:{kind}::{name}@{provider.name if provider else 'nowhere'}",
        props={"metadata": metadata, **props},
        provider=provider,
    )


CONTAINER: Final = {
    "name": "main",
    "image": f"registry.example/thing:1.2.3@sha256:{'0' * 64}",
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    },
    "resources": {
        "requests": {"cpu": "1", "memory": "1Gi", "ephemeral-storage": "2Gi"},
        "limits": {"memory": "1Gi", "ephemeral-storage": "2Gi"},
    },
}
POD: Final = {
    "securityContext": {
        "runAsNonRoot": True,
        "runAsUser": 1000,
        "runAsGroup": 1000,
        "seccompProfile": {"type": "RuntimeDefault"},
    },
    "initContainers": [CONTAINER | {"name": "tunnel"}],
    "containers": [CONTAINER],
    "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "forecasts"}}],
}
DEPLOYMENT: Final = kubernetes("apps/v1", "Deployment", "gateway", spec={"template": {"spec": POD}})
DEPLOYED: Final = "spec.template.spec"
GROUP: Final = kubernetes("kubernetes.dask.org/v1", "DaskWorkerGroup", "group", spec={"worker": {"spec": POD}})
CLUSTER: Final = kubernetes(
    "kubernetes.dask.org/v1", "DaskCluster", "test", spec={"worker": {"spec": POD}, "scheduler": {"spec": POD}}
)
CONFIG_MAP: Final = kubernetes("core/v1", "ConfigMap", "map", data={"isthmus.yaml": "catalog: {}"})

#: Objects whose pods every rule about pods must look into, and where their first pod is.
EVERYWHERE: Final = (
    (kubernetes("core/v1", "Pod", "pod", spec=POD), "spec"),
    (DEPLOYMENT, "spec.template.spec"),
    (kubernetes("apps/v1", "StatefulSet", "set", spec={"template": {"spec": POD}}), "spec.template.spec"),
    (kubernetes("batch/v1", "Job", "job", spec={"template": {"spec": POD}}), "spec.template.spec"),
    (
        kubernetes("batch/v1", "CronJob", "cron", spec={"jobTemplate": {"spec": {"template": {"spec": POD}}}}),
        "spec.jobTemplate.spec.template.spec",
    ),
    (GROUP, "spec.worker.spec"),
    (CLUSTER, "spec.scheduler.spec"),
    (CLUSTER, "spec.worker.spec"),
    (
        kubernetes(
            "kubernetes.dask.org/v1",
            "DaskJob",
            "job",
            spec={"job": {"spec": POD}, "cluster": {"spec": CLUSTER.props["spec"]}},
        ),
        "spec.job.spec",
    ),
    (
        kubernetes("example.com/v1", "SomethingNew", "new", spec={"replicas": 1, "leader": {"spec": POD}}),
        "spec.leader.spec",
    ),
)


def everywhere(rule: str, path: str, value: Any, finding: str) -> list[Case]:
    """For a rule about pods: all objects above pass, and each is caught with the same field of a pod spoilt."""
    good = [Case(rule, Sort.GOOD, f"{one.kind} {where}", (one,)) for one, where in EVERYWHERE]
    bad = [
        Case(rule, Sort.BAD, f"{one.kind} {where}", (changed(one, f"{where}.{path}", value),), (f"{where}.{finding}",))
        for one, where in EVERYWHERE
    ]
    unknown = [
        Case(rule, Sort.UNKNOWN, name, (changed(one, spoilt, UNKNOWN),), finds)
        for name, one, spoilt, finds in (
            ("a whole spec", CLUSTER, "spec", ("spec.worker.spec", "spec.scheduler.spec")),
            ("a pod", DEPLOYMENT, DEPLOYED, (DEPLOYED,)),
            ("all containers", DEPLOYMENT, f"{DEPLOYED}.containers", (f"{DEPLOYED}.containers",)),
            ("a container", DEPLOYMENT, f"{DEPLOYED}.initContainers.0", (f"{DEPLOYED}.initContainers[0]",)),
            ("all volumes", DEPLOYMENT, f"{DEPLOYED}.volumes", (f"{DEPLOYED}.volumes",)),
        )
    ]
    misshapen = [
        Case(rule, Sort.BAD, name, (changed(DEPLOYMENT, f"{DEPLOYED}.containers", value),), (finds,))
        for name, value, finds in (
            ("a pod in part", Gone.GONE, DEPLOYED),
            ("containers that are no list", {"main": CONTAINER}, f"{DEPLOYED}.containers"),
        )
    ]
    return [*good, *bad, *unknown, *misshapen]


def certain(*cases: Case) -> list[Case]:
    """Cases of the sort UNKNOWN whose findings hold whatever the value will be."""
    return [replace(case, certain=True) for case in cases]


def rows(rule: str, sort: Sort, base: Resource, *table: tuple[str, str, Any, tuple[str, ...]]) -> list[Case]:
    """Cases out of rows: name, path of the field to change in the base, its new value, the findings."""
    return [Case(rule, sort, name, (changed(base, path, value),), finds) for name, path, value, finds in table]
