"""What users ask of Dask themselves stays as they asked."""

import dask
import dask.config
import pytest
from dask.delayed import delayed
from distributed import wait

from isthmus.pools import pool
from isthmus.pools.client import install
from tests.pools.sites import DEADLINE_S, World, cluster, worker_spec
from tests.pools.sources import load


def test_their_workers_win_over_the_pool(world: World) -> None:
    with pool("b"):
        future = world.client.submit(load, 99, workers=[world.worker("a-0").address], pure=False)
    wait(future, timeout=DEADLINE_S)

    assert world.lie_in([future]) == {"a"}


def test_their_resources_compose_with_the_pool() -> None:
    specs = {
        "a-gpu": worker_spec(["a"], {"GPU": 1}),
        "b-0": worker_spec(["b"]),
        "b-gpu": worker_spec(["b"], {"GPU": 1}),
    }
    with cluster(specs=specs) as world:
        with pool("b"):
            futures = world.client.map(load, range(6), resources={"GPU": 1}, pure=False)
        wait(futures, timeout=DEADLINE_S)

        assert set(world.holders(futures)) == {"b-gpu"}


def test_delayed_keeps_its_other_annotations(world: World) -> None:
    seen: dict[str, object] = {}
    with dask.annotate(retries=3), pool("b"):
        single = delayed(load)(7)
    future = world.client.compute(single)
    wait(future)
    for ts in world.scheduler.tasks.values():
        seen.update(ts.annotations or {})

    assert (seen["pool"], seen["retries"]) == ("b", 3)


def test_an_optimization_that_somebody_set_before_stays(caplog: pytest.LogCaptureFixture) -> None:
    def theirs(graph: object, keys: object) -> object:
        return graph

    with dask.config.set({"array_optimize": theirs}):
        install()
        assert dask.config.get("array_optimize") is theirs
    assert "array_optimize" in caplog.text
