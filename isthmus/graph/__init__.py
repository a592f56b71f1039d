"""The resource graph of a stack: what Pulumi would be asked to create, recorded without engine, provider or cluster.

    graph = record(root, "production")     run the real program, keep what it registers
    graph.manifests("ecmwf")               the Kubernetes objects of one site, as kubectl would take them

Nothing secret is ever in a graph: a value that the program marks as secret is replaced as it is recorded.
"""

from isthmus.graph.model import SECRET, UNKNOWN, Graph, Node, Options
from isthmus.graph.record import record

__all__ = ["SECRET", "UNKNOWN", "Graph", "Node", "Options", "record"]
