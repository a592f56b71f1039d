"""Scale-down of connected workers, against a scheduler that answers from a table."""

from collections.abc import Callable, Iterator

import pytest

from isthmus import names
from tests.controller.dask_stub import DaskStub, identity
from tests.controller.kubelet import Kubelet
from tests.controller.objects import seated
from tests.controller.running import Controller, Recorder
from tests.controller.site import Site, of
from tests.local_api import ApiServer
from tests.waiting import eventually

pytestmark = pytest.mark.cluster

NORTH, SOUTH = of("demo-north"), of("demo-south")


def address(slot: int) -> str:
    """Where the worker in a slot of `objects.slots` listens."""
    return f"tcp://[fd62:7c3f:cad5:2::{0x11 + slot:x}]:9000"


@pytest.fixture
def groups(site: Site, kubelet: Kubelet, dask: DaskStub) -> Callable[[int, int], None]:
    """Makes two groups of one cluster, north in slots 0 to 3 and south in 4 to 7; the scheduler knows all of them."""

    def known() -> dict[str, dict[str, object]]:
        return {
            address(slot): identity(pod["metadata"]["name"], nbytes=100 - slot)
            for pod in site.pods("dask.org/component=worker")
            for slot in [int(pod["metadata"]["labels"]["isthmus.dev/slot"])]
            if pod["status"].get("phase") == "Running"
        }

    def make(north: int, south: int) -> None:
        dask.workers = known
        http = {"schedulerHttpAddress": dask.url}
        site.make("daskworkergroups", seated("demo-north", replicas=north, first=0, count=4, **http))
        site.make("daskworkergroups", seated("demo-south", replicas=south, first=4, count=4, **http))
        eventually(lambda: (len(site.live(NORTH)), len(site.live(SOUTH))), (north, south))

    return make


def test_only_workers_of_the_group_are_retired_by_address_the_one_with_the_least_data_first(
    site: Site, dask: DaskStub, groups: Callable[[int, int], None], controller: Controller
) -> None:
    groups(3, 2)
    south = site.live(SOUTH)

    site.scale("daskworkergroups", "demo-north", 1)

    eventually(lambda: site.slots(NORTH), ["0"])
    assert dask.asked == [[address(2), address(1)]], "slot 2 holds 98 bytes, slot 1 99, slot 0 100"
    assert site.live(SOUTH) == south, "south holds least of all and is another group"
    eventually(lambda: site.scaling("demo-north"), ("False", "AsAsked"))


def test_a_worker_whose_data_has_no_other_place_stays_and_the_group_says_so(
    site: Site,
    dask: DaskStub,
    groups: Callable[[int, int], None],
    controller: Controller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("isthmus.controller.retire.PEACE_S", 0.5)
    groups(2, 0)
    dask.keeps = {address(1)}

    site.scale("daskworkergroups", "demo-north", 0)

    eventually(lambda: site.scaling("demo-north"), ("True", "DataStays"))
    eventually(lambda: site.slots(NORTH), ["1"])
    dask.keeps = set()
    eventually(lambda: site.slots(NORTH), [])
    eventually(lambda: site.scaling("demo-north"), ("False", "AsAsked"))


def test_without_the_schedulers_api_running_workers_stay_unmarked(
    site: Site, dask: DaskStub, groups: Callable[[int, int], None], controller: Controller
) -> None:
    dask.api = False
    groups(2, 0)

    site.scale("daskworkergroups", "demo-north", 1)

    eventually(lambda: site.scaling("demo-north"), ("True", "RetireUnavailable"))
    marked = [names.ANNOTATION_RETIRING in pod["metadata"].get("annotations", {}) for pod in site.pods(NORTH)]
    assert marked == [False, False]


def test_what_leaves_is_not_counted_and_a_scale_up_meanwhile_takes_a_new_seat(
    site: Site, dask: DaskStub, groups: Callable[[int, int], None], controller: Controller
) -> None:
    groups(2, 0)
    dask.holds.clear()
    site.scale("daskworkergroups", "demo-north", 1)
    eventually(lambda: dask.asked, [[address(1)]])

    site.scale("daskworkergroups", "demo-north", 2)

    eventually(lambda: site.slots(NORTH), ["0", "1", "2"])
    dask.holds.set()
    eventually(lambda: site.slots(NORTH), ["0", "2"])


def test_an_interrupted_retirement_is_finished_by_the_next_controller(
    site: Site, server: ApiServer, dask: DaskStub, groups: Callable[[int, int], None], recorder: Recorder
) -> None:
    with Controller(server.kubeconfig, site.namespace):
        groups(3, 1)
        dask.holds.clear()
        site.scale("daskworkergroups", "demo-north", 1)
        eventually(lambda: len(dask.asked), 1)
    marked = {
        pod["metadata"]["name"]
        for pod in site.pods(NORTH)
        if names.ANNOTATION_RETIRING in pod["metadata"].get("annotations", {})
    }
    assert len(marked) == 2
    # The scheduler has let one of them go while no controller ran; it is not listed any more.
    known = dask.workers
    dask.workers = lambda: {name: worker for name, worker in known().items() if name != address(2)}
    dask.holds.set()

    with Controller(server.kubeconfig, site.namespace, [recorder]):
        eventually(lambda: site.slots(NORTH), ["0"])
        eventually(lambda: site.scaling("demo-north"), ("False", "AsAsked"))

    assert dask.asked[1:] == [[address(1)]], "only the one that is still listed is asked for again"
    assert len(site.live(SOUTH)) == 1


@pytest.fixture(autouse=True)
def _nothing_held(dask: DaskStub) -> Iterator[None]:
    yield
    dask.holds.set()
