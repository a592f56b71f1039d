"""A node: a machine inside this one. Namespaces and cgroups with a first process; everything in it ends with that.

boot()            namespaces, cgroups, file systems (`node-init.sh`)
run()             a daemon in it: with the node's files, or with this machine's and the node's network
exec_command()    how to run something in it by hand
power_off()       the end of its first process, and so of all
"""

import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from isthmus.local import cgroups, configuration, namespaces
from isthmus.local.program import Program
from isthmus.local.waiting import wait_until

_INIT = Path(__file__).parent / "node-init.sh"
#: Namespaces are there in 0.1 s; the rest is for a busy machine.
BOOTED_WITHIN_S = 30.0


@dataclass(frozen=True)
class Parts:
    """Folders of this machine's cache that every node uses and none changes."""

    kube: Path
    """The recipe KUBE, built."""
    node: Path
    """The recipe NODE, built."""
    store: Path
    """The large image layers, unpacked."""


class Node:
    """One node. `boot` must be called from the thread that lives as long as the node shall."""

    def __init__(self, name: str, folder: Path, cgroup: str, parts: Parts, memory_bytes: int) -> None:
        """folder: its state. cgroup: name of its cgroups. memory_bytes: their limit."""
        self.name, self.folder, self.cgroup, self.parts, self.memory_bytes = name, folder, cgroup, parts, memory_bytes
        self.programs: list[Program] = []
        self.pid = 0
        """Of its first process, as this machine numbers it."""
        self._init: Program | None = None
        self._cgroups: list[Path] = []
        self._daemons: list[Path] = []

    def boot(self) -> None:
        """Makes it. Raises StartFailed if its first process does not come up."""
        (self.folder / "booted").unlink(missing_ok=True)
        self._cgroups = cgroups.make(self.cgroup, self.memory_bytes)
        unshare = ["unshare", "-n", "-m", "-u", "-i", "-p", "-C", "--fork", "--kill-child"]
        parts = self.parts
        script = ["sh", *(str(part) for part in (_INIT, self.name, self.folder, parts.kube, parts.node, parts.store))]
        self._init = Program(
            f"node@{self.name}", [*unshare, *script], self.folder / "logs" / "node.log", cgroups=self._cgroups
        )
        init = self._init

        def booted() -> bool:
            init.check("a booted node")
            return (self.folder / "booted").exists()

        if not wait_until(booted, BOOTED_WITHIN_S, every=0.01):
            raise init.failure("a booted node")
        self.pid = int(Path(f"/proc/{init.pid}/task/{init.pid}/children").read_text().split()[0])
        self._daemons = cgroups.daemons(self._cgroups)

    @property
    def network(self) -> Path:
        """Its network namespace."""
        return namespaces.network_of(self.pid)

    @property
    def containerd_socket(self) -> Path:
        """containerd's socket, as this machine sees it."""
        return Path(f"/proc/{self.pid}/root{configuration.CONTAINERD_SOCKET}")

    def run(self, name: str, command: Sequence[str | Path], *, own_files: bool = False) -> Program:
        """Starts a daemon in it; own_files: with the node's mounts, not this machine's."""
        program = Program(
            f"{name}@{self.name}",
            command,
            self.folder / "logs" / f"{name}.log",
            inside=enter(self.pid, own_files=own_files),
            cgroups=self._daemons,
            env={
                **configuration.environment(),
                "PATH": f"{configuration.NODE if own_files else self.parts.node}:{os.environ['PATH']}",
            },
        )
        self.programs.append(program)
        return program

    def failed(self) -> Program | None:
        """A program that should run and does not."""
        ours = [*([self._init] if self._init else []), *self.programs]
        return next((program for program in ours if program.exit_status is not None), None)

    def memory(self) -> int:
        """Bytes of memory that its programs and containers hold, caches of files left out."""
        return cgroups.memory_in_use(self._cgroups)

    def power_off(self) -> list[Path]:
        """Ends it. Returns cgroups that could not be removed; none, unless something is badly stuck."""
        if self.pid:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)  # the end of a pid namespace's first process ends all of them
        if self._init is not None:
            self._init.kill()
        for program in self.programs:
            program.kill()
        (self.folder / "booted").unlink(missing_ok=True)
        return cgroups.remove(self._cgroups)


def enter(pid: int, *, own_files: bool = True) -> list[str]:
    """The command that runs the rest of its arguments in the namespaces of a node's first process."""
    kinds = ["-n", "-u", "-i", "-p", "-C", *(["-m"] if own_files else [])]
    return ["nsenter", "-t", str(pid), *kinds, "--"]
