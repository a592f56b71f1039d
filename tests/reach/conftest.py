"""One API server that runs, a place where none does, and a PATH with kubectl."""

import json
import os
import socket
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
def stopped(running: str) -> str:
    """A kubeconfig that leads to where nobody listens any longer."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    config = json.loads(running)
    config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{port}"
    return json.dumps(config)


@pytest.fixture
def _kubectl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{build(KUBE)}{os.pathsep}{os.environ['PATH']}")
