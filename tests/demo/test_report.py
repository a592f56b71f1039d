"""The table, the promises, the figures."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from demo import figures
from demo.calculation import el_nino_outlook
from demo.report import SHORT, Row, Run, broken_promises, rows, sentence, table, too_slow
from tests.demo.conftest import Files


def run(
    question: str = "ensemble", mode: str = "pools", seconds: float = 2.0, across: int = 100, *, right: bool = True
) -> Run:
    return Run(
        question=question, mode=mode, seconds=seconds, across=across, minimum=100, moved={"a->b": across}, wire=120,
        tasks={"a": 3, "b": 4}, steals_across=0, right=right,
    )  # fmt: skip


def test_a_summary_of_the_client_becomes_a_run() -> None:
    summary = {
        "question": "ensemble", "mode": "pools", "seconds": 1.5, "across": 40, "moved": {"a->b": 40}, "tasks": {"a": 9},
        "steals": 2, "steals_across": 1, "minimum": {"between_pools": 12, "to_client": 34},
    }  # fmt: skip

    assert Run.of(summary, wire=99, right=True) == Run(
        "ensemble", "pools", 1.5, 40, 46, {"a->b": 40}, {"a": 9}, steals_across=1, wire=99, right=True
    )


def test_runs_of_a_question_asked_one_way_become_a_row_of_medians() -> None:
    found = rows([run(seconds=3), run(mode="pinned"), run(seconds=1), run(seconds=7, right=False)])

    assert [(row.question, row.mode, row.runs) for row in found] == [
        ("ensemble", "pools", 3),
        ("ensemble", "pinned", 1),
    ]
    assert found[0] == Row("ensemble", "pools", 3, 3, 1, 7, 100, 100, 120, 7, 0, right=False)


def test_the_table_lines_up() -> None:
    text = table(rows([run(), run(mode="pinned", seconds=12.34, across=2_500_000)]))

    assert len({len(line) for line in text.splitlines()}) == 1
    assert "| ensemble mean minus analyses | without pools | 12.3 " in text


def test_the_short_table_is_a_part_of_the_whole() -> None:
    text = table(rows([run(right=False)]), SHORT)

    assert [cell.strip() for cell in text.splitlines()[2].split("|")[1:-1]] == [
        "ensemble mean minus analyses",
        "with pools",
        "2.0",
        "0.00",
        "0.00",
        "WRONG",
    ]


@pytest.mark.parametrize(
    ("right", "ending"),
    [(True, "; the answers are those of one process."), (False, "; BUT AN ANSWER IS WRONG.")],
    ids=["right", "wrong"],
)
def test_a_sentence_says_what_pools_do(right: bool, ending: str) -> None:
    found = [run(seconds=1, across=3_000_000), run(mode="pinned", seconds=2, across=80_000_000, right=right)]

    assert sentence(rows(found)) == (
        "Ensemble mean minus analyses: 1.0 s instead of 2.0 s, and 3.0 MB between the data centres instead of 80.0 MB"
        + ending
    )


KEPT = [run(seconds=1), run(mode="pinned", seconds=2)]
PROMISES = [
    ("all kept", KEPT, []),
    ("too slow", [run(seconds=1.1), run(mode="pinned", seconds=2)], ["0.55"]),
    ("too many bytes", [run(across=106)], ["1.06"]),
    ("the rival may waste bytes", [run(mode="pinned", across=900)], []),
    ("a wrong answer", [run(mode="pinned", right=False)], ["differs"]),
    ("the small question may be slow", [run("el-nino", seconds=2), run("el-nino", "pinned", seconds=2)], []),
]


@pytest.mark.parametrize(("runs", "said"), [row[1:] for row in PROMISES], ids=[row[0] for row in PROMISES])
def test_promises_that_are_not_kept_are_named(runs: list[Run], said: list[str]) -> None:
    broken = broken_promises(rows(runs)) + too_slow(rows(runs))

    assert len(broken) == len(said)
    assert all(datum in sentence for datum, sentence in zip(said, broken, strict=True))


@pytest.fixture(scope="module")
def outlook(files: Files) -> xr.Dataset:
    return el_nino_outlook(files.open("glosea4").surface_temperature, files.open("ostia").surface_temperature).answer


def drawn(figure: Figure, path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    figure.savefig(path)
    from matplotlib.image import imread

    return imread(path)


@pytest.mark.parametrize("draw", [figures.plume, figures.strip], ids=["plume", "strip"])
def test_a_figure_renders(outlook: xr.Dataset, tmp_path: Path, draw: object) -> None:
    assert callable(draw)
    image = drawn(draw(outlook), tmp_path / "figure.png")

    assert image.std() > 0.05  # not an empty page


def test_the_plume_says_how_many_members_foresaw_it(outlook: xr.Dataset) -> None:
    axes = figures.plume(outlook).axes[0]

    assert "13 of its 13 members did" in axes.get_title(loc="left")
    spared = outlook.copy(deep=True)
    spared.nino34[4, 3] = 0.1
    assert "12 of its 13 members did" in figures.plume(spared).axes[0].get_title(loc="left")


def test_the_plume_draws_every_member_and_the_observed_winters(outlook: xr.Dataset) -> None:
    lines = [line.get_ydata() for line in figures.plume(outlook).axes[0].lines]
    shown = {round(float(np.asarray(values)[-1]), 6) for values in lines}

    assert {round(float(value), 6) for value in outlook.nino34[:, -1]} <= shown
    january = outlook.observed_nino34.sel(observed_time="2008-01").item()
    assert round(january, 6) in shown
