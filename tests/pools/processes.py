"""A scheduler and workers as they run in pods: own processes, isthmus as a zip on PYTHONPATH, Dask's YAML beside it.

Each worker has a folder of its own as working directory. `/proc/self/cwd/...` is one absolute path that names another
file in every process, so data can lie "in" a pool and be hidden from everybody else, without any privilege.
"""

import contextlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import isthmus
from tests.waiting import until

#: As a worker sees its own folder.
HERE: Final = "/proc/self/cwd"

_PACKAGE: Final = Path(isthmus.__file__).parent
_LAST_LINES: Final = 40
_CARRIED: Final = ("__init__.py", "names.py", "errors.py", "catalog.py", "pools")


def make_zip(target: Path) -> Path:
    """What travels into pods: the part of isthmus that needs nothing but distributed."""
    with zipfile.ZipFile(target, "w") as archive:
        for name in _CARRIED:
            for file in sorted((_PACKAGE / name).rglob("*.py")) if (_PACKAGE / name).is_dir() else [_PACKAGE / name]:
                archive.write(file, f"isthmus/{file.relative_to(_PACKAGE)}")
    return target


@contextlib.contextmanager
def ended(processes: Sequence[subprocess.Popen[bytes]]) -> Iterator[None]:
    """Ends them at the end of the block, also on failure."""
    try:
        yield
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextlib.contextmanager
def logs_told(folder: Path) -> Iterator[None]:
    """Adds the last lines of the folder's logs to what fails in the block."""
    try:
        yield
    except Exception as error:
        for log in sorted(folder.glob("*.log")):
            lines = log.read_text(errors="replace").splitlines()[-_LAST_LINES:]
            error.add_note("\n".join([f"the end of {log.name}:", *lines]))
        raise


@dataclass(frozen=True)
class Seat:
    """Where one worker runs."""

    pool: str
    folder: Path
    """Its working directory."""
    host: str = "127.0.0.1"
    preload: Path | None = None


@contextlib.contextmanager
def dask_processes(
    folder: Path, workers: Mapping[str, Seat], *, catalog_yaml: str = "", with_pools: bool = True, beside: str = ""
) -> Iterator[Path]:
    """Starts them; gives the scheduler file. workers: by name. with_pools: the scheduler runs the plugin.

    beside: another place that all of them import from. What fails in the block is told with the ends of their logs.
    """
    (folder / "python").mkdir()
    archive = make_zip(folder / "python/isthmus.zip")
    (folder / "python/isthmus.yaml").write_text(catalog_yaml)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, (str(archive), beside))),
        "DASK_CONFIG": str(archive.parent),
        "DASK_DISTRIBUTED__SCHEDULER__PRELOAD": '["isthmus.pools.preload"]' if with_pools else "[]",
        "OMP_NUM_THREADS": "1",
    }
    scheduler_file = folder / "scheduler.json"
    processes: list[subprocess.Popen[bytes]] = []

    def spawn(name: str, cwd: Path, *arguments: str) -> None:
        command = [str(Path(sys.executable).with_name("dask")), *arguments, "--scheduler-file", str(scheduler_file)]
        with (folder / f"{name}.log").open("wb") as log:
            processes.append(subprocess.Popen(command, cwd=cwd, env=environment, stdout=log, stderr=log))

    with logs_told(folder), ended(processes):
        local = ("--host", "127.0.0.1", "--no-dashboard")
        spawn("scheduler", folder, "scheduler", "--port", "0", "--dashboard-address", "127.0.0.1:0", *local)
        until("the scheduler's file", lambda: scheduler_file.exists() or processes[0].poll() is not None)
        assert processes[0].poll() is None, "the scheduler has ended"
        for name, seat in workers.items():
            own = ("--name", name, "--nthreads", "1", "--memory-limit", "2GiB", "--no-nanny", "--no-dashboard")
            preload = ("--preload", str(seat.preload)) if seat.preload else ()
            place = ("--host", seat.host, "--resources", f"pool-{seat.pool}=1")
            spawn(name, seat.folder, "worker", *own, *place, *preload)
        yield scheduler_file
