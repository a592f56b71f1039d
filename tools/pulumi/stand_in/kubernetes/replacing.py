"""Which changes an object cannot take in place.

The table is the official plugin's (pulumi-kubernetes, provider/pkg/provider/diff.go), after the API's validation.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from tools.pulumi.stand_in.changes import Change
from tools.pulumi.stand_in.kubernetes.objects import AUTONAMED
from tools.pulumi.stand_in.kubernetes.settings import Settings

_ALWAYS: Final = (r"metadata\.(name|namespace)$", r"kind$")
_IMMUTABLE: Final[Mapping[str, tuple[str, ...]]] = {
    "ClusterRoleBinding": ("roleRef",),
    "DaemonSet": (r"spec\.selector",),
    "Deployment": (r"spec\.selector",),
    "Job": (r"spec\.(selector|template|completions|parallelism)",),
    "PersistentVolumeClaim": (r"spec\.(accessModes|selector|storageClassName|volumeName)",),
    "Pod": (r"spec\.(?!containers\[\d+\]\.image$|activeDeadlineSeconds|tolerations)",),
    "RoleBinding": ("roleRef",),
    "Secret": ("type$",),
    "Service": (r"spec\.clusterIP",),
    "StatefulSet": (r"spec\.(selector|serviceName|volumeClaimTemplates|podManagementPolicy|revisionHistoryLimit)",),
    "StorageClass": ("parameters", "provisioner"),
}


def replacing(
    found: Collection[Change], old: Mapping[str, Any], new: Mapping[str, Any], settings: Settings
) -> list[str]:
    """The paths among the changes for which a new object must take the old one's place."""
    kind = new.get("kind", "")
    rules = _ALWAYS + _IMMUTABLE.get(kind, ())
    mutable = {"ConfigMap": settings.enableConfigMapMutable, "Secret": settings.enableSecretMutable}.get(kind, True)
    if not mutable or (kind in ("ConfigMap", "Secret") and old.get("immutable")):
        rules += ("data", "binaryData", "stringData")
    return [change.path for change in found if any(re.match(rule, change.path) for rule in rules)]


def delete_first(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether the replacement has the old one's name, so that both cannot exist. A made-up name is made up anew."""
    before, after = old.get("metadata") or {}, new.get("metadata") or {}
    same = (before.get("name"), before.get("namespace")) == (after.get("name"), after.get("namespace"))
    return same and AUTONAMED not in (after.get("annotations") or {})
