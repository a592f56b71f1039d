"""Graph -> Kubernetes manifests, as kubectl would take them: for reading, for comparing, for other people's linters."""

import copy
from collections.abc import Callable
from typing import Final

from isthmus.graph.model import Graph, Json, Node

PROVIDER: Final = "pulumi:providers:kubernetes"
#: Keys that come first, as everybody writes them; the others follow in alphabetical order.
FIRST: Final = ("apiVersion", "kind", "metadata")


def manifests(graph: Graph, site: str, only: Callable[[Node], bool] | None = None) -> list[dict[str, Json]]:
    """The objects of a site, sorted by namespace, kind and name (those without a namespace first).

    only: which of them; without it, all.
    Secrets and unknowns show as in the graph. Raises KeyError if the stack has no such site.
    """
    provider = graph.named(PROVIDER, site).urn
    nodes = [node for node in graph.nodes if node.is_kubernetes and node.provider == provider]
    return sorted((_manifest(node) for node in nodes if only is None or only(node)), key=_place)


def _manifest(node: Node) -> dict[str, Json]:
    inputs = copy.deepcopy(node.inputs)  # whoever changes a manifest does not change the graph
    inputs["metadata"] = {"name": node.name} | inputs.get("metadata", {})
    return {key: inputs[key] for key in (*FIRST, *sorted(inputs.keys() - set(FIRST))) if inputs.get(key) is not None}


def _place(manifest: dict[str, Json]) -> tuple[str, str, str]:
    metadata = manifest["metadata"]
    return metadata.get("namespace", ""), manifest["kind"], metadata["name"]
