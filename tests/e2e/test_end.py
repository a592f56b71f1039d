"""The end of the demo. The conftest of this folder puts this module last: after it there is no demo."""

from pathlib import Path

import pytest

from isthmus.local import World, cgroups
from tests.e2e.conftest import Demo
from tests.local.worlds import left_over
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

KINDS = ("net", "mnt", "pid", "uts", "ipc", "cgroup")


def namespaces(processes: list[Path]) -> set[str]:
    """The namespaces that processes (folders of /proc) are in, as `net:[4026532000]`.

    Who ends meanwhile is in none; a process that even root may not look at is none of ours.
    """
    found = set()
    for process in processes:
        for kind in KINDS:
            try:
                found.add(str((process / "ns" / kind).readlink()))
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
    return found


def processes_of(world: World) -> list[Path]:
    """Every process in a cgroup of the world: daemons, container runtimes, pods."""
    lists = [file for top in cgroups.find(f"{world.name}-") for file in top.rglob("cgroup.procs")]
    return [Path("/proc") / pid for file in lists for pid in file.read_text().split()]


def test_make_down_destroys_the_stack_and_leaves_nothing_on_the_machine(demo: Demo) -> None:
    of_the_machine = namespaces([Path("/proc/self")])
    of_the_world = namespaces(processes_of(demo.world)) - of_the_machine
    interfaces = {path.name for path in Path("/sys/class/net").iterdir()}

    done = demo.make("down")

    assert done.returncode == 0, done.stdout + done.stderr
    assert len(of_the_world) > len(KINDS), "nothing ran, so nothing is proven"
    # What has ended stays in its pid namespace until the machine's init has reaped it.
    eventually(lambda: namespaces(list(Path("/proc").glob("[0-9]*"))) & of_the_world, set(), within_s=10.0)
    assert left_over(demo.root) == []
    assert interfaces == demo.interfaces_before
