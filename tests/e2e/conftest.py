"""One demo for all tests of this folder: made by `make demo` in a copy of the tracked files, as a new user would."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.demo import copied
from demo.notebook import Notebook
from isthmus.environment import Environment, load
from isthmus.local import World
from tests.e2e.machine import Machine

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Demo:
    """A demo that runs: its folder, what `make demo` said, and what the machine was like before."""

    root: Path
    done: subprocess.CompletedProcess[str]
    before: Machine

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
        return subprocess.run(["make", *arguments], cwd=self.root, capture_output=True, text=True)

    def pulumi(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [".venv/bin/python", "-m", "tools.pulumi", *arguments]
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    root = copied(tmp_path_factory.mktemp("demo") / "isthmus")
    before = Machine.now(root)
    try:
        done = subprocess.run(
            ["make", "demo", "DEMO=--ports auto --rounds 1"], cwd=root, capture_output=True, text=True
        )
        yield Demo(root, done, before)
    finally:
        World(root).clean()
