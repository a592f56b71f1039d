"""What every Kubernetes object of ours has in common: its metadata, and the spelling of its spec.

Specs are written in Kubernetes' own spelling, because the same ones go into Deployments and into custom resources.
`Spec` is Any on purpose: the shape is Kubernetes' contract, and every recorded graph is held against its schema.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

import pulumi

from components import labels
from components.base import Place

Spec: TypeAlias = Any


def metadata(
    place: Place,
    name: str,
    *,
    namespace: str | None = None,
    more: labels.Labels | None = None,
    annotations: Mapping[str, pulumi.Input[str]] | None = None,
) -> Spec:
    """ObjectMeta of an object of a site. namespace: default the site's; more: labels besides the site's."""
    return {
        "name": name,
        "namespace": namespace or place["namespace"],
        "labels": labels.of_site(place) | (more or {}),
        **({"annotations": annotations} if annotations else {}),
    }
