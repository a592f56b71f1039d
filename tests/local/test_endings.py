"""However a world ends, nothing of it is left, and the next one comes up."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from isthmus.errors import IsthmusError
from isthmus.local import DataCentres, World, addresses
from isthmus.local.waiting import wait_until
from tests.local.worlds import left_over, project

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

#: Its fixed port on 127.0.0.1 is nobody else's: not that of a demo which runs at the same time.
ID = 5001


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A project of one site. Whatever a test has done or failed to do, nothing is left when it ends."""
    root = project(tmp_path, "only", first_id=ID)
    try:
        yield root
    finally:
        World(root).clean()
    assert left_over(root) == []


def isthmus(root: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [str(Path(sys.executable).parent / "isthmus"), "local", *arguments]
    return subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def ended(root: Path, *arguments: str) -> tuple[int, str]:
    """Exit status and words of `isthmus local ARGUMENTS`."""
    with isthmus(root, *arguments) as process:
        said = process.communicate(timeout=200)[0]
    return process.returncode, said


def booting(process: subprocess.Popen[str]) -> bool:
    """True in the middle of a start: the node is there, its control plane is not."""
    assert process.stdout is not None
    return any("booted" in line for line in process.stdout)


def test_a_killed_world_leaves_nothing_running_comes_up_on_its_state_and_is_cleaned_away(root: Path) -> None:
    status, said = ended(root, "up", "--ports", "auto")
    assert status == 0, said
    world = World(root)
    world.kubectl("only", "create", "configmap", "kept", "--from-literal=a=b")

    os.kill(world.status()["supervisor"], signal.SIGKILL)

    assert wait_until(lambda: not [row for row in left_over(root) if not row.startswith("cgroup")], 20)
    assert not world.up
    with DataCentres(root) as again:
        assert json.loads(again.kubectl("only", "get", "configmap", "kept", "-o", "json"))["data"] == {"a": "b"}
        os.kill(again.status()["supervisor"], signal.SIGKILL)
    assert ended(root, "clean") == (0, "")
    assert (left_over(root), world.state.exists()) == ([], False)


def test_after_a_taken_port_and_after_ctrl_c_nothing_is_left_and_the_next_start_works_until_down(root: Path) -> None:
    with socket.create_server(("127.0.0.1", addresses.forwarded_api_port(ID))):
        status, said = ended(root, "up")
    assert (status, left_over(root)) == (1, [])
    assert "in use" in said
    assert "isthmus local up --ports auto" in said

    with isthmus(root, "up", "--ports", "auto") as up:
        assert booting(up)
        up.send_signal(signal.SIGINT)
        assert up.wait(60) == 130
    assert left_over(root) == []

    status, said = ended(root, "up", "--ports", "auto")
    assert status == 0, said
    assert World(root).status()["sites"]["only"]["phase"] == "ready"
    assert ended(root, "down") == (0, "")
    assert (left_over(root), World(root).up, World(root).kubeconfig("only").exists()) == ([], False, True)


def test_a_start_ends_with_whoever_waits_for_it_even_after_sigkill(root: Path) -> None:
    with isthmus(root, "up", "--ports", "auto") as up:
        assert booting(up)
        up.kill()

    assert wait_until(lambda: left_over(root) == [], 60)


def test_a_program_that_fails_is_shown_with_its_site_and_its_last_lines(root: Path) -> None:
    (root / ".isthmus" / "only").mkdir(parents=True)
    (root / ".isthmus" / "only" / "etcd").write_text("not a folder")

    with pytest.raises(IsthmusError, match=r"(?s)etcd@only ended with exit status .*last lines:.*not a directory"):
        DataCentres(root).start()

    assert left_over(root) == []
