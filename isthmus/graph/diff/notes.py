"""What is no danger, but easily overlooked: gateways that restart, pools that go, a number that nobody applies."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from isthmus import names
from isthmus.graph.diff.marking import code
from isthmus.graph.diff.model import Danger, Operation
from isthmus.graph.diff.paths import covers, parsed
from isthmus.graph.diff.resources import Resource, at
from isthmus.graph.model import Graph, Node

_GROUP: Final = "DaskWorkerGroup"
_REPLICAS: Final = ("spec", "worker", "replicas")


def restarting(rows: Sequence[Resource]) -> tuple[str, ...]:
    """Sites whose gateway gets another pod, sorted; their tunnels pause for seconds."""
    return tuple(sorted({row.site for row in rows if _restarts(row)}))


def _restarts(row: Resource) -> bool:
    change = row.change
    if change is None or row.kind != "Deployment" or row.new is None:
        return False
    role = at(row.new, "spec", "template", "metadata", "labels", names.LABEL_ROLE)
    if role != "gateway" or change.operation not in (Operation.UPDATE, Operation.REPLACE):
        return False
    return change.operation is Operation.REPLACE or change.changes_at("spec", "template")


def pools_gone(rows: Sequence[Resource]) -> Iterator[Danger]:
    """Pools that no worker group is for any longer; one that is renamed is one that is gone."""
    old, new = _pools(rows, "old"), _pools(rows, "new")
    for pool in sorted(old.keys() - new.keys()):
        comes = [code(name) for name in sorted(new.keys() - old.keys()) if new[name] == old[pool]]
        instead = f", {', '.join(comes)} {'comes' if len(comes) == 1 else 'come'}" if comes else ""
        asked = code(f'pool("{pool}")')
        text = (
            f"goes{instead}: what a notebook asks of it with {asked} waits for ever; so do the paths of its catalog, "
            "until the scheduler has a new one"
        )
        yield Danger("note", old[pool], f"pool {pool}", text)


def _pools(rows: Sequence[Resource], version: str) -> dict[str, str]:
    """Pool -> its site."""
    found = {}
    for row in rows:
        pool = at(getattr(row, version), "metadata", "labels", names.LABEL_POOL)
        if row.kind == _GROUP and isinstance(pool, str):
            found[pool] = row.site
    return found


def unscaled(rows: Sequence[Resource], before: Graph, after: Graph) -> Iterator[Danger]:
    """Worker groups whose number of workers is another one in the stack, which counts only when they are made."""
    olds = {node.urn: node for node in before.nodes}
    sites = {row.node.urn: row.site for row in rows}
    for node in sorted(after.nodes, key=lambda node: node.urn):
        old = next((olds[urn] for urn in (node.urn, *node.aliases) if urn in olds), None)
        if old is None or not node.type.endswith(f":{_GROUP}") or not _ignored(node):
            continue
        was, now = (at(one.inputs, *_REPLICAS) for one in (old, node))
        if isinstance(now, int) and was != now:
            metadata = at(node.inputs, "metadata")
            text = (
                f"`min` becomes {now}, which counts only when the pool is made; {code(_scaling(metadata, now), 400)} "
                "does it now"
            )
            yield Danger("note", sites[node.urn], f"pool {at(metadata, 'labels', names.LABEL_POOL)}", text)


def _ignored(node: Node) -> bool:
    """Whether just the number is; of a paused site everything is, and it is named."""
    patterns = [parsed(pattern) for pattern in node.options.ignore_changes]
    return ("*",) not in patterns and any(covers(pattern, _REPLICAS) for pattern in patterns)


def _scaling(metadata: object, count: int) -> str:
    given: Mapping[str, object] = metadata if isinstance(metadata, dict) else {}
    name, where = (shlex.quote(str(given.get(key) or "")) for key in ("name", "namespace"))
    return f"kubectl --namespace {where} scale daskworkergroup {name} --replicas {count}"
