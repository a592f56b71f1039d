"""What a container asks of its node."""

from collections.abc import Iterator
from typing import Any, Final

from policy.plain import UNKNOWN, at
from policy.pods import pods_of
from policy.record import Finding, Resource, ResourceRule, Settings, Severity, Unknown, not_known

#: A limit on CPU slows bursts and protects nobody; one on memory keeps a leak from taking the node.
STATED: Final = (("requests", "cpu"), ("requests", "memory"), ("limits", "memory"))

#: A worker writes to its disk what no longer fits into its memory.
SPILLED: Final = (("requests", "ephemeral-storage"), ("limits", "ephemeral-storage"))


def check_resources(resource: Resource, _: Settings) -> Iterator[Finding]:
    for pod in pods_of(resource):
        yield from pod.gaps
        for where, volume in pod.volumes:
            if (folder := at(volume, "emptyDir")) is not None:
                yield from _stated(at(folder, "sizeLimit"), f"{where}.emptyDir.sizeLimit")
        for container in pod.containers:
            if container.ephemeral:
                continue  # Kubernetes forbids them resources: they live on what the pod has
            spills = pod.component == "worker" and container.sort == "containers"
            for path in (*STATED, *SPILLED) if spills else STATED:
                where = ".".join((container.where, "resources", *path))
                yield from _stated(at(container.fields, "resources", *path), where)


def _stated(value: Any, where: str) -> Iterator[Finding]:
    if value is UNKNOWN:
        yield not_known(where)
    elif value in (None, "", 0, "0"):
        yield Finding(where, "is missing")


RESOURCES: Final = ResourceRule(
    name="resources",
    title="Every container states its requests and its memory limit; what is written to has a size.",
    why="Without a request workers are stacked on one node; without a limit its memory or disk is everybody's.",
    fix="State requests.cpu, requests.memory and limits.memory; of a worker, which spills, both of ephemeral-storage; "
    "of an emptyDir its sizeLimit.",
    standard="kube-linter unset-cpu-requirements and unset-memory-requirements, checkov CKV_K8S_10, 12, 13, kube-score "
    "container-ephemeral-storage-request-and-limit",
    unknown=Unknown.IS_VIOLATION,
    severity=Severity.MEDIUM,
    check=check_resources,
)
