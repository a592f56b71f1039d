"""The demo's figures as a table, and whether they keep what is promised of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

#: With pools at most this part of the time without, for the ensemble over a WAN of 20 MB/s.
TIME_PART: Final = 0.5
#: With pools at most this much more than the fewest bytes that would do.
BYTES_PART: Final = 1.05
MB: Final = 1e6

TITLES: Final[Mapping[str, str]] = {
    "el-nino": "El Niño outlook",
    "ensemble": "ensemble mean minus analyses",
    "pinned": "without pools",
    "pools": "with pools",
}


@dataclass(frozen=True)
class Run:
    """One run as its client wrote it down, with what the WAN counted meanwhile and whether the answer was right."""

    question: str
    mode: str
    seconds: float
    across: int
    """Bytes of task outputs that left a pool (Dask's transfer logs)."""
    minimum: int
    moved: Mapping[str, int]
    tasks: Mapping[str, int]
    steals_across: int
    wire: int
    """Bytes of IP packets that crossed the WAN: all of it, control messages and WireGuard's own too."""
    right: bool
    """The answer equals that of one process that reads all files itself."""

    @classmethod
    def of(cls, summary: Mapping[str, Any], *, wire: int, right: bool) -> "Run":
        """summary: what `demo.client` writes."""
        copied = ("question", "mode", "seconds", "across", "moved", "tasks", "steals_across")
        return cls(
            **{name: summary[name] for name in copied}, minimum=sum(summary["minimum"].values()), wire=wire, right=right
        )


@dataclass(frozen=True)
class Row:
    """All runs of one question asked one way. Times and bytes are medians; one wrong answer makes the row wrong."""

    question: str
    mode: str
    runs: int
    seconds: float
    fastest: float
    slowest: float
    across: float
    minimum: int
    wire: float
    tasks: int
    steals_across: float
    right: bool


def rows(runs: Iterable[Run]) -> list[Row]:
    """In the order in which question and mode first appear."""
    grouped: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        grouped.setdefault((run.question, run.mode), []).append(run)
    return [_row(group) for group in grouped.values()]


def _row(group: Sequence[Run]) -> Row:
    seconds = [run.seconds for run in group]
    return Row(
        question=group[0].question,
        mode=group[0].mode,
        runs=len(group),
        seconds=median(seconds),
        fastest=min(seconds),
        slowest=max(seconds),
        across=median(run.across for run in group),
        minimum=group[0].minimum,
        wire=median(run.wire for run in group),
        tasks=round(median(sum(run.tasks.values()) for run in group)),
        steals_across=median(run.steals_across for run in group),
        right=all(run.right for run in group),
    )


HEADINGS: Final = ("question", "", "seconds", "MB across", "at least", "times that", "MB on the wire", "tasks",
                   "steals across", "answer")  # fmt: skip


#: What answers the first question of whoever sees it; the rest is in the whole table.
SHORT: Final = ("question", "", "seconds", "MB across", "at least", "answer")


def table(of: Sequence[Row], headings: Sequence[str] = HEADINGS) -> str:
    """Markdown that lines up in a terminal too. headings: which of HEADINGS."""
    columns = [HEADINGS.index(heading) for heading in headings]
    cells = [[line[column] for column in columns] for line in (HEADINGS, *(_cells(row) for row in of))]
    widths = [max(len(line[column]) for line in cells) for column in range(len(headings))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in cells
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]]) + "\n"


def sentence(of: Sequence[Row]) -> str:
    """What pools do for the ensemble, in words. Raises KeyError unless it was asked both ways."""
    by = {(row.question, row.mode): row for row in of}
    pools, pinned = by["ensemble", "pools"], by["ensemble", "pinned"]
    same = "the answers are those of one process" if pools.right and pinned.right else "BUT AN ANSWER IS WRONG"
    return (
        f"{TITLES['ensemble'].capitalize()}: {pools.seconds:.1f} s instead of {pinned.seconds:.1f} s, and "
        f"{pools.across / MB:.1f} MB between the data centres instead of {pinned.across / MB:.1f} MB; {same}."
    )


def _cells(row: Row) -> tuple[str, ...]:
    spread = f" ({row.fastest:.1f} to {row.slowest:.1f})" if row.runs > 1 else ""
    return (
        TITLES[row.question],
        TITLES[row.mode],
        f"{row.seconds:.1f}{spread}",
        f"{row.across / MB:.2f}",
        f"{row.minimum / MB:.2f}",
        f"{row.across / row.minimum:.2f}",
        f"{row.wire / MB:.1f}",
        str(row.tasks),
        f"{row.steals_across:g}",
        "equal" if row.right else "WRONG",
    )


def broken_promises(of: Sequence[Row]) -> list[str]:
    """One sentence for each row with a wrong answer, or with pools but too many bytes; none: all is as promised."""
    wrong = [f"{_name(row)}: the answer differs from that of a single process" for row in of if not row.right]
    return wrong + [
        f"{_name(row)}: {row.across:.0f} bytes left a pool, {row.across / row.minimum:.2f} times the minimum of "
        f"{row.minimum}; promised: at most {BYTES_PART}"
        for row in of
        if row.mode == "pools" and row.across > BYTES_PART * row.minimum
    ]


def too_slow(of: Sequence[Row]) -> list[str]:
    """The same for the time of the ensemble. It takes several rounds and a quiet machine to say so."""
    by = {(row.question, row.mode): row for row in of}
    pools, pinned = by.get(("ensemble", "pools")), by.get(("ensemble", "pinned"))
    if not pools or not pinned or pools.seconds <= TIME_PART * pinned.seconds:
        return []
    part = pools.seconds / pinned.seconds
    seconds = f"{pools.seconds:.1f} s are {part:.2f} of the {pinned.seconds:.1f} s without"
    return [f"{_name(pools)}: {seconds}; promised: at most {TIME_PART}"]


def _name(row: Row) -> str:
    return f"{TITLES[row.question]}, {TITLES[row.mode]}"
