"""Dangers: a site as a whole. Another Kubernetes behind its provider, and what is tried although it is paused."""

from collections.abc import Collection, Iterator, Sequence

from isthmus.graph.diff.marking import code
from isthmus.graph.diff.model import Danger, Operation
from isthmus.graph.diff.reasons import ADDRESS, KUBERNETES
from isthmus.graph.diff.resources import Resource


def elsewhere(rows: Sequence[Resource]) -> Iterator[Danger]:
    """Providers that find their Kubernetes otherwise, while their identifier says that it is the same one."""
    for row in rows:
        change = row.change
        if change is None or row.node.type != KUBERNETES or change.operation is not Operation.UPDATE:
            continue
        if ways := [code(name) for name in ADDRESS if change.changes_at(name)]:
            verb = "change" if len(ways) > 1 else "changes"
            text = (
                f"{', '.join(ways)} {verb}, its identifier does not: if another Kubernetes answers there, what the "
                "stack made stays behind in the old one, and what changes is made in the new one"
            )
            yield Danger("another Kubernetes", row.site, row.title, text)


def tried(rows: Sequence[Resource], paused: Collection[str]) -> Iterator[Danger]:
    """Paused sites that something is made or deleted at: only what is there is left alone."""
    for site in sorted(paused):
        found = [row.change.operation for row in rows if row.site == site and row.change and row.node.is_kubernetes]
        new, old = found.count(Operation.CREATE), found.count(Operation.DELETE)
        will = [f"{new} new object{'s' if new > 1 else ''} will be made"] if new else []
        will += [f"{old} will be deleted"] if old else []
        if will:
            text = (
                f"what is there is left alone, but {' and '.join(will)}: if the site is away, `pulumi up` fails on that"
            )
            yield Danger("paused", site, f"site {site}", text)
