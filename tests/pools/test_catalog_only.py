"""No annotation anywhere: the paths in the tasks tell their pools."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dask
import dask.array as da
import dask.bag as db
import dask.config
import numpy as np
import pytest
import xarray as xr
from dask.delayed import delayed
from distributed import wait

from isthmus.pools import Pools, pool
from isthmus.pools.optimize import HOOKS
from tests.pools import sources
from tests.pools.sites import World, cluster
from tests.waiting import until


@pytest.fixture(scope="module")
def shared_world(data: Path) -> Iterator[World]:
    with cluster(plugins=[Pools({str(data / "a"): "a", f"{data / 'b'}/": "b"})]) as world:
        yield world


@pytest.mark.parametrize("kind", sources.FILES)
def test_files_are_read_in_their_pool(world: World, data: Path, kind: str) -> None:
    for name in "ba":
        world.forget()
        world.persist((sources.FILES[kind](data, name) + 1) * 2)

        assert world.ran_in() == {name}


@pytest.mark.parametrize("kind", sources.FILES)
def test_the_sum_of_files_of_two_pools_is_right_and_each_is_read_in_its_own(
    world: World, data: Path, kind: str
) -> None:
    first, second = sources.FILES[kind](data, "a"), sources.FILES[kind](data, "b")
    combined = (first + second).compute()

    assert world.ran_in() == {"a", "b"}
    assert world.plugin.stats["ambiguous"] == 0
    assert_equal = xr.testing.assert_equal if isinstance(combined, xr.Dataset) else np.testing.assert_array_equal
    assert_equal(combined, first.compute(scheduler="sync") + second.compute(scheduler="sync"))


def test_futures_bags_and_delayed(world: World, data: Path) -> None:
    futures = [world.client.submit(len, str(data / "b/x.csv")), *world.client.map(len, [f"{data}/b/{n}" for n in "12"])]
    wait(futures)
    db.from_sequence([data / "b/1", data / "b/2"], npartitions=2).map(str).map(len).sum().compute()
    delayed(len)(delayed(str)(data / "b/x.csv")).compute()

    assert world.ran_in() == {"b"}


def test_one_dataset_of_files_of_two_pools(world: World, data: Path) -> None:
    files = [data / "a/x.nc", data / "b/x.nc"]
    combined = xr.open_mfdataset(files, combine="nested", concat_dim="member", chunks={"time": 2}, drop_variables="run")
    world.forget()
    combined.t.mean("time").compute()

    assert world.ran_in("open_dataset") == {"a", "b"}
    assert world.plugin.stats["ambiguous"] == 0


CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "dask.optimize": lambda array: dask.optimize(array)[0].sum(),
    "to_delayed": lambda array: delayed(sum)([delayed(np.sum)(block) for block in array.to_delayed().ravel()]),
    "an argument of delayed": lambda array: delayed(np.sum)(array),
}


@pytest.mark.parametrize("how", CONVERSIONS)
def test_paths_survive_where_dask_drops_annotations(world: World, data: Path, how: str) -> None:
    CONVERSIONS[how](da.from_zarr(str(data / "b/x.zarr"), component="t")).compute()

    assert world.ran_in() == {"b"}


@pytest.mark.parametrize("how", ["dask.optimize", "to_delayed"])
@pytest.mark.xfail(reason="dask rebuilds these graphs as plain dicts: annotations are gone (docs/limits.md)")
def test_annotations_do_not(data: Path, how: str) -> None:
    with cluster() as world:
        with pool("b"):
            array = da.from_zarr(str(data / "b/x.zarr"), component="t")
        CONVERSIONS[how](array).compute()

        assert world.ran_in() == {"b"}


def test_an_annotation_overrides_the_catalog(world: World, data: Path) -> None:
    with pool("a"):
        array = da.from_zarr(str(data / "b/x.zarr"), component="t")
    world.persist(array + 1)

    assert world.ran_in() == {"a"}


@contextmanager
def without_hook() -> Iterator[None]:
    """As in a client that never imported isthmus.pools."""
    installed = {key: dask.config.config.pop(key) for key in HOOKS}
    try:
        yield
    finally:
        dask.config.set(installed)


@pytest.mark.parametrize("kind", sources.FILES)
def test_a_client_without_isthmus_reads_in_the_right_pool(data: Path, kind: str) -> None:
    with cluster(plugins=[Pools({str(data / "a"): "a", str(data / "b"): "b"})]) as world, without_hook():
        first, second = sources.FILES[kind](data, "a"), sources.FILES[kind](data, "b")
        combined = first.mean("time") - second if isinstance(first, xr.Dataset) else first.mean(axis=0) - second
        world.persist(combined)

        assert world.ran_in() == {"a", "b"}
        assert world.plugin.stats["ambiguous"] == 0


def test_reads_that_dask_fused_are_left_free_and_the_client_is_told(data: Path) -> None:
    with cluster(plugins=[Pools({str(data / "a"): "a", str(data / "b"): "b"})]) as world, without_hook():
        first, second = (da.from_zarr(str(data / name / "x.zarr"), component="t") for name in "ab")
        with warnings.catch_warnings(record=True) as shown:
            warnings.simplefilter("always")
            world.persist(first + second)
            until("the warning to reach the client", lambda: shown)

        assert "several pools (a, b)" in str(shown[0].message)
        assert world.plugin.stats["ambiguous"] > 0
