"""Comparisons for a terminal and for other programs."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from isthmus.graph.diff.comment import Report
from isthmus.graph.diff.comparison import Comparison
from isthmus.graph.diff.details import title_of, told
from isthmus.graph.diff.marking import natural, visible
from isthmus.graph.diff.model import Change, Danger, place_of
from isthmus.graph.diff.paths import ABSENT, Difference


def as_text(report: Report) -> str:
    """A line for all dangers that are alike, and per change, property by property; nothing is left out."""
    lines = [f"{report.base} to {report.head}"]
    for failure in report.failures:
        lines += ["", f"{failure.version} cannot be compared:", *(f"  {line}" for line in failure.reason.splitlines())]
    for one in report.comparisons:
        lines += ["", *_stack(one)]
    return "".join(f"{visible(line)}\n" for line in lines)


def _stack(one: Comparison) -> Iterator[str]:
    if one.only == "before":
        yield f"{one.stack}: no longer there; what it made stays"
        return
    many = f"{len(one.changes)} change{'s' if len(one.changes) != 1 else ''}"
    counts = f"{many}, {len(one.dangers)} to look at" if one.changes or one.outputs or one.only else "no change"
    yield f"{one.stack}: {'new: ' if one.only else ''}{counts}"
    yield from (f"  ! {line}" for line in _gathered(one.dangers))
    yield from (f"  before `pulumi up`, by hand: {command}" for command in one.unprotecting)
    yield from (f"  {line}" for line in _gathered((*one.by_hand, *one.notes)))
    if one.restarting:
        yield f"  gateways that restart, so their tunnels pause for seconds: {', '.join(one.restarting)}"
    yield from (f"  {site}: paused, what is there stays as it is" for site in one.paused)
    yield from (f"  {site}: no longer paused; what changed meanwhile comes along" for site in one.resumed)
    for change in one.changes:
        site = one.site_of[change.node.urn]
        was = f" (was {change.renamed_from.rpartition('::')[2]})" if change.renamed_from else ""
        yield f"  {change.operation.value} {f'{site}: ' if site else ''}{title_of(change)}{was}"
        found = (*change.properties, *change.options)
        yield from (f"      {line}" for line in told(found, change.reasons, most=None))
    for line in told(one.outputs, most=None):
        yield f"  output {line}"


def _gathered(dangers: Sequence[Danger]) -> Iterator[str]:
    """A line for all that is alike at a site, however many there are."""
    alike: dict[tuple[str, str, str], list[str]] = {}
    for danger in dangers:
        alike.setdefault((danger.kind, danger.site, danger.consequence), []).append(danger.what)
    for (kind, site, consequence), whats in alike.items():
        yield f"{kind} {f'{site}: ' if site else ''}{', '.join(sorted(whats, key=natural))}: {consequence}"


def as_json(report: Report) -> str:
    """The same as data: keys are stable, `old` and `new` are missing where there is no value."""
    data = {
        "base": report.base,
        "head": report.head,
        "failures": [{"version": failure.version, "reason": failure.reason} for failure in report.failures],
        "stacks": {one.stack: _data(one) for one in report.comparisons},
    }
    return json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _data(one: Comparison) -> dict[str, Any]:
    return {
        "only": one.only,
        "dangers": [vars(danger) for danger in one.dangers],
        "unprotect": list(one.unprotecting),
        "byHand": [vars(left) for left in one.by_hand],
        "notes": [vars(note) for note in one.notes],
        "restarting": list(one.restarting),
        "paused": list(one.paused),
        "resumed": list(one.resumed),
        "changes": [_change(change, one.site_of[change.node.urn]) for change in one.changes],
        "outputs": [_difference(found) for found in one.outputs],
    }


def _change(change: Change, site: str) -> dict[str, Any]:
    return {
        "operation": change.operation.value,
        "urn": change.node.urn,
        "was": change.renamed_from,
        "site": site,
        "reasons": list(change.reasons),
        "refused": change.refused,
        "properties": [_difference(found) for found in change.properties],
        "options": [_difference(found) for found in change.options],
    }


def _difference(found: Difference) -> dict[str, Any]:
    values = {"old": found.old, "new": found.new}
    return {"path": place_of(found)} | {name: value for name, value in values.items() if value is not ABSENT}
