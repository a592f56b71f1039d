"""The client on a real scheduler with two real pools, as processes on loopback."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

from demo import client
from demo.questions import QUESTIONS
from tests.demo.conftest import Files
from tests.demo.two_pools import two_pools

#: Five processes import xarray first, on a machine that may also do something else.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@dataclass(frozen=True)
class Asked:
    """What one run of the client wrote."""

    summary: dict[str, Any]
    answer: xr.Dataset
    report: Path


@pytest.fixture(scope="module")
def asked(files: Files, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Asked]:
    """Each question asked both ways, once."""
    out = tmp_path_factory.mktemp("out")
    found = {}
    with two_pools({f"{files.forecasts}/": "ecmwf", f"{files.observations}/": "eumetsat"}) as scheduler:
        for question in QUESTIONS:
            for mode in ("pinned", "pools"):
                client.main([
                    "--scheduler", scheduler, "--question", question, "--mode", mode, "--out", str(out),
                    "--forecasts", str(files.forecasts), "--observations", str(files.observations),
                    *(["--report"] if (question, mode) == ("el-nino", "pools") else []),
                ])  # fmt: skip
                stem = out / f"{question}-{mode}"
                found[question, mode] = Asked(
                    json.loads(stem.with_suffix(".json").read_text()),
                    xr.load_dataset(stem.with_suffix(".nc")),
                    stem.with_suffix(".html"),
                )
    return found


Answers = dict[tuple[str, str], Asked]


@pytest.mark.parametrize("mode", ["pools", "pinned"])
@pytest.mark.parametrize("question", ["el-nino", "ensemble"])
def test_the_answer_is_that_of_a_single_process(asked: Answers, files: Files, question: str, mode: str) -> None:
    single = QUESTIONS[question](lambda path, _: xr.load_dataset(path), files.forecasts, files.observations).answer

    xr.testing.assert_allclose(asked[question, mode].answer, single, rtol=1e-6, atol=1e-2)


def test_with_pools_little_more_than_the_minimum_leaves_a_pool(asked: Answers) -> None:
    summary = asked["el-nino", "pools"].summary

    assert summary["across"] <= 1.05 * sum(summary["minimum"].values())
    assert summary["steals_across"] == 0
    assert set(summary["tasks"]) == {"ecmwf", "eumetsat"}


def test_what_reaches_the_client_is_the_answer(asked: Answers) -> None:
    summary = asked["ensemble", "pools"].summary

    to_client = sum(size for leg, size in summary["moved"].items() if leg.endswith("->client"))
    assert to_client == summary["minimum"]["to_client"] == 3 * 24 * 40 * 4


def test_a_report_is_written_when_asked_for(asked: Answers) -> None:
    assert "Dask Performance Report" in asked["el-nino", "pools"].report.read_text()
