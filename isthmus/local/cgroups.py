"""Control groups of a data centre: one folder in each mounted hierarchy, named after world and site.

Version 1 (a folder per controller) and version 2 (one folder; written to its rules, not yet run on it). The names are
computed, so that whoever comes after a SIGKILL finds them without any record.
"""

import errno
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from isthmus.errors import IsthmusError
from isthmus.local.waiting import wait_until

_MOUNTS = Path("/proc/mounts")
#: A new cpuset of version 1 is empty, and nothing can run in it.
_INHERITED = ("cpuset.cpus", "cpuset.mems")
#: Only there in version 2.
_VERSION_2 = "cgroup.controllers"
#: What a node hands on to kubelet, where the machine has it. `memory` it must have.
_HANDED_OUT = ("cpu", "cpuset", "hugetlb", "io", "memory", "pids")
_MEMORY_LIMITS = ("memory.limit_in_bytes", "memory.max")


def hierarchies(mounts: str) -> list[Path]:
    """The hierarchies to make folders in, of the text of /proc/mounts: all of version 1, or the one of version 2."""
    rows = [line.split() for line in mounts.splitlines()]
    first = [Path(row[1]) for row in rows if row[2] == "cgroup"]
    return first or [Path(row[1]) for row in rows if row[2] == "cgroup2"][:1]


def make(name: str, memory_bytes: int) -> list[Path]:
    """One folder called `name` per hierarchy, limited to `memory_bytes`; existing ones are taken over.

    Raises IsthmusError if this machine cannot limit the memory of a group.
    """
    folders = []
    limited = False
    for hierarchy in hierarchies(_MOUNTS.read_text()):
        if (hierarchy / _VERSION_2).exists():
            _hand_out(hierarchy)  # before: a file such as memory.max is there only then
        folder = hierarchy / name
        folder.mkdir(exist_ok=True)
        for file in _INHERITED:
            if (folder / file).exists() and not (folder / file).read_text().strip():
                (folder / file).write_text((hierarchy / file).read_text())
        for file in _MEMORY_LIMITS:
            if (folder / file).exists():
                (folder / file).write_text(str(memory_bytes))
                limited = True
        folders.append(folder)
    if not limited:
        remove(folders)
        raise IsthmusError("this machine has no memory controller for control groups (see /proc/mounts, cgroup).")
    return folders


def _hand_out(folder: Path) -> None:
    """Lets the groups below have controllers of their own (version 2). Raises IsthmusError if the kernel refuses."""
    having, given = ((folder / file).read_text().split() for file in (_VERSION_2, "cgroup.subtree_control"))
    if wanted := [f"+{name}" for name in _HANDED_OUT if name in having and name not in given]:
        try:
            (folder / "cgroup.subtree_control").write_text(" ".join(wanted))
        except OSError as error:
            why = "processes live in it" if error.errno == errno.EBUSY else error.strerror
            raise IsthmusError(
                f"{folder}: cannot hand out {' '.join(wanted)} to control groups below: {why}"
            ) from error


def daemons(folders: Sequence[Path]) -> list[Path]:
    """Where the daemons of a data centre go whose first process is in `folders`; moves that one there too.

    In version 2 a cgroup that hands out controllers must hold no process of its own.
    """
    places = []
    for folder in folders:
        if not (folder / _VERSION_2).exists():
            places.append(folder)
            continue
        place = folder / "daemons"
        place.mkdir(exist_ok=True)
        for process in processes([folder]) - processes([place]):
            (place / "cgroup.procs").write_text(str(process))
        _hand_out(folder)
        places.append(place)
    return places


def find(prefix: str) -> list[Path]:
    """Every folder whose name begins so, in every hierarchy."""
    return [folder for hierarchy in hierarchies(_MOUNTS.read_text()) for folder in hierarchy.glob(f"{prefix}*")]


def processes(folders: Sequence[Path]) -> set[int]:
    """Ids of the processes in these folders and below."""
    return {int(line) for folder in folders for file in folder.rglob("cgroup.procs") for line in _lines(file)}


def remove(folders: Sequence[Path], within_s: float = 10.0) -> list[Path]:
    """Kills whatever is still in these folders and removes them. What could not be removed in time is returned."""

    def gone() -> bool:
        for process in processes(folders):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        for folder in folders:
            for part, _, _ in os.walk(folder, topdown=False):
                with suppress(OSError):  # a process in it has not quite ended yet
                    Path(part).rmdir()
        return not any(folder.exists() for folder in folders)

    wait_until(gone, within_s)
    return [folder for folder in folders if folder.exists()]


def _lines(file: Path) -> Iterator[str]:
    with suppress(OSError):  # the folder went while we looked
        yield from file.read_text().split()


def memory_of_machine() -> int:
    """Bytes of memory that this machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def memory_in_use(folders: Sequence[Path]) -> int:
    """Bytes that the processes below these folders hold themselves: no page cache, which is anybody's."""
    for folder in folders:
        for file, key in (("memory.stat", "total_rss"), ("memory.stat", "anon")):
            for line in _lines_of(folder / file):
                if line.startswith(f"{key} "):
                    return int(line.split()[1])
    return 0


def _lines_of(file: Path) -> list[str]:
    try:
        return file.read_text().splitlines()
    except OSError:
        return []
