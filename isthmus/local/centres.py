"""Starting a project's data centres: what is missing is made first, then the supervisor, then one waits for it.

with DataCentres(root) as local:        every site Ready; nothing is left after the block
    local.kubectl("north", "get", "nodes")
"""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from isthmus.environment import load
from isthmus.errors import IsthmusError, StartFailed
from isthmus.local import machine
from isthmus.local.binaries import build_all
from isthmus.local.images.catalogue import foundation, images_of
from isthmus.local.images.store import store
from isthmus.local.program import LAST_LINES
from isthmus.local.recipes import KUBE, NODE
from isthmus.local.supervisor import Settings
from isthmus.local.wan import DEFAULT_MBYTES_PER_S
from isthmus.local.world import SUPERVISOR_LOG, Report, World


def _ignore(_facts: Mapping[str, Any]) -> None:
    pass


class DataCentres(World):
    """The data centres of an environment, up within the block and gone after it, whatever happens in it.

    free_ports: any free ports of 127.0.0.1 instead of the fixed ones, so that several projects can be up at once.
    mbytes_per_s: speed of each site's link to the WAN, in each direction, in MB/s (10^6).
    report: is told each site's progress, as mappings with `site` and `phase`.

    Raises on entry: ConfigError for stack files, IsthmusError for what this machine lacks or a port that is taken,
    StartFailed with the last lines of whatever did not come up.
    """

    def __init__(
        self,
        root: Path,
        environment: str = "local",
        *,
        free_ports: bool = True,
        mbytes_per_s: float = DEFAULT_MBYTES_PER_S,
        report: Report = _ignore,
    ) -> None:
        super().__init__(root)
        self.settings = Settings(str(self.root), environment, free_ports, mbytes_per_s)
        self._report = report
        self._process: subprocess.Popen[str] | None = None
        self._log_start = 0

    def start(self) -> None:
        """Brings them up; they end with this process at the latest, unless `detach` is called."""
        if self.up:
            raise IsthmusError(f"the data centres of {self.root} are up already; see: isthmus local status")
        prepare(self.root, self.settings.environment)
        self.state.mkdir(parents=True, exist_ok=True)
        with (self.state / SUPERVISOR_LOG).open("ab") as log:  # not emptied: another start may just have been faster
            self._log_start = log.tell()
            self._process = subprocess.Popen(
                self.settings.command(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        try:
            self._wait_ready(self._process)
        except BaseException:
            self.end()
            raise

    def detach(self) -> None:
        """Lets them outlive this process."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write("stay\n")
        self._close()
        self._process.returncode = 0  # not ours to wait for any more
        self._process = None

    def end(self) -> None:
        """Ends them if they are this object's; what is on disk stays."""
        if self._process is not None:
            self._close()  # the end of its life line
            self._process.wait()
            self._process = None
            self.sweep()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def _wait_ready(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            facts = json.loads(line)
            if "error" in facts:
                raise IsthmusError(facts["error"])
            if "ready" in facts:
                return
            self._report(facts)
        said = (self.state / SUPERVISOR_LOG).read_bytes()[self._log_start :].decode(errors="replace")
        lines = said.splitlines()[-LAST_LINES:]
        raise StartFailed("supervisor", "data centres that come up", exit_status=process.wait(), last_lines=lines)

    def _close(self) -> None:
        assert self._process is not None
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


def prepare(root: Path, environment: str) -> None:
    """Checks the machine and the stack files, builds programs and images. Raises as DataCentres does."""
    machine.check_root()
    machine.check(machine.RUN)
    described = load(root, environment)
    programs = build_all([NODE, KUBE])
    images_of(described)
    store(foundation(), programs[NODE.name])
