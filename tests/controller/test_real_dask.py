"""Scale-down with a real scheduler and real workers: processes on loopback, pods on a real API server."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from distributed import Client, Event

from isthmus.names import ENV_SCHEDULER_ROUTES, SCHEDULER_ROUTES
from tests.controller.admin import Admin, Object
from tests.controller.kubelet import Kubelet
from tests.controller.objects import group, pod_spec
from tests.controller.running import Controller
from tests.controller.site import Site, of
from tests.waiting import eventually

pytestmark = pytest.mark.cluster

ADDRESS = re.compile(r"Scheduler at:\s+(tcp://\S+)")
DASHBOARD = re.compile(r"dashboard at:\s+(http://\S+?)/status")


@dataclass(frozen=True)
class Addresses:
    tcp: str
    http: str


@pytest.fixture
def scheduler() -> Iterator[Addresses]:
    """A scheduler as the controller would start it, with the routes that it adds."""
    command = [sys.executable, "-m", "dask", "scheduler", "--host", "tcp://127.0.0.1", "--port", "0"]
    environment = {**os.environ, ENV_SCHEDULER_ROUTES: str(list(SCHEDULER_ROUTES))}
    process = subprocess.Popen(
        [*command, "--dashboard-address", "127.0.0.1:0"], env=environment, stderr=subprocess.PIPE, text=True
    )
    log: list[str] = []
    assert process.stderr is not None
    reader = threading.Thread(target=lambda stream: log.extend(stream), args=[process.stderr], daemon=True)
    reader.start()
    try:
        said = eventually(lambda: "".join(log), lambda text: bool(ADDRESS.search(text) and DASHBOARD.search(text)))
        tcp, http = ADDRESS.search(said), DASHBOARD.search(said)
        assert tcp is not None
        assert http is not None
        yield Addresses(tcp[1], http[1])
    finally:
        process.terminate()
        process.wait(10)
        reader.join()
        process.stderr.close()


@pytest.fixture
def kubelet(admin: Admin, namespace: str) -> Iterator[Kubelet]:
    with Kubelet(admin, namespace, processes=True) as running:
        yield running


def workers(name: str, replicas: int, scheduler: Addresses) -> Object:
    made = group(name, replicas=replicas, schedulerAddress=scheduler.tcp, schedulerHttpAddress=scheduler.http)
    made["spec"]["worker"]["spec"] = pod_spec(
        *("dask", "worker", "--name", "$(DASK_WORKER_NAME)", "--host", "127.0.0.1", "--nthreads", "1"),
        *("--no-nanny", "--no-dashboard", "$(DASK_SCHEDULER_ADDRESS)"),
    )
    return made


def test_a_scale_down_takes_idle_workers_of_its_group_and_loses_nothing(
    site: Site, scheduler: Addresses, kubelet: Kubelet, controller: Controller
) -> None:
    site.make("daskworkergroups", workers("demo-north", 3, scheduler))
    site.make("daskworkergroups", workers("demo-south", 2, scheduler))
    with Client(scheduler.tcp) as client:
        client.wait_for_workers(5, timeout=60)
        north, south = site.live(of("demo-north")), site.live(of("demo-south"))
        names = [*north, *south]
        held = [client.submit(bytes, 1000 + k, workers=[names[k % 5]], key=f"held-{k}") for k in range(15)]
        assert client.gather(held) == [bytes(1000 + k) for k in range(15)]
        busy, go = north[1], Event("go", client=client)
        work = client.submit(_wait_for, "go", workers=[busy])
        eventually(lambda: _tasks(client, busy), 1)

        site.scale("daskworkergroups", "demo-north", 1)

        eventually(lambda: [pod["metadata"]["name"] for pod in site.pods(of("demo-north"))], [busy])
        eventually(lambda: _connected(client), {busy, *south})
        assert site.live(of("demo-south")) == south
        assert all(client.who_has(held)[future.key] for future in held), "every key is in memory still"
        assert client.gather(held) == [bytes(1000 + k) for k in range(15)]
        assert work.status == "pending"
        go.set()
        assert work.result(timeout=60) == "done"


def _wait_for(name: str) -> str:
    Event(name).wait()
    return "done"


def _connected(client: Client) -> set[str]:
    return {worker["name"] for worker in client.scheduler_info(n_workers=-1)["workers"].values()}


def _tasks(client: Client, name: str) -> int:
    """How many tasks the worker itself says that it runs: the scheduler knows by its heartbeat."""
    for worker in client.scheduler_info(n_workers=-1)["workers"].values():
        if worker["name"] == name:
            return int((worker["metrics"].get("task_counts") or {}).get("executing", 0))
    return 0
