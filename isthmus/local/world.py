"""The data centres of one project, seen from outside: start, ask, cut, end. What they are made of is in `supervisor`.

    DataCentres        a `with` block: up, used, and nothing left
    World              the project's data centres, whether they run or not; `.isthmus/` holds what survives

The lock on `.isthmus/lock` says whether a world runs and who it is (`lock`).
"""

import hashlib
import os
import pwd
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from isthmus.errors import IsthmusError
from isthmus.local import cache, cgroups, control, lock, machine
from isthmus.local.binaries import build
from isthmus.local.node import enter
from isthmus.local.recipes import KUBE
from isthmus.local.waiting import wait_until

STATE = ".isthmus"
SWEEPING = "sweep.lock"
SUPERVISOR_LOG = "supervisor.log"

#: Ending takes about a second; the rest is for a busy machine.
ENDED_WITHIN_S = 60.0

Report = Callable[[Mapping[str, Any]], None]


class World:
    """The data centres of the project in folder `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.state = self.root / STATE

    @property
    def name(self) -> str:
        """What its cgroups are named after: the same for the same folder, different for different ones."""
        return f"isthmus-{hashlib.sha256(str(self.root).encode()).hexdigest()[:8]}"

    @property
    def up(self) -> bool:
        """Whether its supervisor lives. Raises IsthmusError if we may not know."""
        with self._ours():
            return lock.holder(self.state) is not None

    def status(self) -> dict[str, Any]:
        """Sites, doors, bytes on the WAN; see `isthmus local status --json`. Raises IsthmusError if it is not up."""
        answer = self._ask({"do": "status"})
        assert isinstance(answer, dict)
        return answer

    def partition(self, site: str) -> None:
        """Cuts a site off the WAN. Raises IsthmusError if there is no such site, or no world."""
        self._ask({"do": "partition", "site": site})

    def heal(self, site: str) -> None:
        """Joins it to the WAN again."""
        self._ask({"do": "heal", "site": site})

    def bytes_between(self, source: str, target: str) -> int:
        """Bytes that went from one site to another since the world came up, headers from IP upwards included."""
        return int(self.status()["wan"]["bytes"][source][target])

    def volume(self, site: str, claim: str) -> Path:
        """The folder of this machine that a claim's pods see. Needs no running world."""
        return self.state / site / "volumes" / claim

    def kubeconfig(self, site: str) -> Path:
        """An administrator's kubeconfig that works on this machine while the world is up."""
        return self.state / site / "kubeconfig"

    def kubectl(self, site: str, *arguments: str, given: str | None = None) -> str:
        """Output of kubectl at a site. Raises IsthmusError with its words if it fails."""
        command = [str(build(KUBE) / "kubectl"), "--kubeconfig", str(self.kubeconfig(site)), *arguments]
        done = subprocess.run(command, input=given, capture_output=True, text=True)
        if done.returncode:
            raise IsthmusError(f"kubectl {' '.join(arguments)} at {site}: {done.stderr.strip()}")
        return done.stdout

    def command_in(self, site: str, command: Sequence[str]) -> tuple[list[str], dict[str, str]]:
        """How to run a command on a site's node: arguments and environment. kubectl is that site's."""
        sites = self.status()["sites"]
        if site not in sites:
            raise IsthmusError(f"no site {site}; there are: {', '.join(sorted(sites))}.")
        programs = f"{build(KUBE)}:/run/isthmus/node:/run/isthmus/kube"
        admin = "/run/isthmus/site/pki/admin.kubeconfig"
        environment = {**os.environ, "PATH": f"{programs}:{os.environ.get('PATH', '')}", "KUBECONFIG": admin}
        return [*enter(sites[site]["pid"]), *command], environment

    def down(self) -> None:
        """Ends it; what is on disk stays for the next `up`. Nothing happens if it is not up."""
        with self._ours(), lock.watched(self.state) as ended:
            if self.up:
                with suppress(FileNotFoundError, ConnectionError, TimeoutError):
                    control.ask(self.state, {"do": "down"})
                if not wait_until(lambda: not self.up and ended(), ENDED_WITHIN_S):
                    self._kill_supervisor()
        self.sweep()

    def clean(self) -> None:
        """Ends it and removes everything of it, also after a SIGKILL: processes, cgroups, `.isthmus/`."""
        if self.up:
            self._kill_supervisor()
        self.sweep()
        if self.state.exists():
            # many files: several times as fast as shutil
            done = subprocess.run(["rm", "-rf", "--", self.state], capture_output=True, text=True)
            if done.returncode:
                raise IsthmusError(f"{self.state} is not wholly removed: {done.stderr.strip().splitlines()[-1]}")

    def sweep(self) -> None:
        """Removes what a killed world may have left outside of `.isthmus/`; nothing while a world is up or starting.

        Raises IsthmusError if something stays.
        """
        if not cgroups.find(f"{self.name}-"):
            return
        machine.check_root()
        if not self.state.is_dir():
            self._remove_cgroups()  # without the folder nobody can be up
            return
        with cache.locked(self.state / SWEEPING):
            if lock.holder(self.state) is None:
                self._remove_cgroups()

    def sweep_before(self) -> None:
        """The same for the supervisor: it holds the lock, so nobody else begins to sweep, and who has begun ends."""
        with cache.locked(self.state / SWEEPING):
            self._remove_cgroups()

    def _remove_cgroups(self) -> None:
        if left := cgroups.remove(cgroups.find(f"{self.name}-")):
            raise IsthmusError(f"could not remove {', '.join(str(folder) for folder in left)}: still in use")

    def _kill_supervisor(self) -> None:
        with self._ours():
            lock.kill_holder(self.state)
        if not wait_until(lambda: not self.up, ENDED_WITHIN_S):
            holder = lock.holder(self.state)
            raise IsthmusError(f"{self.state / lock.LOCK} is held by process {holder}, which does not end")

    @contextmanager
    def _ours(self) -> Iterator[None]:
        """Raises IsthmusError for a PermissionError in the block."""
        try:
            yield
        except PermissionError as error:
            raise IsthmusError(
                f"{self.state}: these data centres are {_owner(self.state)}'s; run it as that user (sudo -E)."
            ) from error

    def _ask(self, request: Mapping[str, Any]) -> Any:
        try:
            with self._ours():
                return control.ask(self.state, request)
        except (FileNotFoundError, ConnectionError) as error:
            if self.up:
                raise IsthmusError(f"the data centres of {self.root} are not ready yet") from error
            raise IsthmusError(f"the data centres of {self.root} are not up; start them: isthmus local up") from error


def _owner(folder: Path) -> str:
    """Name of the user whose folder, or nearest visible parent, it is."""
    for place in (folder, *folder.parents):
        with suppress(OSError, KeyError):
            return pwd.getpwuid(place.stat().st_uid).pw_name
    return "somebody else"
