"""Comparisons -> one Markdown comment for all stacks: danger first, then what happens where, details folded. Pure.

Bounded: what does not fit is left out by whole parts, details first, dangers last, and the comment says how many.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from isthmus import names
from isthmus.graph.diff.comparison import Comparison
from isthmus.graph.diff.details import title_of, told
from isthmus.graph.diff.marking import cell, code, cut, fenced, joined, natural, visible
from isthmus.graph.diff.model import Change, Danger, Operation, kind_of

#: Found again by it: one comment, however often it is written anew.
MARKER: Final = "<!-- isthmus-graph-diff -->"
#: Bytes. GitHub takes 65,536 characters; the rest is for whoever puts something around it.
LARGEST: Final = 60_000
#: Ours: how many names a line or a cell holds.
NAMES: Final = 6
#: Ours: how many commands a list holds.
COMMANDS: Final = 20
_TO_DO: Final = {operation: f"to {operation.value}" for operation in Operation} | {
    Operation.OPTIONS: "with other options only"
}
_ENVIRONMENT: Final = "(environment)"
_PREDICTION: Final = (
    "> A prediction, made of the program at both versions: it sees no state, no default of a cluster and no server's "
    "answer.\n> Secret values are in no record, so a Secret whose value alone changes is not listed; the digest "
    f"`{names.ANNOTATION_CONFIGURATION}` of the pods that read it changes with it.\n"
)


@dataclass(frozen=True)
class Failure:
    """A version of which there is no graph, or not of every stack."""

    version: str
    """As it was asked for."""
    reason: str
    """What its own code said."""


@dataclass(frozen=True)
class Report:
    """All that the comment tells."""

    base: str
    head: str
    """How people call the two versions."""
    comparisons: Sequence[Comparison] = ()
    failures: Sequence[Failure] = ()
    pictures: Mapping[str, str] = field(default_factory=dict)
    """Stack -> Mermaid of its sites as they will be, where they change."""


@dataclass
class _Part:
    """A piece of the comment that is there as a whole or not at all."""

    text: str
    rank: int
    """The lowest is left out last."""
    what: str = ""
    """How a reader calls it who is told that it was left out."""


def markdown(report: Report, largest: int = LARGEST) -> str:
    """The comment, at most `largest` bytes. The same report is the same text."""
    head = f"{MARKER}\n### Preview: {code(report.base)} to {code(report.head)}\n\n"
    told_by = [one for one in report.comparisons if not one.is_empty]
    if not told_by and not report.failures:
        stacks = ", ".join(code(one.stack) for one in report.comparisons) or "none"
        return f"{head}No stack changes ({stacks}).\n"
    parts = [*_failures(report.failures), *_dangers(told_by)]
    for one in told_by:
        parts += _stack(one, report.pictures.get(one.stack, ""))
    parts.append(_Part(f"\n{_PREDICTION}" if told_by else "", 1))
    return _fitted(head + _headline(report), parts, largest)


def _fitted(head: str, parts: Sequence[_Part], largest: int) -> str:
    """The parts in their order, those of the lowest rank taken first while there is room."""
    room = largest - len(head.encode()) - 300  # the sentence about what is missing
    kept: set[int] = set()
    for number in sorted(range(len(parts)), key=lambda number: (parts[number].rank, number)):
        size = len(parts[number].text.encode())
        if size <= room:
            kept.add(number)
            room -= size
    text = head + "".join(part.text for number, part in enumerate(parts) if number in kept)
    missing = [part.what for number, part in enumerate(parts) if number not in kept and part.what]
    if not missing:
        return text
    counts = [f"{count} {what}" for what, count in sorted(Counter(missing).items())]
    return (
        f"{text}\nLeft out, because a comment has an end: {', '.join(counts)}. `isthmus graph diff` tells all of it.\n"
    )


def _headline(report: Report) -> str:
    """One line per stack."""
    lines = []
    for one in report.comparisons:
        counts = [f"{count} {_TO_DO[operation]}" for operation in Operation if (count := one.count(operation))]
        said = ", ".join(counts) or ("only its outputs change" if one.outputs else "no change")
        if one.only:
            gone = "no longer there; its stack file goes, what it made stays: `pulumi destroy` first, if that is meant"
            said = f"new: {said}" if one.only == "after" else gone
        danger = f"; **{len(one.dangers)} to look at**" if one.dangers else ""
        lines.append(f"- {code(one.stack)}: {said}{danger}\n")
    return "".join(lines)


def _failures(failures: Sequence[Failure]) -> Iterator[_Part]:
    for failure in failures:
        text = "\n".join(visible(line) for line in failure.reason.splitlines())
        yield _Part(f"\n#### {code(failure.version)} cannot be compared\n\n{fenced(cut(text, 8000))}", 0, "failures")


def _dangers(comparisons: Sequence[Comparison]) -> Iterator[_Part]:
    if any(one.dangers for one in comparisons):
        yield _Part("\n#### Look at these first\n\n", 0)
    for one in comparisons:
        for line in gathered(one.dangers):
            yield _Part(f"- {code(one.stack)} {line}\n", 2, "dangers")


def gathered(dangers: Sequence[Danger], *, kinds: bool = True) -> list[str]:
    """One line for all that is alike: what happens to several objects of a site, or to one at several sites.

    kinds: say what kind of danger it is.
    """
    whats: dict[tuple[str, str, str], list[str]] = {}
    for danger in dangers:
        whats.setdefault((danger.kind, danger.site, danger.consequence), []).append(danger.what)
    sites: dict[tuple[str, tuple[str, ...], str], list[str]] = {}
    for (kind, site, consequence), names_of in whats.items():
        sites.setdefault((kind, tuple(names_of), consequence), []).append(site)
    lines = []
    for (kind, found, consequence), places in sites.items():
        where = ", ".join(code(site) for site in places if site)
        first = [f"**{kind}**" if kinds else "", f"at {where}" if where else ""]
        what = joined([code(one) for one in sorted(found, key=natural)], NAMES)
        lines.append(f"{' '.join(part for part in first if part) or 'everywhere'}: {what}: {consequence}")
    return lines


def _stack(one: Comparison, picture: str) -> Iterator[_Part]:
    if one.only == "before":
        return  # the headline has said it
    yield _Part(f"\n#### {code(one.stack)}\n", 1)
    yield from _notes(one)
    sites = sorted(set(one.site_of.values()))
    if sites:
        yield _Part(_counts(one, sites), 3, "tables")
    if one.unprotecting:
        yield _Part(_unprotecting(one.unprotecting), 4, "lists of what is to do before")
    if one.by_hand:
        lines = "".join(f"- {line}\n" for line in gathered(one.by_hand, kinds=False))
        yield _Part(f"\nAfter `pulumi up`, by hand:\n\n{lines}", 4, "lists of what is left to do")
    if one.changes:
        yield _Part(_rows(one, sites), 5, "tables")
    if one.outputs:
        lines = "\n".join(told(one.outputs))
        yield _Part(f"\nOutputs:\n\n{fenced(cut(lines, 4000), 'diff')}", 6, "lists of outputs")
    if picture:
        yield _Part(_folded("The sites as they will be", fenced(picture.rstrip(), "mermaid")), 7, "pictures")
    for site in sites:
        yield from _details(one, site)


def _unprotecting(commands: Sequence[str]) -> str:
    lines = [visible(command) for command in commands[:COMMANDS]]
    if len(commands) > COMMANDS:
        lines.append(f"# and {len(commands) - COMMANDS} more: isthmus graph diff --format text")
    text = fenced("\n".join(lines), "sh")
    return f"\nBefore `pulumi up`, by hand, if what is protected is meant to go:\n\n{text}"


def _notes(one: Comparison) -> Iterator[_Part]:
    if one.paused:
        paused = ", ".join(map(code, one.paused))
        yield _Part(f"\nPaused, so what is there stays as it is: {paused}.\n", 1)
    if one.resumed:
        resumed = ", ".join(map(code, one.resumed))
        yield _Part(f"\nNo longer paused: {resumed}. What changed meanwhile comes along and is not in this list.\n", 1)
    if one.restarting:
        gateways = joined([code(site) for site in one.restarting], NAMES)
        yield _Part(f"\nGateways that restart, so their tunnels pause for seconds: {gateways}.\n", 1)
    if one.notes:
        lines = "".join(f"- {line}\n" for line in gathered(one.notes, kinds=False))
        yield _Part(f"\nEasily overlooked:\n\n{lines}", 4, "lists of what is easily overlooked")


def _counts(one: Comparison, sites: Sequence[str]) -> str:
    """A line per site, a column for each thing that happens somewhere; the usual ones always."""
    usual = (Operation.CREATE, Operation.UPDATE, Operation.REPLACE, Operation.DELETE, Operation.RENAME)
    columns = [operation for operation in Operation if operation in usual or one.count(operation)]
    lines = [f"| site | {' | '.join(column.value for column in columns)} |", "| --- |" + " ---: |" * len(columns)]
    for site in sites:
        counts = " | ".join(str(one.count(column, site) or "") for column in columns)
        lines.append(f"| {cell(_site(site))} | {counts} |")
    return "\n" + "\n".join(lines) + "\n"


def _rows(one: Comparison, sites: Sequence[str]) -> str:
    lines = ["| site | what | kind | which |", "| --- | --- | --- | --- |"]
    for site in sites:
        here = _told_at(one, site)
        likes: dict[tuple[Operation, str], list[Change]] = {}
        for change in sorted(here, key=lambda change: natural(change.node.name)):
            likes.setdefault((change.operation, kind_of(change.node)), []).append(change)
        order = list(Operation)
        for (operation, kind), like in sorted(likes.items(), key=lambda item: (order.index(item[0][0]), item[0][1])):
            which = joined([code(change.node.name) + _was(change) for change in like], NAMES)
            lines.append(f"| {cell(_site(site))} | {operation.value} | {cell(code(kind))} | {cell(which)} |")
    return "\n" + "\n".join(lines) + "\n"


def _told_at(one: Comparison, site: str) -> list[Change]:
    """The changes at a site. That a paused one ignores from now on what it has, or no longer, is said once for all."""
    here = [change for change in one.changes if one.site_of[change.node.urn] == site]
    if site not in (*one.paused, *one.resumed):
        return here
    return [change for change in here if change.operation is not Operation.OPTIONS]


def _details(one: Comparison, site: str) -> Iterator[_Part]:
    """A part per resource, and what folds them."""
    likes: dict[tuple[Operation, str], list[str]] = {}
    for change in _told_at(one, site):
        if change.properties or change.options:
            lines = "\n".join(told((*change.properties, *change.options), change.reasons))
            likes.setdefault((change.operation, lines), []).append(title_of(change))
    if not likes:
        return
    yield _Part(f"\n<details><summary>Details: {_plain(site)}</summary>\n\n", 1)
    for (operation, lines), titles in likes.items():
        which = joined([code(title) for title in sorted(titles, key=natural)], NAMES)
        yield _Part(f"{operation.value} {which}\n{fenced(lines, 'diff')}\n", 8, "details")
    yield _Part("</details>\n", 1)


def _folded(summary: str, text: str) -> str:
    return f"\n<details><summary>{summary}</summary>\n\n{text}\n</details>\n"


def _was(change: Change) -> str:
    return f" (was {code(change.renamed_from.rpartition('::')[2])})" if change.renamed_from else ""


def _site(site: str) -> str:
    return code(site) if site else _ENVIRONMENT


def _plain(site: str) -> str:
    """A site's name in HTML."""
    safe = "".join(char if char.isalnum() or char in "-_." else f"&#{ord(char)};" for char in site)
    return f"<code>{safe}</code>" if site else _ENVIRONMENT
