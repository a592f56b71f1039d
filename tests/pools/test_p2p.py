"""P2P rechunks: inside a pool when the data is in one; right when it is in two."""

from collections.abc import Iterator

import dask.array as da
import numpy as np
import pytest

from isthmus.pools import pool
from tests.pools.sites import DEADLINE_S, World, cluster, shown_warnings
from tests.waiting import until


@pytest.fixture(scope="module")
def shared_world() -> Iterator[World]:
    with cluster({"a": 2, "b": 2}) as world:
        yield world


@pytest.mark.parametrize("method", ["p2p", "tasks"])
def test_a_rechunk_stays_in_its_pool(world: World, method: str) -> None:
    with pool("a"):
        made = da.random.default_rng(1).random((400, 400), chunks=(40, 400))
    kept = world.persist(made.rechunk((400, 40), method=method))

    assert world.lie_in(kept) == {"a"}
    assert world.ran_in() == {"a"}
    assert world.bytes_across() < 1_000  # of 1.28 MB: P2P tries its output tasks anywhere, with an integer as input


def test_its_output_uses_all_workers_of_the_pool(world: World) -> None:
    with pool("b"):
        made = da.random.default_rng(2).random((400, 400), chunks=(40, 400))
    kept = world.persist(made.rechunk((400, 40), method="p2p"))

    assert set(world.holders(kept)) == {"b-0", "b-1"}


def test_a_rechunk_over_two_pools_is_right(world: World) -> None:
    with pool("a"):
        first = da.arange(160_000, chunks=40_000).reshape(400, 400)
    with pool("b"):
        second = da.arange(160_000, chunks=40_000).reshape(400, 400) + 0.5
    future = world.client.compute(da.concatenate([first, second]).rechunk((800, 40), method="p2p").sum(axis=0))

    plain = np.arange(160_000).reshape(400, 400)
    np.testing.assert_allclose(future.result(timeout=DEADLINE_S), (plain + plain + 0.5).sum(axis=0))


def test_a_shuffle_that_arrives_before_its_pool_does_still_stays_inside() -> None:
    with cluster({"b": 1}) as world:
        with pool("a"):
            made = da.random.default_rng(3).random((400, 400), chunks=(40, 400))
        with shown_warnings() as messages:
            kept = world.client.persist(made.rechunk((400, 40), method="p2p"))
            until("the warning that a has no workers", lambda: messages)
        world.start("a-0", "a")
        world.start("a-1", "a")
        world.persist(kept)

        assert world.lie_in(kept) == {"a"}
