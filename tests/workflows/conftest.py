"""Clones of this repository, and what a job on a real stack finds on its machine."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.demo import copied
from isthmus.local.binaries import build
from isthmus.local.recipes import KUBE
from tests.local_api import ApiServer, api_server
from tests.workflows.runner import machine
from tools.pulumi.companions import install

#: make compares times: what is older than the environment that the tests run in does not make it anew.
LONG_AGO = (0, 0)


def git(folder: Path, *arguments: str) -> None:
    """Runs git as somebody."""
    somebody = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *somebody, *arguments], cwd=folder, check=True, capture_output=True)


def clone(folder: Path) -> Path:
    """A repository with the tracked files of this one as its only commit; `.venv` is the one of the tests."""
    root = copied(folder / "clone")
    git(root, "init", "--quiet", "--initial-branch=main")
    (root / ".git/info/exclude").write_text(".venv\n")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "base")
    for name in ("requirements/dev.txt", "pyproject.toml"):
        os.utime(root / name, LONG_AGO)
    return root


@pytest.fixture(scope="module")
def server() -> Iterator[ApiServer]:
    with api_server() as running:
        yield running


@pytest.fixture(scope="module")
def equipped(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a runner with kubectl, and with the Pulumi CLI and its plugins installed."""
    home = tmp_path_factory.mktemp("pulumi")
    companions = install(home)
    found = {**machine(), "PULUMI_HOME": str(home), "PULUMI_SKIP_UPDATE_CHECK": "true", **companions.environment}
    # A path to plugins may stand in what the companions ask for.
    found["PATH"] = os.pathsep.join([str(companions.cli.parent), str(build(KUBE)), found["PATH"]])
    return found
