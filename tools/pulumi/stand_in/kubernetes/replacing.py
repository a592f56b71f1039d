"""Which changes an object cannot take in place. The table is shared with the comparison of two recorded graphs."""

from collections.abc import Collection, Mapping
from typing import Any

from isthmus.graph.diff import replacing as table
from tools.pulumi.stand_in.changes import Change
from tools.pulumi.stand_in.kubernetes.objects import AUTONAMED
from tools.pulumi.stand_in.kubernetes.settings import Settings


def replacing(
    found: Collection[Change], old: Mapping[str, Any], new: Mapping[str, Any], settings: Settings
) -> list[str]:
    """The paths among the changes for which a new object must take the old one's place."""
    mutable = {"ConfigMap": settings.enableConfigMapMutable, "Secret": settings.enableSecretMutable}
    kinds = [kind for kind, is_mutable in mutable.items() if is_mutable]
    return table.replacing([change.path for change in found], old, new, kinds)


def delete_first(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether the replacement has the old one's name, so that both cannot exist. A made-up name is made up anew."""
    annotations = (new.get("metadata") or {}).get("annotations") or {}
    return table.same_name(old, new) and AUTONAMED not in annotations
