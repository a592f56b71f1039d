"""Workers that are missing, leave, come back: tasks wait in their pool, and say so."""

import threading
from collections.abc import Iterator

import pytest
from distributed import wait
from distributed.scheduler import NoValidWorkerError

from isthmus.pools import pool
from tests.pools.sites import DEADLINE_S, World, cluster, shown_warnings
from tests.pools.sources import big, load
from tests.waiting import until

GATE = threading.Event()


def load_behind_the_gate(number: int) -> int:
    GATE.wait(DEADLINE_S)
    return number


@pytest.fixture(autouse=True)
def _closed_gate() -> Iterator[None]:
    GATE.clear()
    yield
    GATE.set()


def test_a_pool_without_workers_waits_says_so_and_runs_when_one_joins() -> None:
    with cluster({"a": 1}) as world, shown_warnings() as messages:
        with pool("late"):
            futures = world.client.map(load, range(4))
        until("a warning at the client", lambda: messages)
        assert messages == [
            (
                "Pool 'late' has no workers yet: 4 tasks wait until one starts with --resources pool-late=1. "
                "No worker and no catalog has named late. Pools: a."
            )
        ]
        assert {world.scheduler.tasks[future.key].state for future in futures} == {"no-worker"}

        world.start("late-0", "late")
        wait(futures, timeout=DEADLINE_S)
        assert world.lie_in(futures) == {"late"}


def test_a_misspelt_pool_is_told_the_pools_that_there_are_and_a_known_one_is_not() -> None:
    with cluster({"near": 1, "far": 1}) as world:
        world.cluster.sync(world.worker("far-0").close, executor_wait=False)
        until("far is empty", lambda: len(world.scheduler.workers) == 1)
        with shown_warnings() as messages:
            waiting = []
            for name in ("naer", "far"):
                with pool(name):
                    waiting.append(world.client.submit(load, len(name)))
            until("two warnings", lambda: len(messages) == 2)

    assert [message.partition("=1.")[2] for message in messages] == [
        " No worker and no catalog has named naer. Did you mean near? Pools: far, near.",
        "",
    ]


def test_where_dask_gives_up_waiting_its_error_names_the_pool() -> None:
    with cluster({"a": 1}, config={"distributed.scheduler.no-workers-timeout": "100ms"}) as world:
        with shown_warnings(), pool("nowhere"):
            future = world.client.submit(load, 1)
        with pytest.raises(NoValidWorkerError, match="pool://nowhere"):
            future.result(timeout=DEADLINE_S)


def test_a_worker_lost_in_the_middle_costs_no_locality() -> None:
    with cluster({"a": 2, "b": 1}) as world:
        with pool("a"):
            futures = world.client.map(load_behind_the_gate, range(20))
        total = world.client.submit(sum, futures)
        until("work at a-0", lambda: world.scheduler.workers[world.worker("a-0").address].processing)
        world.cluster.sync(world.worker("a-0").close, executor_wait=False)
        GATE.set()

        assert total.result(timeout=DEADLINE_S) == sum(range(20))
        assert world.ran_in() == {"a"}


def test_when_all_workers_of_a_pool_leave_its_data_is_made_again_where_it_was() -> None:
    with cluster({"a": 1, "b": 1}) as world, shown_warnings() as messages:
        with pool("a"):
            kept = world.persist(big(4))
        world.stop("a-0")
        future = world.client.compute(kept.sum())
        until("a warning at the client", lambda: messages)
        assert not future.done()
        assert "Pool 'a' has lost its last worker: 4 tasks wait until one starts" in messages[0]

        world.start("a-1", "a")
        assert future.result(timeout=DEADLINE_S) > 0
        assert world.ran_in("random") == {"a"}


def test_a_pool_scaled_to_nothing_while_idle_alarms_nobody() -> None:
    with cluster({"a": 1, "b": 1}) as world, shown_warnings() as messages:
        with pool("a"):
            world.client.submit(load, 3).result()
        until("the task to be forgotten", lambda: not world.scheduler.tasks)
        world.stop("a-0")
        until("the worker to leave", lambda: len(world.scheduler.workers) == 1)
        world.client.get_events("warn")

        assert messages == []


def test_a_worker_that_joins_takes_part_at_once() -> None:
    with cluster({"a": 1, "b": 1}) as world:
        with pool("a"):
            futures = world.client.map(load_behind_the_gate, range(30))
        until("work at a-0", lambda: world.scheduler.workers[world.worker("a-0").address].processing)
        world.start("a-1", "a")
        GATE.set()
        wait(futures, timeout=DEADLINE_S)

        assert world.lie_in(futures) == {"a"}
        for future in futures:
            assert world.scheduler.tasks[future.key].worker_restrictions is world.plugin.roster.members("a")


def test_a_restart_forgets_the_tasks_and_keeps_the_pools() -> None:
    with cluster({"a": 1, "b": 1}) as world:
        with pool("b"):
            future = world.client.submit(load, 5555)
        wait(future)
        world.client.restart(wait_for_workers=False)
        assert world.plugin.tags == {}

        world.start("b-1", "b")  # these workers have no nanny that would start them again
        with pool("b"):
            again = world.client.submit(load, 5556)
        wait(again, timeout=DEADLINE_S)
        assert world.lie_in([again]) == {"b"}


def test_nothing_is_kept_of_tasks_that_are_gone(world: World) -> None:
    with pool("a"):
        made = big(4)
    (made + 1).sum().compute()
    until("the tasks to be forgotten", lambda: not world.scheduler.tasks)

    assert world.plugin.tags == {}
    assert not world.plugin._handles
