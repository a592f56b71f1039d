"""Which changes a Kubernetes object cannot take in place: another object must take its place.

The table is the official plugin's (pulumi-kubernetes, provider/pkg/provider/diff.go), after the API's own validation.
It has this one home: the diff of two graphs and the stand-in for the plugin read it here.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

_ALWAYS: Final = (r"metadata\.(name|namespace)$", r"kind$")
_IMMUTABLE: Final[Mapping[str, tuple[str, ...]]] = {
    "ClusterRoleBinding": ("roleRef",),
    "DaemonSet": (r"spec\.selector",),
    "Deployment": (r"spec\.selector",),
    "Job": (r"spec\.(selector|template|completions|parallelism)",),
    "PersistentVolumeClaim": (r"spec\.(accessModes|selector|storageClassName|volumeName)",),
    "Pod": (r"spec\.(?!containers\[\d+\]\.image$|activeDeadlineSeconds|tolerations)",),
    "ResourceQuota": (r"spec\.scopes",),
    "RoleBinding": ("roleRef",),
    "Secret": ("type$",),
    "Service": (r"spec\.clusterIP",),
    "StatefulSet": (r"spec\.(selector|serviceName|volumeClaimTemplates|podManagementPolicy|revisionHistoryLimit)",),
    "StorageClass": ("parameters", "provisioner"),
}
_DATA: Final = ("data", "binaryData", "stringData")


def replacing(
    paths: Collection[str], old: Mapping[str, Any], new: Mapping[str, Any], mutable: Collection[str]
) -> list[str]:
    """The paths among the changed ones, in the engine's spelling, for which a new object must take the old one's place.

    old, new: the object's properties. mutable: `ConfigMap`, `Secret`, or both: whose data the provider's
    enableConfigMapMutable and enableSecretMutable let change in place.
    """
    kind = str(new.get("kind"))  # it may be anything, if a program says so
    rules = _ALWAYS + _IMMUTABLE.get(kind, ())
    if kind in ("ConfigMap", "Secret") and (kind not in mutable or old.get("immutable")):
        rules += _DATA
    return [path for path in paths if any(re.match(rule, path) for rule in rules)]


def same_name(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether the replacement is called as the old object, so that the old one must be deleted first."""
    before, after = (_metadata(one) for one in (old, new))
    return (before.get("name"), before.get("namespace")) == (after.get("name"), after.get("namespace"))


def _metadata(of: Mapping[str, Any]) -> Mapping[str, Any]:
    given = of.get("metadata")
    return given if isinstance(given, dict) else {}  # it may be unknown as a whole
