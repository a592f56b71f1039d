"""Pools cost no fusion: as many tasks as without, as long as they stay in one pool."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import dask.array as da
import dask.bag as db
import pytest
import xarray as xr

from isthmus.pools import pool
from tests.pools.sites import World
from tests.pools.sources import load

EXPRESSIONS: dict[str, Callable[[float], Any]] = {
    "elementwise and reduced": lambda seed: (
        (da.full((80, 80), seed, chunks=20) + da.full((80, 80), seed + 0.5, chunks=20)) * 2
    ).sum(axis=0),
    "sliced": lambda seed: (da.full((80, 80), seed, chunks=20) + 1)[:20, ::2],
    "xarray": lambda seed: xr.Dataset({"t": (("y", "x"), da.full((80, 80), seed, chunks=20))}).mean("y").isel(x=3) * 2,
    "bag": lambda seed: db.from_sequence([seed + n for n in range(8)], npartitions=4).map(load).map(len),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_the_number_of_tasks_is_the_same_with_a_pool(world: World, name: str) -> None:
    counts = []
    for seed, context in ((3.25, nullcontext()), (4.25, pool("a"))):
        world.forget()
        with context:
            made = EXPRESSIONS[name](seed)
        world.persist(made)
        counts.append(world.recorder.tasks)

    assert counts[0] == counts[1] > 0


def test_two_pools_are_fused_up_to_their_border_and_no_further(world: World) -> None:
    with pool("a"):
        first = da.full((80, 80), 5.25, chunks=40)
    with pool("b"):
        second = da.full((80, 80), 6.25, chunks=40)
    world.persist(((first + 1) * 2) - (second + 1))

    in_one_pool, across = 4 + 4, 4  # a chunk and what is done to it in its pool is one task; the difference another
    assert world.recorder.tasks == in_one_pool + across
    assert (world.ran_in("mul"), world.ran_in("add")) == ({"a"}, {"b"})
