"""One demo for all tests of this folder: made by `make demo` in a copy of the tracked files, as a new user would."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.demo import copied
from demo.notebook import Notebook
from isthmus.environment import Environment, load
from isthmus.local import World

CHECKOUT = Path(__file__).resolve().parents[2]

#: The copy shares the checkout's .venv: were that made anew from here, it would lead to a folder that goes away.
MAKE = ("make", "--assume-old=.venv/.ready")


@dataclass(frozen=True)
class Demo:
    """A demo that runs: its folder, what `make demo` said, and what the machine was like before."""

    root: Path
    done: subprocess.CompletedProcess[str]
    interfaces_before: frozenset[str]

    @property
    def world(self) -> World:
        return World(self.root)

    @property
    def environment(self) -> Environment:
        return load(self.root, "local")

    @property
    def notebook(self) -> Notebook:
        return Notebook(self.world, self.environment)

    def make(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run_whole([*MAKE, *arguments], self.root)

    def pulumi(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [".venv/bin/python", "-m", "tools.pulumi", *arguments]
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True)


def run_whole(command: list[str], root: Path) -> "subprocess.CompletedProcess[str]":
    """Runs a command in a process group of its own, which ends here also when a time limit cuts the test off."""
    with subprocess.Popen(
        command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            output, errors = process.communicate()
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """After everything else, so that data centres which idle slow nothing down; what ends the demo is the last."""
    here = Path(__file__).parent
    items.sort(key=lambda item: (item.path.parent == here, item.path.name == "test_end.py"))


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    root = copied(tmp_path_factory.mktemp("demo") / "isthmus")
    interfaces = frozenset(path.name for path in Path("/sys/class/net").iterdir())
    try:
        yield Demo(root, run_whole([*MAKE, "demo", "DEMO=--ports auto --rounds 1"], root), interfaces)
    finally:
        World(root).clean()
