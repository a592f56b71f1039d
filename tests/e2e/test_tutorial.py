"""The tutorial "Your first three data centres", typed from its first line to its last in a fresh clone."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from isthmus.local import World
from tests.docs.clones import cloned
from tests.docs.commands import typed
from tests.docs.test_commands import ELSEWHERE
from tests.e2e.conftest import run_whole
from tests.local.worlds import left_over

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

PAGE = "docs/guides/first-three-data-centres.md"
#: A shell of the test has it already.
ACTIVATE = "source .venv/bin/activate"


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Path]:
    root = cloned(tmp_path / "isthmus")
    try:
        yield root
    finally:
        World(root).clean()


def test_the_tutorial_works_line_by_line_and_leaves_nothing(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{clone}/.venv/bin{os.pathsep}{os.environ['PATH']}")
    said = {}
    for command in typed(PAGE):
        if command in ELSEWHERE.keys() - {"isthmus local up", "isthmus local clean"} or command == ACTIVATE:
            continue
        done = run_whole(["bash", "-c", on_free_ports(command, clone)], clone)
        assert done.returncode == 0, f"$ {command}\n{done.stdout}{done.stderr}"
        said[command] = done.stdout

    assert said["python ask.py"] == "difference: 0.5 K\n"
    assert said["git checkout stacks/local/ecmwf.yaml"] == ""
    assert not (clone / ".isthmus").exists()
    assert left_over(clone) == []
    clean = subprocess.run(["git", "status", "--short"], cwd=clone, capture_output=True, text=True, check=True)
    assert clean.stdout == ""


def on_free_ports(command: str, root: Path) -> str:
    """The same, where another world may be up on the usual ports."""
    if command == "isthmus local up":
        return f"{command} --ports auto"
    if "tcp://127.0.0.1:8786" in command:
        return command.replace("tcp://127.0.0.1:8786", World(root).status()["scheduler"])
    return command
