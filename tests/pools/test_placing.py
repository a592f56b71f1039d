"""Tasks with inputs in several pools, or of no pool: placed by measured bytes when they are ready."""

from collections import Counter

import dask.array as da
import numpy as np
from dask.core import flatten
from distributed import wait

from isthmus.pools import pool
from tests.pools.sites import World, cluster, worker_spec
from tests.pools.sources import CHUNK_BYTES, OpenedFile, big
from tests.waiting import until


def test_a_mixed_task_goes_where_most_bytes_are_and_only_the_small_input_crosses(world: World) -> None:
    with pool("a"):
        large = big(4)
    with pool("b"):
        small = da.random.default_rng().random((4, 3), chunks=(1, -1))
    mixed = world.persist(large + small.sum(axis=1, keepdims=True))

    assert world.lie_in(mixed) == {"a"}
    assert world.transfers() == {("b", "a"): 4 * 8}


def test_of_equal_inputs_the_first_is_left_to_dask_and_the_others_follow(world: World) -> None:
    """Scattered over both pools, part of the result would cross a second time when somebody needs all of it."""
    with pool("a"):
        one = big(8)
    with pool("b"):
        other = big(8)
    mixed = world.persist(one + other)

    restricted = [bool(world.scheduler.tasks[key].worker_restrictions) for key in flatten(mixed.__dask_keys__())]
    assert 1 <= restricted.count(False) < len(restricted)
    assert len(world.lie_in(mixed)) == 1
    assert world.bytes_across() == 8 * CHUNK_BYTES


def test_where_the_others_went_is_forgotten_with_them(world: World) -> None:
    with pool("a"):
        one = big(2)
    with pool("b"):
        other = big(2)
    mixed = world.persist(one + other)
    group = world.scheduler.tasks[next(flatten(mixed.__dask_keys__()))].group.name
    assert world.plugin._siblings.pool(group) in {"a", "b"}

    del mixed

    until("the group to be forgotten", lambda: group not in world.scheduler.task_groups)
    assert world.plugin._siblings.pool(group) is None


def test_what_only_one_pool_uses_is_made_there(world: World) -> None:
    with pool("a"):
        kept = world.persist(big(8))
    unannotated = big(8)
    world.forget()
    world.persist(kept + unannotated)

    assert world.ran_in() == {"a"}


def test_persisted_data_is_used_where_it_lies(world: World) -> None:
    with pool("b"):
        made = big(8)
    kept = world.persist(made)
    world.forget()
    (kept - kept.mean()).std().compute()

    assert world.ran_in() == {"b"}


def test_scattered_data_is_used_where_it_lies(world: World) -> None:
    scattered = world.client.scatter(np.ones(1_000_000), workers=[world.worker("b-0").address])
    futures = [world.client.submit(lambda array, n: float(array[n]), scattered, n, pure=False) for n in range(20)]
    wait(futures)

    assert world.lie_in(futures) == {"b"}


def test_tasks_with_one_small_input_and_no_pool_are_nobodys(world: World) -> None:
    small = world.client.scatter(7, workers=[world.worker("a-0").address])
    futures = world.client.map(lambda n, shared: n + shared, range(20), shared=small, pure=False)
    wait(futures)

    assert not any(world.scheduler.tasks[future.key].worker_restrictions for future in futures)


def test_a_worker_of_two_pools_serves_both() -> None:
    specs = {"ab-0": worker_spec(["a", "b"]), "b-0": worker_spec(["b"])}
    with cluster(specs=specs) as world:
        with pool("a"):
            first = big(4)
        with pool("b"):
            second = big(4)
        kept = world.client.persist([first, second])
        wait(kept)

        assert not world.ran_in() - {"a", "b"}
        assert set(world.holders(kept[0])) == {"ab-0"}


def test_workers_of_no_pool_take_what_has_no_pool() -> None:
    specs = {"a-0": worker_spec(["a"]), "none-0": worker_spec([])}
    with cluster(specs=specs) as world:
        with pool("a"):
            made = big(4)
        (made + 1).sum().compute()
        assert world.ran_in() == {"a"}

        kept = world.client.scatter(np.ones(1_000_000), workers=[world.worker("none-0").address])
        futures = [world.client.submit(np.sum, kept, pure=False) for _ in range(4)]
        wait(futures)
        assert world.lie_in(futures) == {""}


def test_a_computation_over_two_pools_is_right(world: World) -> None:
    with pool("a"):
        first = da.full((400, 400), 1.0, chunks=100)
    with pool("b"):
        second = da.full((400, 400), 2.0, chunks=100)

    assert da.tensordot(first, second, 1).sum().compute() == 400 * 400 * 800
    assert da.map_overlap(lambda block: block + 1, first, depth=2, boundary="none").sum().compute() == 320_000
    assert da.concatenate([first, second]).mean().compute() == 1.5


def test_loads_that_share_a_handle_spread_over_the_pool() -> None:
    """Dask alone would send every restricted load to the worker that holds the handle (distributed#8177)."""
    with cluster({"a": 3, "b": 1}, config={"distributed.scheduler.work-stealing": False}) as world:
        with pool("a"):
            loaded = da.from_array(OpenedFile((90, 100)), chunks=(1, -1))
        kept = world.persist(loaded)

        assert Counter(world.holders(kept)) == {"a-0": 30, "a-1": 30, "a-2": 30}
        assert world.plugin._spread.pins == 0


def test_loads_that_are_reduced_together_lie_together() -> None:
    """Dealt out one by one, half of what a worker adds up would come from its neighbour."""
    with cluster({"a": 2, "b": 1}, config={"distributed.scheduler.work-stealing": False}) as world:
        with pool("a"):
            loaded = da.from_array(OpenedFile((8, 8, 100)), chunks=(1, 1, -1))
        world.persist(loaded.sum(axis=1))

        one_load = 100 * 8
        assert world.transfers().get(("a", "a"), 0) < one_load  # the opened file itself
