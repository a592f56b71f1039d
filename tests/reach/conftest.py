"""One API server that runs, one that has run, and a PATH with kubectl."""

import os
from collections.abc import Iterator

import pytest

from isthmus.local.binaries import build
from isthmus.local.recipes import KUBE
from tests.local_api import api_server


@pytest.fixture(scope="session")
def running() -> Iterator[str]:
    """The kubeconfig of an API server that answers, as text."""
    with api_server() as server:
        yield server.kubeconfig.read_text()


@pytest.fixture(scope="session")
def stopped() -> str:
    """The kubeconfig of an API server that has ended."""
    with api_server() as server:
        return server.kubeconfig.read_text()


@pytest.fixture
def _kubectl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{build(KUBE)}{os.pathsep}{os.environ['PATH']}")
