"""A real Dask cluster over three sites: scheduler in home, workers everywhere, a client that knows of nothing."""

from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from distributed import Client

from tests.network import dask_programs
from tests.network.dask_programs import address
from tests.network.lab import Lab, Pod
from tests.network.relay import relayed
from tests.network.world import Program
from tests.waiting import until

pytestmark = pytest.mark.network

SEATS = [("home", "slot-0"), ("ecmwf", "slot-0"), ("ecmwf", "slot-1"), ("eumetsat", "slot-0")]
MB = 1_000_000
#: Bytes that Dask's own talk and the tunnel's echoes may take while a test transfers 20 MB.
TALK = 1 * MB


class Cluster:
    """The programs and a client, which came in by the alias of ecmwf's gateway."""

    def __init__(self, lab: Lab, client: Client, workers: dict[tuple[str, str], Program]) -> None:
        self.lab, self.client, self.workers = lab, client, workers

    def members(self) -> set[str]:
        return set(self.client.scheduler_info(n_workers=-1)["workers"])

    def has(self, *pods: Pod) -> None:
        """Back when exactly these pods' workers are members."""
        want = {address(pod) for pod in pods}
        until(f"the members are {sorted(want)}", lambda: self.members() == want, within_s=60)

    def transfer(self, here: Pod, there: Pod, size: int) -> None:
        """Makes `size` random bytes at one worker and takes them to another."""
        made = self.client.submit(_random, size, workers=[address(here)], pure=False)
        length = self.client.submit(len, made, workers=[address(there)], pure=False)
        assert length.result(timeout=60) == size


def _random(size: int) -> bytes:
    import os

    return os.urandom(size)


_random.__module__ = "__main__"  # so that it is sent as it is: these tests are not installed at the workers


def moved(pods: list[Pod], action: Callable[[], None]) -> list[float]:
    """Bytes that each pod's tunnel exchanges while `action` runs."""
    before = [pod.wire_bytes() for pod in pods]
    action()
    return [pod.wire_bytes() - then for pod, then in zip(pods, before, strict=True)]


@pytest.fixture(scope="module")
def cluster(lab: Lab) -> Iterator[Cluster]:
    dask_programs.pack(lab)
    scheduler = dask_programs.scheduler(lab.pods["home", "scheduler"])
    workers = {seat: dask_programs.worker(lab.pods[seat]) for seat in SEATS}
    outsider = lab.world.node("client", {"eth0": ("ecmwf", "10.2.0.99/24")})
    try:
        # The gateway's alias holds a caller for 10 s; on a busy machine a scheduler needs longer to start.
        until("the scheduler listens", lambda: "Scheduler at:" in scheduler.says(), within_s=60)
        with relayed(lambda: outsider.connect("10.2.0.1", 8786)) as port, Client(f"tcp://127.0.0.1:{port}") as client:
            cluster = Cluster(lab, client, workers)
            cluster.has(*(lab.pods[seat] for seat in SEATS))
            yield cluster
    finally:
        for program in (*workers.values(), scheduler):
            program.end()


def test_workers_and_nannies_have_their_data_plane_addresses(cluster: Cluster) -> None:
    known = cluster.client.scheduler_info(n_workers=-1)["workers"]

    assert {worker: facts["nanny"] for worker, facts in known.items()} == {
        address(cluster.lab.pods[seat]): f"tcp://[{cluster.lab.pods[seat].address}]:9001" for seat in SEATS
    }


def test_what_crosses_sites_goes_through_the_tunnels(cluster: Cluster) -> None:
    here, there = cluster.lab.pods["ecmwf", "slot-0"], cluster.lab.pods["eumetsat", "slot-0"]
    gateways = [cluster.lab.pods["ecmwf", "gateway"], cluster.lab.pods["eumetsat", "gateway"]]

    crossed = moved([here, there, *gateways], lambda: cluster.transfer(here, there, 20 * MB))

    assert all(count > 20 * MB for count in crossed), crossed


def test_what_stays_in_a_site_goes_through_no_tunnel(cluster: Cluster) -> None:
    here, there = cluster.lab.pods["ecmwf", "slot-0"], cluster.lab.pods["ecmwf", "slot-1"]
    gateway = cluster.lab.pods["ecmwf", "gateway"]

    crossed = moved([here, there, gateway], lambda: cluster.transfer(here, there, 20 * MB))

    assert all(count < TALK for count in crossed), crossed


def test_scheduler_and_worker_of_one_site_need_no_tunnel(cluster: Cluster) -> None:
    """Both ways: the worker's own connection to the scheduler, and a call of the scheduler to the worker."""
    worker, scheduler = cluster.lab.pods["home", "slot-0"], cluster.lab.pods["home", "scheduler"]

    def talk() -> None:
        [there] = cluster.client.scatter([bytes(20 * MB)], workers=[address(worker)], direct=False)
        assert cluster.client.submit(len, there, workers=[address(worker)]).result(timeout=60) == 20 * MB
        assert cluster.client.run(_random, 5 * MB, workers=[address(worker)])

    [crossed] = moved([worker], talk)

    assert crossed < TALK
    assert scheduler.ready()


def test_a_worker_that_another_pod_replaced_in_its_slot_is_found(cluster: Cluster) -> None:
    """Same address, key and name; another pod and another address in the pod network."""
    lab = cluster.lab
    old, sibling = lab.pods["ecmwf", "slot-1"], lab.pods["ecmwf", "slot-0"]
    cluster.transfer(sibling, old, 1 * MB)  # so that whoever keeps what it resolved keeps the wrong thing
    cluster.workers["ecmwf", "slot-1"].end()
    cluster.has(*(lab.pods[seat] for seat in SEATS if seat != ("ecmwf", "slot-1")))
    old.kill()
    old.node.unplug("eth0")

    new = lab.pods["ecmwf", "slot-1"] = lab.lay("ecmwf", "slot-1", host=121, suffix="-again")
    lab.publish("ecmwf", slot_1=121)
    new.start()
    cluster.workers["ecmwf", "slot-1"] = dask_programs.worker(new)
    cluster.has(*(lab.pods[seat] for seat in SEATS))

    def both_ways() -> None:
        cluster.transfer(sibling, new, 20 * MB)
        cluster.transfer(new, sibling, 20 * MB)

    crossed = moved([new, sibling], both_ways)
    assert all(count < TALK for count in crossed), crossed


def test_no_worker_is_lost_when_a_gateway_crashes(cluster: Cluster) -> None:
    gateway = cluster.lab.pods["home", "gateway"]  # every worker of another site talks to the scheduler through it
    pods = [cluster.lab.pods[seat] for seat in SEATS]

    def ids() -> dict[str, str]:
        known = cluster.client.scheduler_info(n_workers=-1)["workers"]
        return {worker: cast(str, facts["id"]) for worker, facts in known.items()}

    before, kept = ids(), cluster.client.submit(_random, MB, workers=[address(pods[1])])
    kept.result(timeout=60)
    gateway.kill()
    gateway.start()
    cluster.lab.settle()

    for pod in pods:
        assert cluster.client.submit(len, kept, workers=[address(pod)], pure=False).result(timeout=60) == MB
    assert ids() == before


def test_a_nanny_of_another_site_starts_its_worker_anew(cluster: Cluster) -> None:
    pod = cluster.lab.pods["eumetsat", "slot-0"]

    def process_id() -> int:
        import os

        return os.getpid()

    process_id.__module__ = "__main__"
    before: Any = cluster.client.run(process_id, workers=[address(pod)])
    assert cluster.client.restart_workers([address(pod)], timeout=60) == {address(pod): "OK"}
    cluster.has(*(cluster.lab.pods[seat] for seat in SEATS))

    assert cluster.client.run(process_id, workers=[address(pod)]) != before
