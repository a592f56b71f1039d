"""Who lives in a state folder, and that nobody who only looks or cleans disturbs it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from isthmus.errors import IsthmusError
from isthmus.local import cgroups, lock
from isthmus.local.world import World

_HOLD = """
import sys; from pathlib import Path; from isthmus.local import lock
with lock.held(Path(sys.argv[1])): print("held", flush=True); sys.stdin.read()
"""


@contextmanager
def holding(state: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock of a state folder until its standard input ends."""
    state.mkdir(exist_ok=True)
    command = [sys.executable, "-c", _HOLD, str(state)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process


def test_everybody_learns_who_holds_the_lock_and_it_goes_with_its_process(tmp_path: Path) -> None:
    assert lock.holder(tmp_path) is None
    with holding(tmp_path) as process:
        assert lock.holder(tmp_path) == process.pid
        process.kill()
        process.wait()
    assert lock.holder(tmp_path) is None


def test_a_second_holder_is_refused_at_once(tmp_path: Path) -> None:
    with holding(tmp_path), pytest.raises(IsthmusError, match="up already"), lock.held(tmp_path):
        pytest.fail("two hold it")


def test_the_holder_is_killed_and_without_one_nobody_is(tmp_path: Path) -> None:
    with holding(tmp_path) as process:
        lock.kill_holder(tmp_path)
        assert process.wait(10) == -9

    (tmp_path / lock.LOCK).write_text(str(process.pid))  # a stale record of whatever kind
    lock.kill_holder(tmp_path)


@pytest.mark.cluster
def test_sweeping_leaves_the_cgroups_of_a_world_that_lives_and_takes_those_of_a_dead_one(tmp_path: Path) -> None:
    world = World(tmp_path)
    made = cgroups.make(f"{world.name}-only", 100_000_000)
    try:
        with holding(world.state):
            world.sweep()
            assert cgroups.find(f"{world.name}-") == made
        world.sweep()
        assert cgroups.find(f"{world.name}-") == []
    finally:
        cgroups.remove(made)
