"""Lost answers, busy servers, missed events, a frozen queue."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import aiohttp
import pytest

from isthmus.controller import health, main
from isthmus.controller.kinds import PODS, Key
from isthmus.controller.work import sweep, sweep_kind
from isthmus.controller.world import World
from isthmus.errors import IsthmusError
from tests.controller.admin import condition
from tests.controller.kubelet import Kubelet
from tests.controller.objects import cluster, seated
from tests.controller.running import Call, Controller, Recorder
from tests.controller.site import Site, of
from tests.local_api import ApiServer
from tests.waiting import eventually


class LosesAnswers:
    """A client middleware: pods are made, and the answer to the first few creations never arrives."""

    def __init__(self, count: int) -> None:
        self.left = count

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        response = await handler(request)
        if request.method == "POST" and request.url.path.endswith("/pods") and self.left > 0:
            self.left -= 1
            response.close()
            raise aiohttp.ServerDisconnectedError
        return response


class Stumbles:
    """A client middleware: one write of three is refused by a server that is busy or falling over."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.refused: list[Call] = []

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        if request.method != "GET" and self._random.random() < 1 / 3:
            self.refused.append(Call(request.method, request.url.path, ""))
            raise aiohttp.ServerDisconnectedError
        return await handler(request)


@pytest.mark.cluster
def test_a_creation_whose_answer_is_lost_does_not_make_a_second_worker(
    site: Site, server: ApiServer, kubelet: Kubelet
) -> None:
    losing, recorder = LosesAnswers(2), Recorder()
    with Controller(server.kubeconfig, site.namespace, [recorder, losing]):
        site.make("daskworkergroups", seated(replicas=2))
        eventually(lambda: site.workers("demo-north"), ("True", "Ready"))

    assert losing.left == 0
    made = [call for call in recorder.writes if call.method == "POST" and call.path.endswith("/pods")]
    assert (len(made), len(site.pods(of("demo-north")))) == (2, 2)


@pytest.mark.cluster
def test_a_server_that_stumbles_delays_and_changes_nothing(
    site: Site, server: ApiServer, kubelet: Kubelet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("isthmus.controller.expectations.PATIENCE_S", 1.0)
    stumbling = Stumbles(seed=1)
    with Controller(server.kubeconfig, site.namespace, [stumbling]):
        site.make("daskclusters", cluster(replicas=2))
        eventually(lambda: condition(site.get("daskclusters", "demo"), "WorkersReady"), ("True", "Ready"))
        site.scale("daskclusters", "demo", 4)
        eventually(lambda: len(site.live(of("demo-default"))), 4)
        eventually(lambda: site.workers("demo-default"), ("True", "Ready"))

    assert stumbling.refused, "nothing was refused: the test has shown nothing"
    assert len(site.pods(of("demo-default"))) == 4


class Table:
    """An API of one list."""

    def __init__(self, items: list[dict[str, Any]]) -> None:
        self.items = items

    async def list(self, *_: Any) -> list[dict[str, Any]]:
        return self.items


def pod(name: str) -> dict[str, Any]:
    labels = {"dask.org/cluster-name": "demo", "dask.org/workergroup-name": "demo-north"}
    return {"metadata": {"name": name, "namespace": "ns", "uid": f"{name}-uid", "labels": labels}}


@pytest.fixture
def world() -> World:
    api: Any = Table([])
    schedulers: Any = None
    return World(api=api, schedulers=schedulers)


async def test_an_end_that_no_watch_showed_is_found(world: World) -> None:
    world.event(PODS, pod("gone"))
    world.event(PODS, pod("there"))
    world.queue.take()
    api: Any = Table([pod("there")])
    world.api = api

    await sweep_kind(world, PODS, "ns")

    assert [body["metadata"]["name"] for body in world.store.of_group("ns", "demo-north")] == ["there"]
    world.queue.done(Key("daskworkergroups", "ns", "demo-north"))
    assert world.queue.take() == Key("daskworkergroups", "ns", "demo-north")


async def test_what_appears_while_a_list_is_read_is_not_taken_for_gone(world: World) -> None:
    class Slow(Table):
        async def list(self, *_: Any) -> list[dict[str, Any]]:
            world.event(PODS, pod("new"))
            return []

    api: Any = Slow([])
    world.api = api

    await sweep_kind(world, PODS, "ns")

    assert [body["metadata"]["name"] for body in world.store.of_group("ns", "demo-north")] == ["new"]


async def test_a_sweep_that_meets_an_unforeseen_error_is_logged_and_comes_again(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class NoToken(Table):
        """The token file cannot be read once."""

        async def list(self, *_: Any) -> list[dict[str, Any]]:
            if not caplog.records:
                raise PermissionError("token")
            read.set()
            return []

    read = asyncio.Event()
    api: Any = NoToken([])
    world.api = api
    monkeypatch.setattr("isthmus.controller.work.FIRST_SWEEP_S", 0.0)
    monkeypatch.setattr("isthmus.controller.work.SWEEP_S", 0.0)

    sweeping = asyncio.create_task(sweep(world, ["ns"]))
    try:
        await asyncio.wait([sweeping, asyncio.create_task(read.wait())], timeout=10, return_when="FIRST_COMPLETED")
        assert read.is_set()
    finally:
        sweeping.cancel()
        await asyncio.gather(sweeping, return_exceptions=True)

    (said,) = caplog.records
    assert said.exc_info is not None
    assert (said.getMessage(), said.exc_info[0]) == ("sweep failed again_in_s=0", PermissionError)


async def test_a_loop_that_ends_ends_the_controller_with_its_cause(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(_: World, __: Sequence[str]) -> None:
        raise ZeroDivisionError("a mistake of ours")

    monkeypatch.setattr(main, "sweep", broken)

    with pytest.raises(IsthmusError, match=r"^sweep ended: ZeroDivisionError\('a mistake of ours'\)") as ended:
        async with main._loops(world, ["ns"]):
            await asyncio.sleep(10)

    assert isinstance(ended.value.__cause__, ZeroDivisionError)
    assert [(said.getMessage(), said.exc_info is not None) for said in caplog.records] == [
        ("loop ended name=sweep", True)
    ]


async def test_a_controller_that_is_told_to_end_is_no_fault(world: World) -> None:
    async def block() -> None:
        async with main._loops(world, ["ns"]):
            inside.set()
            await asyncio.sleep(10)

    inside = asyncio.Event()
    running = asyncio.create_task(block())
    await inside.wait()
    running.cancel()

    with pytest.raises(asyncio.CancelledError):
        await running


async def test_health_tells_age_and_lag_and_is_bad_when_a_key_waits_too_long(world: World) -> None:
    moment = [1000.0]
    world.now = lambda: moment[0]
    assert health.report(world)["lastEventAgeSeconds"] is None

    world.event(PODS, pod("a"))
    moment[0] = 1007.5
    said = health.report(world)
    assert (said["lastEventAgeSeconds"], said["queueLength"], said["now"]) == (
        7.5,
        1,
        "1970-01-01T00:16:47.500000+00:00",
    )
    assert health.healthy(said)

    assert not health.healthy({**said, "queueLagSeconds": health.LAG_S})
    assert not health.healthy({**said, "lastReadAgeSeconds": health.READ_S})


async def test_healthz_is_json_and_503_when_bad_readyz_also_until_everything_was_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = await health.serve(world, "127.0.0.1", 0)
    try:
        port = runner.addresses[0][1]
        async with aiohttp.ClientSession() as session:

            async def statuses() -> list[int]:
                found = []
                for path in ("healthz", "readyz"):
                    async with session.get(f"http://127.0.0.1:{port}/{path}") as answer:
                        assert answer.content_type == "application/json"
                        found.append(answer.status)
                return found

            assert await statuses() == [200, 503]
            world.last_read = world.now()
            assert await statuses() == [200, 200]
            monkeypatch.setattr(health, "LAG_S", 0.0)
            assert await statuses() == [503, 503]
    finally:
        await runner.cleanup()
