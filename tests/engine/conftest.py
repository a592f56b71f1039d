"""One API server for the room, and projects whose stacks end with the test that made them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.project import Project
from tests.local_api import ApiServer, api_server


@pytest.fixture(scope="session")
def server() -> Iterator[ApiServer]:
    with api_server() as running:
        yield running


@pytest.fixture(scope="module")
def project(server: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The test program on the API server, not deployed yet."""
    made = Project(tmp_path_factory.mktemp("engine"), server.kubeconfig)
    yield made
    made.engine.ask("destroy", "--yes", "--skip-preview", expect=None)


@pytest.fixture
def pack() -> Path:
    return Path(__file__).parent / "pack"
