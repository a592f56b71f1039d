"""`/api/v1/pools`: what each pool has and needs."""

import json
import urllib.request
from typing import Any

from distributed import wait

from isthmus import names
from isthmus.pools import Pools, pool
from tests.pools.sites import World, cluster, shown_warnings
from tests.pools.sources import load
from tests.waiting import until


def ask(world: World) -> dict[str, Any]:
    port = world.scheduler.http_server.port  # type: ignore[attr-defined]  # set by distributed's Node
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{names.POOLS_ROUTE}") as answer:
        told: dict[str, Any] = json.load(answer)
    return told


IDLE = {"workers": 1, "running": 1, "desired": 0, "processing": 0, "waiting_for_workers": 0, "nbytes": 0}
EMPTY = {**IDLE, "workers": 0, "running": 0}


def test_every_pool_of_the_catalog_is_told_also_without_workers() -> None:
    with cluster(plugins=[Pools({"/data/a": "a", "/data/c": "c|d"})]) as world:
        assert ask(world)["pools"] == {"a": IDLE, "b": IDLE, "c": EMPTY, "d": EMPTY}


def test_tasks_that_wait_for_a_pool_are_its_demand_and_nobody_elses() -> None:
    with cluster(plugins=[Pools()]) as world, shown_warnings():
        with pool("late"):
            futures = world.client.map(load, range(100))
        until("the tasks to wait", lambda: world.scheduler.unrunnable)
        told = ask(world)["pools"]  # Dask guesses 0.5 s for each, and the target is 5 s
        assert told["late"] == {
            **EMPTY,
            "desired": 10,
            "waiting_for_workers": 100,
        }
        assert told["a"] == told["b"] == IDLE
        del futures


def test_tasks_for_either_pool_are_asked_for_once() -> None:
    with cluster(plugins=[Pools()]) as world, shown_warnings():
        with pool("late|later"):
            futures = world.client.map(load, range(10))
        until("the tasks to wait", lambda: world.scheduler.unrunnable)
        told = ask(world)["pools"]
        assert [told[name]["desired"] for name in ("late", "later")] == [1, 0]
        del futures


def test_what_a_pool_keeps_is_told_in_bytes() -> None:
    with cluster(plugins=[Pools()]) as world:
        with pool("b"):
            futures = world.client.map(load, range(10))
        wait(futures)

        told = ask(world)
        assert told["pools"]["b"]["nbytes"] == sum(world.scheduler.tasks[future.key].nbytes for future in futures)
        assert told["stats"]["sources"] == 10
