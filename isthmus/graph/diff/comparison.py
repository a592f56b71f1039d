"""One stack of two versions, compared: changes, dangers, and what a reader must know besides. Pure."""

import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from isthmus.graph.diff import exposure, flows, limits, losing, mesh, notes, rights, sites
from isthmus.graph.diff.changes import changes, outputs
from isthmus.graph.diff.model import Change, Danger, Operation
from isthmus.graph.diff.paths import Difference
from isthmus.graph.diff.resources import SITE, Resource, resources
from isthmus.graph.model import Graph

#: The order of the list: what cannot be undone comes first.
KINDS: Final = (
    "replace",
    "delete",
    "forget",
    "another Kubernetes",
    "protection lifted",
    "retention lifted",
    "rights widened",
    "flow opened",
    "isolation lifted",
    "exposed",
    "pod security",
    "new peer",
    "peer leaves",
    "addresses",
    "address lost",
    "paused",
    "image not pinned",
    "quota lifted",
    "limit lifted",
)

_SEARCHES: Final[tuple[Callable[[Sequence[Resource]], Iterator[Danger]], ...]] = (
    losing.replaced,
    losing.deleted,
    losing.unguarded,
    sites.elsewhere,
    rights.widened,
    flows.opened,
    exposure.exposed,
    exposure.lost,
    exposure.weakened,
    limits.unlimited,
    exposure.unpinned,
)


@dataclass(frozen=True)
class Comparison:
    """What `pulumi up` would do to one stack."""

    stack: str
    only: str
    """`before` or `after` if the stack is in that version alone; else empty."""
    changes: tuple[Change, ...]
    outputs: tuple[Difference, ...]
    dangers: tuple[Danger, ...]
    """The worst first."""
    by_hand: tuple[Danger, ...]
    """What is left to do after `up`; no danger, but easily forgotten."""
    notes: tuple[Danger, ...]
    """What else is easily overlooked; no danger."""
    restarting: tuple[str, ...]
    """Sites whose gateway restarts."""
    paused: tuple[str, ...]
    """Sites whose objects stay as they are."""
    resumed: tuple[str, ...]
    """Sites that were paused: what they missed is not in this comparison."""
    site_of: dict[str, str]
    """URN of a changed resource -> its site; empty for the environment as a whole."""

    @property
    def unprotecting(self) -> tuple[str, ...]:
        """Commands, a line each: without them `up` fails on what is protected, and on what must be deleted for it."""
        urns = [change.before.urn for change in self.changes if change.refused and change.before is not None]
        return tuple(f"pulumi state unprotect --stack {shlex.quote(self.stack)} {shlex.quote(urn)}" for urn in urns)

    @property
    def is_empty(self) -> bool:
        """Whether nothing changes at all."""
        return not (self.changes or self.outputs or self.only or self.notes)

    @property
    def sites_change(self) -> bool:
        """Whether a picture of the sites would be another one."""
        drawn = (SITE, mesh.GATEWAY, mesh.WORKER_GROUP)
        return any(change.node.type in drawn for change in self.changes) or bool(self.outputs)

    def count(self, operation: Operation, site: str | None = None) -> int:
        """Resources that this happens to; at a site, or everywhere."""
        return sum(
            change.operation is operation and site in (None, self.site_of[change.node.urn]) for change in self.changes
        )


def compare(before: Graph | None, after: Graph | None) -> Comparison:
    """The comparison of a stack; None: that version has no such stack. Raises ValueError if neither has."""
    given = after or before
    if given is None:
        raise ValueError("a comparison needs a graph")
    if after is None:
        # `up` of a stack that is gone runs for nobody: nothing of it is deleted by that.
        return Comparison(given.stack, "before", (), (), (), (), (), (), (), (), {})
    nothing = replace(after, nodes=(), exports={}, export_secrets=(), log=())
    old = before or nothing
    found = changes(old, after)
    rows = resources(old, after, found)
    exports = outputs(old, after) if before else ()
    paused, were = _paused(after, rows), _paused(old, rows)
    return Comparison(
        stack=after.stack,
        only="" if before else "after",
        changes=found,
        outputs=exports,
        dangers=_dangers(rows, exports, old, after, paused),
        by_hand=tuple(mesh.by_hand(rows)),
        notes=(*notes.pools_gone(rows), *notes.unscaled(rows, old, after)),
        restarting=notes.restarting(rows),
        paused=paused,
        resumed=tuple(site for site in were if site not in paused and any(row.site == site for row in rows)),
        site_of={
            row.node.urn: row.site for row in rows if row.change and (row.new is not None or not row.change.after)
        },
    )


def _dangers(
    rows: Sequence[Resource], exports: Sequence[Difference], old: Graph, new: Graph, paused: Sequence[str]
) -> tuple[Danger, ...]:
    found = [danger for search in _SEARCHES for danger in search(rows)]
    found += [*mesh.joined(rows, old, new), *mesh.left(old, new), *mesh.readdressed(rows, exports)]
    found += sites.tried(rows, paused)
    order = {kind: number for number, kind in enumerate(KINDS)}
    return tuple(sorted(set(found), key=lambda one: (order[one.kind], one.site, one.what, one.consequence)))


def _paused(graph: Graph, rows: Sequence[Resource]) -> tuple[str, ...]:
    """Sites all of whose Kubernetes objects ignore every change."""
    sites = {row.node.urn: row.site for row in rows} | {
        row.change.before.urn: row.site for row in rows if row.change is not None and row.change.before is not None
    }
    ignores: dict[str, list[bool]] = {}
    for node in graph.nodes:
        if node.is_kubernetes and node.urn in sites:
            ignores.setdefault(sites[node.urn], []).append("*" in node.options.ignore_changes)
    return tuple(sorted(site for site, found in ignores.items() if site and all(found)))
