"""However a world ends, nothing of it is left, and the next one comes up."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from isthmus.errors import IsthmusError
from isthmus.local import DataCentres, World
from isthmus.local.waiting import wait_until
from tests.local.worlds import left_over, project

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]


def isthmus(root: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [str(Path(sys.executable).parent / "isthmus"), "local", *arguments]
    return subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_a_killed_world_leaves_nothing_running_comes_up_on_its_state_and_is_cleaned_away(tmp_path: Path) -> None:
    root = project(tmp_path, "only")
    with isthmus(root, "up", "--ports", "auto") as up:
        said = up.communicate(timeout=200)[0]
    assert up.returncode == 0, said
    world = World(root)
    world.kubectl("only", "create", "configmap", "kept", "--from-literal=a=b")

    os.kill(world.status()["supervisor"], signal.SIGKILL)

    assert wait_until(lambda: not [row for row in left_over(root) if not row.startswith("cgroup")], 20)
    assert not world.up
    with DataCentres(root) as again:
        assert json.loads(again.kubectl("only", "get", "configmap", "kept", "-o", "json"))["data"] == {"a": "b"}
        os.kill(again.status()["supervisor"], signal.SIGKILL)
    world.clean()
    assert (left_over(root), world.state.exists()) == ([], False)


def test_interrupting_a_start_leaves_nothing(tmp_path: Path) -> None:
    root = project(tmp_path, "only")
    with isthmus(root, "up", "--ports", "auto") as up:
        assert up.stdout is not None
        assert any("booted" in line for line in up.stdout)
        up.send_signal(signal.SIGINT)
        assert up.wait(60) == 130

    assert left_over(root) == []
    World(root).clean()


def test_a_start_ends_with_whoever_waits_for_it_even_after_sigkill(tmp_path: Path) -> None:
    root = project(tmp_path, "only")
    with isthmus(root, "up", "--ports", "auto") as up:
        assert up.stdout is not None
        assert any("booted" in line for line in up.stdout)
        up.kill()

    assert wait_until(lambda: left_over(root) == [], 60)
    World(root).clean()


def test_a_program_that_fails_is_shown_with_its_site_and_its_last_lines(tmp_path: Path) -> None:
    root = project(tmp_path, "only")
    (root / ".isthmus" / "only").mkdir(parents=True)
    (root / ".isthmus" / "only" / "etcd").write_text("not a folder")

    with pytest.raises(IsthmusError, match=r"(?s)etcd@only ended with exit status .*last lines:.*not a directory"):
        DataCentres(root).start()

    assert left_over(root) == []
    World(root).clean()
