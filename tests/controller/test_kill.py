"""The controller is cut off at each of its writes; the next one completes the work."""

import gc
from collections.abc import Iterator

import pytest

from tests.controller.dask_stub import DaskStub, identity
from tests.controller.kubelet import Kubelet
from tests.controller.objects import cluster, seated
from tests.controller.running import Controller, Guillotine
from tests.controller.site import Site, of
from tests.local_api import ApiServer
from tests.waiting import eventually

pytestmark = [
    pytest.mark.cluster,
    # kopf, cut off while it connects, leaves its sockets to the garbage collector, as a killed process does.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def _leftovers() -> Iterator[None]:
    yield
    gc.collect()


#: Writes of a scheduler, its Service, its group, a status, two workers and their status: cut at each of them.
WRITES = range(1, 9)


def started(server: ApiServer, site: Site, at_write: int) -> tuple[Controller, Guillotine]:
    blade = Guillotine(at_write)
    controller = Controller(server.kubeconfig, site.namespace, [blade])
    blade.end = controller.kill_soon
    return controller, blade


@pytest.mark.parametrize("at_write", WRITES)
def test_a_cluster_is_made_once_whatever_write_is_cut_off(
    at_write: int, site: Site, server: ApiServer, kubelet: Kubelet
) -> None:
    site.make("daskclusters", cluster(replicas=2))
    controller, blade = started(server, site, at_write)
    with controller:
        eventually(blade.fell.is_set, True)
    made = len(site.pods(of("demo-default")))
    assert made <= 2

    with Controller(server.kubeconfig, site.namespace):
        eventually(lambda: site.workers("demo-default"), ("True", "Ready"))

    assert len(site.pods(of("demo-default"))) == 2
    assert [body["metadata"]["name"] for body in site.admin.list("deployments", site.namespace)] == ["demo-scheduler"]


@pytest.mark.parametrize("at_write", range(1, 7))
def test_a_scale_down_ends_at_the_number_whatever_write_is_cut_off(
    at_write: int, site: Site, server: ApiServer, kubelet: Kubelet, dask: DaskStub
) -> None:
    """Writes: two marks, the scheduler's answer, two deletions, statuses between."""
    site.make("daskworkergroups", seated(replicas=3, schedulerHttpAddress=dask.url))
    with Controller(server.kubeconfig, site.namespace):
        eventually(lambda: site.workers("demo-north"), ("True", "Ready"))
    names = site.live(of("demo-north"))
    gone: set[str] = set()
    dask.workers = lambda: {
        f"tcp://127.0.0.1:{9000 + number}": identity(name)
        for number, name in enumerate(names)
        if f"tcp://127.0.0.1:{9000 + number}" not in {address for asked in dask.asked for address in asked} | gone
    }
    site.scale("daskworkergroups", "demo-north", 1)
    controller, blade = started(server, site, at_write)
    with controller:
        eventually(blade.fell.is_set, True)

    with Controller(server.kubeconfig, site.namespace):
        eventually(lambda: len(site.pods(of("demo-north"))), 1)
        eventually(lambda: site.scaling("demo-north"), ("False", "AsAsked"))
        eventually(lambda: (site.get("daskworkergroups", "demo-north") or {})["status"]["replicas"], 1)

    assert site.live(of("demo-north"))[0] in names, "the one that is left was there from the beginning"


def test_a_changed_number_is_handed_down_once_when_it_is_cut_off(
    site: Site, server: ApiServer, kubelet: Kubelet
) -> None:
    site.make("daskclusters", cluster(replicas=1))
    with Controller(server.kubeconfig, site.namespace):
        eventually(lambda: site.workers("demo-default"), ("True", "Ready"))
    site.scale("daskclusters", "demo", 2)
    controller, blade = started(server, site, 1)
    with controller:
        eventually(blade.fell.is_set, True)
    site.scale("daskworkergroups", "demo-default", 3)  # the user's own number, after the hand-down

    with Controller(server.kubeconfig, site.namespace):
        eventually(lambda: len(site.live(of("demo-default"))), 3)
        eventually(lambda: site.workers("demo-default"), ("True", "Ready"))

    group = site.get("daskworkergroups", "demo-default") or {}
    assert group["spec"]["worker"]["replicas"] == 3
