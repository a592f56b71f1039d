"""Where a pod's data may come from."""

from collections.abc import Iterator, Mapping
from typing import Final

from policy.plain import UNKNOWN, at
from policy.pods import pods_of
from policy.record import Finding, Resource, ResourceRule, Settings, Severity, Unknown, not_known

#: Kinds of volumes that cannot reach into the node. Pod Security also allows `csi` and `ephemeral`; nothing has one.
ALLOWED: Final = ("persistentVolumeClaim", "configMap", "secret", "emptyDir", "projected", "downwardAPI")
#: What of a PersistentVolume is a folder of a node.
OF_THE_NODE: Final = ("hostPath", "local")


def check_volumes(resource: Resource, _: Settings) -> Iterator[Finding]:
    for pod in pods_of(resource):
        yield from pod.gaps
        for where, volume in pod.volumes:
            if isinstance(volume, Mapping):
                yield from _kind(volume, where)
    if resource.is_kubernetes and resource.kind == "PersistentVolume":
        yield from _persistent(resource)


def _kind(volume: Mapping[str, object], where: str) -> Iterator[Finding]:
    kinds = [key for key, value in volume.items() if key != "name" and value is not None]
    foreign = [key for key in kinds if key not in ALLOWED]
    if "hostPath" in foreign:
        yield Finding(f"{where}.hostPath", "is a folder of the node")
    elif foreign:
        yield Finding(where, f"is none of {', '.join(ALLOWED)}")
    elif not kinds:
        yield Finding(where, "has no source")


def _persistent(resource: Resource) -> Iterator[Finding]:
    for kind in OF_THE_NODE:
        value = at(resource.props, "spec", kind)
        if value is UNKNOWN:
            yield not_known(f"spec.{kind}")
        elif value is not None:
            yield Finding(f"spec.{kind}", "is a folder of the node")


VOLUMES: Final = ResourceRule(
    name="volumes",
    title="No hostPath: data comes as PersistentVolumeClaims.",
    why="A pod that reads the node's folders reads other people's data, and Pod Security refuses it.",
    fix="Name an existing claim under `volumes:` of the pool, or let the stack make one under `claims:` of the site.",
    standard="Pod Security Standards, restricted (volume types)",
    unknown=Unknown.IS_VIOLATION,
    severity=Severity.CRITICAL,
    check=check_volumes,
    limits="What a claim is bound to is its site's matter.",
)
