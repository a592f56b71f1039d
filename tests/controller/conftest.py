import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.controller.admin import Admin, Refusal
from tests.controller.dask_stub import DaskStub
from tests.controller.kubelet import Kubelet
from tests.controller.running import Controller, Recorder
from tests.controller.site import Site
from tests.local_api import ApiServer, api_server
from tests.waiting import eventually

CRDS = Path(__file__).parents[2] / "components" / "crds"
_serial = itertools.count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[ApiServer]:
    """A real API server with its controllers and our CustomResourceDefinitions; no node."""
    with api_server() as started:
        admin = Admin(started)
        for file in sorted(CRDS.glob("*.yaml")):
            admin.create("customresourcedefinitions", yaml.safe_load(file.read_text()))
        eventually(lambda: [_served(admin, plural) for plural in ("daskclusters", "daskworkergroups")], [True, True])
        yield started


def _served(admin: Admin, plural: str) -> bool:
    try:
        return admin.list(plural, "default") == []
    except Refusal:
        return False


@pytest.fixture
def admin(server: ApiServer) -> Admin:
    return Admin(server)


@pytest.fixture
def namespace(admin: Admin) -> str:
    """A namespace of the test's own."""
    name = f"isthmus-test-{next(_serial)}"
    admin.create("namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    return name


@pytest.fixture
def dask() -> Iterator[DaskStub]:
    """A scheduler that answers from a table."""
    with DaskStub() as running:
        yield running


@pytest.fixture
def site(admin: Admin, namespace: str) -> Site:
    return Site(admin, namespace)


@pytest.fixture
def kubelet(admin: Admin, namespace: str) -> Iterator[Kubelet]:
    """Pods of the namespace are said to run."""
    with Kubelet(admin, namespace) as running:
        yield running


@pytest.fixture
def recorder() -> Recorder:
    """Every call of `controller`."""
    return Recorder()


@pytest.fixture
def controller(server: ApiServer, namespace: str, recorder: Recorder) -> Iterator[Controller]:
    with Controller(server.kubeconfig, namespace, [recorder]) as running:
        yield running
