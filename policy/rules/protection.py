"""What must outlive a slip of the hand."""

from collections.abc import Iterator
from typing import Final

from policy.record import Finding, Resource, ResourceRule, Setting, Settings, Severity, Unknown

REQUIRED: Final = "required"
SEED: Final = "random:index/randomPassword:RandomPassword"
PRECIOUS: Final = ("CustomResourceDefinition", "Namespace", "PersistentVolumeClaim")


def check_protection(resource: Resource, settings: Settings) -> Iterator[Finding]:
    precious = resource.type == SEED or (resource.is_kubernetes and resource.kind in PRECIOUS)
    if precious and settings[REQUIRED] is True and not resource.protect:
        yield Finding("protect", "is not set")


PROTECTION: Final = ResourceRule(
    name="protection",
    title="CRDs, namespaces, claims and the seed are protected.",
    why="A CRD takes every Dask cluster with it, a namespace everything in it, a claim its data; a new seed "
    "cuts every tunnel.",
    fix="Leave isthmus:protect at true. Where losing everything is the point, say so: policy/config.<env>.json, "
    "protection.required false.",
    standard="ours",
    unknown=Unknown.IS_VIOLATION,
    severity=Severity.HIGH,
    settings={REQUIRED: Setting(True, "whether losing them must be prevented")},
    check=check_protection,
    limits="retain_on_delete is not shown to policies: the recorded graph is held to it (tests/components).",
)
