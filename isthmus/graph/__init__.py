"""The resource graph of a stack: what Pulumi would be asked to create, recorded without engine, provider or cluster.

    graph = record(root, "production")     run the real program, keep what it registers
    graph.manifests("ecmwf")               the Kubernetes objects of one site, as kubectl would take them

Nothing secret is ever in a graph: a value that the program marks as secret is replaced as it is recorded.
"""

from typing import TYPE_CHECKING, Any

from isthmus.graph.model import SECRET, UNKNOWN, Graph, Node, Options

if TYPE_CHECKING:
    from isthmus.graph.recording import record

__all__ = ["SECRET", "UNKNOWN", "Graph", "Node", "Options", "record"]


def __getattr__(name: str) -> Any:
    """`record` is imported when it is asked for: whoever only reads graphs need not wait for Pulumi's SDK."""
    if name != "record":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from isthmus.graph.recording import record

    return record
