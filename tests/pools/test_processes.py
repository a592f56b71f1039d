"""Dask as processes: what ends before its time is told at once, with its own words."""

from pathlib import Path

import pytest

from tests.pools.processes import dask_processes


def test_a_scheduler_that_ends_is_told_with_its_last_lines(tmp_path: Path) -> None:
    broken = "distributed: {comm: {default-scheme: no-such-scheme}}"

    with (
        pytest.raises(AssertionError, match="the scheduler has ended") as failed,
        dask_processes(tmp_path, {}, catalog_yaml=broken),
    ):
        pass

    told = "\n".join(failed.value.__notes__)
    assert told.startswith("the end of scheduler.log:\n")
    assert told.endswith("Scheduler failed to start.")
