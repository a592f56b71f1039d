"""What of a site's objects `install` decides about: where it is false, the operator of the Kubernetes has made them."""

from typing import Final

from isthmus import names
from isthmus.graph.model import Graph, Node

#: Components all of whose objects come and go with a field of `install`.
COMPONENTS: Final = frozenset(f"isthmus:index:{kind}" for kind in ("Controller", "Crds", "Priorities", "Rights"))
#: What only whoever makes a namespace sets in it. Other kinds in the site's namespace are the environment's own.
OF_A_NAMESPACE: Final = frozenset({"Namespace", "ResourceQuota", "LimitRange"})


def is_installed(graph: Graph, node: Node) -> bool:
    """Whether a Kubernetes object is there because a field of `install` is true."""
    inputs = node.inputs
    return (
        inputs.get("kind") in OF_A_NAMESPACE
        or inputs.get("metadata", {}).get("namespace") == names.SYSTEM_NAMESPACE
        or any(parent.type in COMPONENTS for parent in graph.ancestors(node))
    )
