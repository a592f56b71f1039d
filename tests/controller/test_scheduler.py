"""What the controller asks a scheduler, and which worker is whose."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from isthmus.controller.plan import Worker
from isthmus.controller.scheduler import SchedulerClient, SchedulerError, by_pod
from isthmus.controller.views import PodView
from tests.controller.dask_stub import DaskStub, identity
from tests.controller.views import a_group, a_pod

NOBODY = "http://127.0.0.1:9"


@pytest.fixture
async def client() -> AsyncIterator[SchedulerClient]:
    async with aiohttp.ClientSession() as session:
        yield SchedulerClient(session)


async def test_workers_come_with_what_they_do_and_hold(client: SchedulerClient, dask: DaskStub) -> None:
    dask.workers = lambda: {
        "tcp://10.0.0.1:9000": {
            "name": "a",
            "metrics": {
                "task_counts": {"executing": 1, "ready": 3, "memory": 7, "error": 1},
                "managed_bytes": 100,
                "spilled_bytes": {"memory": 50, "disk": 20},
            },
        },
        "tcp://10.0.0.2:9000": {"name": 7, "metrics": {}},
    }

    assert await client.workers(dask.url) == [
        Worker("a", "tcp://10.0.0.1:9000", tasks=4, nbytes=120),
        Worker("7", "tcp://10.0.0.2:9000", tasks=0, nbytes=0),
    ]


async def test_only_what_the_scheduler_confirms_counts_as_retired(client: SchedulerClient, dask: DaskStub) -> None:
    dask.keeps = {"tcp://b:1"}

    assert await client.retire(dask.url, ["tcp://a:1", "tcp://b:1"]) == {"tcp://a:1"}
    assert dask.asked == [["tcp://a:1", "tcp://b:1"]]


async def test_a_scheduler_without_its_api_is_told_from_one_that_is_away(
    client: SchedulerClient, dask: DaskStub
) -> None:
    dask.api = False
    with pytest.raises(SchedulerError) as off:
        await client.retire(dask.url, ["tcp://a:1"])
    with pytest.raises(SchedulerError) as away:
        await client.retire(NOBODY, ["tcp://a:1"])

    assert (off.value.reason, away.value.reason) == ("RetireUnavailable", "SchedulerUnreachable")


async def test_the_route_that_is_off_is_the_one_that_is_named(client: SchedulerClient, dask: DaskStub) -> None:
    dask.api = dask.json = False
    with pytest.raises(SchedulerError) as workers:
        await client.workers(dask.url)
    with pytest.raises(SchedulerError) as retire:
        await client.retire(dask.url, ["tcp://a:1"])

    assert workers.value.reason == "WorkersUnavailable"
    assert str(workers.value) == (
        f"{dask.url}/json/identity.json is not there: the scheduler serves HTTP without "
        "distributed.http.scheduler.json. Add it to DASK_DISTRIBUTED__SCHEDULER__HTTP__ROUTES of the scheduler; "
        "until then nobody knows which workers hold data, and none that runs is taken away."
    )
    assert retire.value.reason == "RetireUnavailable"
    assert str(retire.value) == (
        f"{dask.url}/api/v1/retire_workers is not there: the scheduler serves HTTP without "
        "distributed.http.scheduler.api. Add it to DASK_DISTRIBUTED__SCHEDULER__HTTP__ROUTES of the scheduler; "
        "until then only workers that have not connected go."
    )


async def test_the_routes_are_those_of_this_dask() -> None:
    from importlib import import_module

    served = {
        module: {route[0] for route in import_module(module).routes}
        for module in ("distributed.http.scheduler.json", "distributed.http.scheduler.api")
    }

    assert "json/identity.json" in served["distributed.http.scheduler.json"]
    assert "/api/v1/retire_workers" in served["distributed.http.scheduler.api"]


async def test_health_is_whether_anybody_answers(client: SchedulerClient, dask: DaskStub) -> None:
    assert (await client.is_up(dask.url), await client.is_up(NOBODY)) == (True, False)


SEATED = a_pod("p", slot=2)
POD_IP = PodView(**{**vars(a_pod("p")), "ip": "10.0.0.9"})
MATCHES = [
    ("by the name that its pod gave it", a_pod("p"), Worker("p", "tcp://10.0.0.1:1", 0, 0), True),
    ("by the address of its seat", SEATED, Worker("0", "tcp://[fd62:7c3f:cad5:2::13]:9000", 0, 0), True),
    ("by its IP", POD_IP, Worker("test-worker", "tcp://10.0.0.9:4711", 0, 0), True),
    ("not by another's seat", SEATED, Worker("0", "tcp://[fd62:7c3f:cad5:2::14]:9000", 0, 0), False),
    ("not by nothing", a_pod("p"), Worker("q", "tcp://10.0.0.1:1", 0, 0), False),
]


@pytest.mark.parametrize(("pod", "worker", "found"), [row[1:] for row in MATCHES], ids=[row[0] for row in MATCHES])
def test_a_worker_is_its_pods(pod: PodView, worker: Worker, found: bool) -> None:
    assert by_pod([worker], [pod], a_group(1, slots=(0, 4))) == ({"p": worker} if found else {})


def test_the_fields_are_those_of_a_worker_of_this_dask() -> None:
    """The stub's identity has the shape of distributed's; the names of states are distributed's, too."""
    from typing import get_args

    from distributed.worker_state_machine import TaskStateState

    from isthmus.controller.scheduler import _AT_REST

    assert set(get_args(TaskStateState)) >= _AT_REST
    assert identity("a")["metrics"].keys() == {"task_counts", "managed_bytes", "spilled_bytes"}
