"""`with pool("b"):` around the making of data: it, and what follows from it, is computed in b."""

from pathlib import Path
from typing import Any

import dask
import dask.array as da
import dask.bag as db
import numpy as np
import pytest
import xarray as xr
from dask.delayed import delayed
from distributed import Queue, Variable, wait

from isthmus.pools import pool, propagate_pools
from tests.pools import sources
from tests.pools.sites import World, cluster
from tests.pools.sources import big, load


@pytest.mark.parametrize("kind", sources.ALL)
def test_what_is_made_in_a_pool_is_computed_there(world: World, data: Path, kind: str) -> None:
    with pool("b"):
        made = sources.ALL[kind](data, "b")
    world.persist((made + 1) * 2)

    assert world.ran_in() == {"b"}


@pytest.mark.parametrize("kind", sources.ALL)
def test_sources_of_two_pools_each_run_in_their_own(world: World, data: Path, kind: str) -> None:
    made: dict[str, Any] = {}
    for name in "ab":
        with pool(name):
            made[name] = sources.ALL[kind](data, name)
    combined = (made["a"] + made["b"]).compute()
    assert world.ran_in() == {"a", "b"}

    plain = {name: sources.ALL[kind](data, name).compute(scheduler="sync") for name in "ab"}
    assert_equal = xr.testing.assert_equal if isinstance(combined, xr.Dataset) else np.testing.assert_array_equal
    assert_equal(combined, plain["a"] + plain["b"])


def test_bags(world: World) -> None:
    with pool("b"):
        bag = db.from_sequence(range(64), npartitions=8).map(load)

    assert bag.map(np.sum).sum().compute() == sum(range(64)) * 400
    assert world.ran_in() == {"b"}


def test_delayed(world: World) -> None:
    with pool("b"):
        loads = [delayed(load)(n) for n in range(8)]
    delayed(sum)([delayed(np.sum)(each) for each in loads]).compute()

    assert world.ran_in() == {"b"}


def test_submit_and_map_and_what_is_made_of_their_futures(world: World) -> None:
    with pool("b"):
        futures = [world.client.submit(load, 77), *world.client.map(load, range(100, 108))]
    after = world.client.map(np.sum, futures)
    wait(after)

    assert world.lie_in([*futures, *after]) == {"b"}


def test_futures_that_came_by_another_way(world: World) -> None:
    with pool("b"):
        future = world.client.submit(load, 1234)
    Variable("v").set(future)
    Queue("q").put(future)
    after = [world.client.submit(np.sum, Variable("v").get()), world.client.submit(np.mean, Queue("q").get())]
    wait(after)

    assert world.lie_in(after) == {"b"}


def test_several_kinds_of_collections_in_one_compute(world: World) -> None:
    with pool("b"):
        array, bag = big(4), db.from_sequence(range(8), npartitions=4).map(load)
        single = delayed(load)(-3)
    dask.compute(array.sum(), bag.map(np.sum).sum(), single)

    assert world.ran_in() == {"b"}


def test_the_innermost_pool_counts(world: World) -> None:
    with pool("a"), pool("b"):
        made = da.full((80, 80), 11.0, chunks=20)
    world.persist(made)

    assert world.ran_in() == {"b"}


def test_none_is_anywhere(world: World) -> None:
    with pool("a"), pool(None):
        made = da.full((80, 80), 12.0, chunks=8)
    world.persist(made)

    assert world.ran_in() == {"a", "b"}


def test_either_pool() -> None:
    with cluster({"a": 1, "b": 1, "c": 1}) as world:
        with pool("a|b"):
            futures = world.client.map(load, range(40))
        wait(futures)

        assert world.lie_in(futures) == {"a", "b"}


def test_another_pool_downstream(world: World) -> None:
    with pool("a"):
        first = da.random.default_rng().random((80, 80), chunks=20)
    with pool("b"):
        second = first + 1
    world.persist(second * 2)

    assert world.ran_in("random") == {"a"}
    assert world.ran_in("mul") == {"b"}


def test_compute_inside_another_pool_moves_no_source(world: World) -> None:
    with pool("a"):
        made = big(4)
    with pool("b"):
        (made + 1).sum().compute()

    assert world.ran_in("random") == {"a"}


def test_without_graph_optimization(world: World) -> None:
    with pool("b"):
        made = da.full((80, 80), 9.0, chunks=20)
    world.client.compute((made + 1).sum(), optimize_graph=False).result()

    assert world.ran_in() == {"b"}


@pytest.mark.parametrize("switch", ["optimization.fuse.active", "optimization.fuse.delayed"])
@pytest.mark.parametrize("value", [True, False])
def test_whatever_the_scheduler_is_told_to_fuse(world: World, switch: str, value: bool) -> None:
    with dask.config.set({switch: value}):
        with pool("b"):
            array, single = da.full((80, 80), 13.5 + value, chunks=20), delayed(load)(len(switch) + value)
        dask.compute((array + 1).sum(), delayed(id)(single))

    assert world.ran_in() == {"b"}


def test_stores(world: World, tmp_path: Path) -> None:
    with pool("b"):
        made = big(4)
    made.to_zarr(str(tmp_path / "array.zarr"))
    xr.Dataset({"t": (("y", "x"), made)}).to_zarr(str(tmp_path / "dataset.zarr"), zarr_format=2)

    assert world.ran_in("random", "store") == {"b"}


def test_the_same_key_in_two_pools_runs_in_the_first(world: World) -> None:
    """Annotations are no part of a key: identical data is one task, whatever its pool."""
    with pool("a"):
        first = world.client.submit(load, 4321)
    with pool("b"):
        second = world.client.submit(load, 4321)
    wait([first, second])

    assert world.lie_in([first, second]) == {"a"}


def test_schedulers_without_pools_compute_as_ever() -> None:
    with pool("a"):
        made = da.ones((20, 20), chunks=10)

    assert (made + 1).sum().compute(scheduler="sync") == 800


def test_propagate_pools_does_no_harm(world: World) -> None:
    with pool("b"):
        made = big(4)
    with propagate_pools():
        (made + 1).sum().compute()

    assert world.ran_in() == {"b"}


@pytest.mark.parametrize("name", ["", "a b", "a|", "*", "pool://a"])
def test_what_is_no_name_of_a_pool_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="expected the name of a pool"):
        pool(name)
