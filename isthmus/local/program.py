"""A daemon that isthmus started: where it runs, whether it lives, what it said last.

with a pid namespace of its own     inside = ("nsenter", "-t", ...): it ends with its namespace's first process
without                             it gets SIGKILL when the thread that started it ends (PR_SET_PDEATHSIG)
"""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from isthmus.errors import StartFailed

#: Lines of a log that are shown when its program fails.
LAST_LINES = 12

#: Joins the cgroups named before `--` and becomes the program after it. Before unshare and not after: the cgroup that
#: a process is in when it makes a cgroup namespace is the root of that namespace.
_JOIN = 'while [ "$1" != -- ]; do echo 0 > "$1/cgroup.procs"; shift; done; shift; exec "$@"'


class Program:
    """One running daemon. Its output goes to a log file, appended."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        log: Path,
        *,
        inside: Sequence[str] = (),
        cgroups: Sequence[Path] = (),
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Starts it.

        inside: a command that runs the rest of its arguments somewhere else, such as nsenter.
        cgroups: folders of cgroups that it joins first.
        """
        self.name, self.log, self.started = name, log, time.monotonic()
        prefix = list(inside) or ["setpriv", "--pdeathsig", "KILL", "--"]
        if cgroups:
            prefix = ["sh", "-c", _JOIN, "sh", *(str(cgroup) for cgroup in cgroups), "--", *prefix]
        log.parent.mkdir(parents=True, exist_ok=True)
        self._log_start = log.stat().st_size if log.exists() else 0
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*prefix, *(str(part) for part in command)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Process id of what was started: of the daemon itself, or of `inside`, which ends when the daemon does."""
        return self._process.pid

    @property
    def exit_status(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        return self._process.poll()

    def check(self, expected: str) -> None:
        """Raises StartFailed with the last log lines if it has ended."""
        if self.exit_status is not None:
            raise self.failure(expected)

    def failure(self, expected: str) -> StartFailed:
        """The error to raise when it did not do what was `expected`."""
        return StartFailed(self.name, expected, exit_status=self.exit_status, last_lines=self.last_lines())

    def last_lines(self) -> list[str]:
        """The end of what it wrote since it was started."""
        with self.log.open("rb") as file:
            file.seek(max(self._log_start, file.seek(0, os.SEEK_END) - 20_000))
            lines = file.read().decode(errors="replace").splitlines()
        return lines[-LAST_LINES:]

    def kill(self) -> None:
        """Ends it and waits for its end. Nothing happens if it has ended already."""
        if self._process.poll() is None:
            os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait()
