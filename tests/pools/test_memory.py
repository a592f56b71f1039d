"""Dask's memory manager keeps data in its pool."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from distributed import Future, wait
from distributed.active_memory_manager import ReduceReplicas

from isthmus.pools import KeepHome, Pools, pool
from tests.pools.sites import World, cluster
from tests.waiting import until


def make(number: int) -> np.ndarray[Any, Any]:
    return np.full(20_000, float(number))


def most_copies(world: World, futures: Sequence[Future[Any]]) -> int:
    return max(len(world.scheduler.tasks[future.key].who_has or ()) for future in futures)


def test_a_retired_worker_hands_its_data_to_its_own_pool() -> None:
    with cluster({"a": 2, "b": 2}) as world:
        with pool("a"):
            futures = world.client.map(make, range(40), pure=False)
        wait(futures)
        world.forget()
        world.client.retire_workers([world.worker("a-0").address], close_workers=False, remove=False)

        assert world.lie_in(futures) == {"a"}
        assert world.transfers().keys() == {("a", "a")}


def test_the_last_worker_of_a_pool_hands_its_data_to_another_pool_rather_than_lose_it() -> None:
    with cluster({"a": 1, "b": 1}) as world:
        with pool("a"):
            futures = world.client.map(make, range(4), pure=False)
        wait(futures)
        world.client.retire_workers([world.worker("a-0").address])

        until("the data to arrive in b", lambda: world.lie_in(futures) == {"b"})


def test_of_several_copies_the_one_at_home_stays() -> None:
    with cluster({"a": 1, "b": 2}, config={"distributed.scheduler.active-memory-manager.start": False}) as world:
        with pool("a"):
            futures = world.client.map(make, range(10), pure=False)
        with pool("b"):
            used = world.client.map(np.sum, futures, pure=False)
        wait(used)
        assert most_copies(world, futures) > 1
        del used

        def dropped() -> bool:
            world.client.amm.run_once()
            return most_copies(world, futures) == 1

        until("the copies to be dropped", dropped)
        assert world.lie_in(futures) == {"a"}


def test_the_plugin_replaces_the_policy_that_is_blind_to_pools() -> None:
    with cluster({"a": 1}, plugins=[]) as world:
        manager = world.scheduler.extensions["amm"]
        assert [type(policy) for policy in manager.policies] == [ReduceReplicas]

        world.client.register_plugin(Pools())
        assert [type(policy) for policy in manager.policies] == [KeepHome]
