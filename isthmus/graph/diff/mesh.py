"""Dangers: the data plane. Addresses that move, and peers that join."""

from collections.abc import Iterator, Sequence
from typing import Final

from isthmus import names
from isthmus.graph.diff.marking import code
from isthmus.graph.diff.model import Danger, Operation
from isthmus.graph.diff.paths import Difference
from isthmus.graph.diff.resources import Resource, at, is_new, texts
from isthmus.graph.model import Graph, Json

GATEWAY: Final = "isthmus:index:Gateway"
WORKER_GROUP: Final = "isthmus:index:WorkerGroup"
PLATFORM: Final = "isthmus:index:Platform"
_ADDRESSES: Final = {
    ("spec", "slots", "addressPrefix"): "the addresses of its workers",
    ("spec", "slots", "secretPrefix"): "the keys of its workers",
    ("spec", "schedulerAddress"): "the address of its scheduler",
}
#: Kind -> where what its pods are made from is.
_TEMPLATES: Final = {"DaskCluster": ("spec", "scheduler"), "DaskWorkerGroup": ("spec", "worker")}
_CONFIGURATION: Final = ("spec", "worker", "metadata", "annotations", names.ANNOTATION_CONFIGURATION)


def readdressed(rows: Sequence[Resource], exports: Sequence[Difference]) -> Iterator[Danger]:
    """Worker groups, and environments, whose addresses are others: what runs keeps the old ones and reaches nobody."""
    for change in exports:
        if change.path == ("prefix",):
            text = (
                f"becomes {code(change.new)}: every address of the environment is another one, so every pod must be new"
            )
            yield Danger("addresses", "", f"prefix {change.old}", text)
    for row in rows:
        if row.kind != "DaskWorkerGroup" or row.old is None or row.new is None or row.change is None:
            continue
        moved = [what for path, what in _ADDRESSES.items() if at(row.old, *path) != at(row.new, *path)]
        if moved:
            verb = "changes" if moved == [_ADDRESSES["spec", "schedulerAddress"]] else "change"
            text = (
                f"{' and '.join(moved)} {verb}: every worker must restart, and running ones keep what they have till "
                "then"
            )
            yield Danger("addresses", row.site, row.title, text)
        if gone := _slots_gone(row):
            text = (
                f"{gone}, no other is touched: who sits there is cut off and stays so; scale down first, or end its "
                "pod after"
            )
            yield Danger("addresses", row.site, row.title, text)


def _slots_gone(row: Resource) -> str:
    """`slots 16 to 31 go`: those that the worker group had and no longer has; empty if it keeps all."""
    old, new = (_slots(body) for body in (row.old, row.new))
    below, above = range(old.start, min(old.stop, new.start)), range(max(old.start, new.stop), old.stop)
    runs = [f"{run[0]} to {run[-1]}" if len(run) > 1 else str(run[0]) for run in (below, above) if run]
    one = len(below) + len(above) == 1
    return f"slot{'' if one else 's'} {' and '.join(runs)} {'goes' if one else 'go'}" if runs else ""


def _slots(body: Json) -> range:
    """The slot numbers of a worker group; none if it says nothing that could be counted."""
    first, count = _first(body), at(body, "spec", "slots", "count")
    return range(first, first + count) if isinstance(first, int) and isinstance(count, int) else range(0)


def joined(rows: Sequence[Resource], before: Graph, after: Graph) -> Iterator[Danger]:
    """New peers of the gateways: own sites, and those that the platform says belong to other stacks."""
    if not before.nodes:
        return  # the first of a stack: everything is new
    own = {row.node.name for row in rows if row.node.type == GATEWAY and is_new(row)}
    told = _peers(after) - _peers(before) if _peers(before) else set()
    for name in sorted(own | told):
        text = "joins the mesh: every gateway takes its packets, and its workers run what any client sends"
        yield Danger("new peer", name if name in own else "", f"site {name}", text)


def left(before: Graph, after: Graph) -> Iterator[Danger]:
    """Sites of other stacks that are no peers any longer. Of an own site everything is deleted, and that is told."""
    now = _peers(after)
    own = {node.name for node in before.of_type(GATEWAY)}
    for name in sorted(_peers(before) - now - own if now else ()):
        text = (
            "leaves the mesh: the gateways drop its packets from then on, and what runs across that border is cut off; "
            "its own stack goes on calling"
        )
        yield Danger("peer leaves", "", f"site {name}", text)


def _peers(graph: Graph) -> set[str]:
    """What the platform registers as its peers; empty if it does not say."""
    return {name for node in graph.of_type(PLATFORM) for name in texts(at(node.outputs, "peers"))}


def by_hand(rows: Sequence[Resource]) -> Iterator[Danger]:
    """What `up` does not finish: the controller never ends work that somebody waits for."""
    for row in rows:
        change = row.change
        if change is None or change.operation is not Operation.UPDATE:
            continue
        if row.kind == "DaskCluster" and change.changes_at("spec", "scheduler"):
            text = "the scheduler runs on as it is, till its Deployment is deleted: then all running work is lost"
            yield Danger("by hand", row.site, row.title, text)
        if row.kind == "DaskWorkerGroup" and change.changes_at("spec", "worker") and not _renumbered(row, rows):
            yield Danger("by hand", row.site, row.title, "its workers run on as they are, till their pods are deleted")


def _renumbered(row: Resource, rows: Sequence[Resource]) -> bool:
    """Whether all that changes for its workers is which slot is their first: the digest that they have is that slot's.

    The configuration that they share is then as it was, if the scheduler or another group bears witness to that.
    """
    if row.change is None or _first(row.old) == _first(row.new):
        return False
    worker = [one.path for one in row.change.properties if one.path[:2] in (("spec",), ("spec", "worker"))]
    witnesses = [
        other.change is None or not other.change.changes_at(*_TEMPLATES[other.kind])
        for other in rows
        if other is not row and other.kind in _TEMPLATES and _first(other.old) == _first(other.new)
    ]
    return all(path == _CONFIGURATION for path in worker) and bool(witnesses) and all(witnesses)


def _first(body: Json) -> Json:
    return at(body, "spec", "slots", "first")
