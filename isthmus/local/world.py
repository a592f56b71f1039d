"""The data centres of one project, seen from outside: start, ask, cut, end. What they are made of is in `supervisor`.

    DataCentres        a `with` block: up, used, and nothing left
    World              the project's data centres, whether they run or not; `.isthmus/` holds what survives

The lock on `.isthmus/lock` says whether a world runs: the kernel drops it with the supervisor, however that ended.
"""

import fcntl
import hashlib
import json
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from isthmus.errors import IsthmusError
from isthmus.local import cgroups, control
from isthmus.local.binaries import build
from isthmus.local.node import enter
from isthmus.local.recipes import KUBE
from isthmus.local.waiting import wait_until

STATE = ".isthmus"
LOCK = "lock"
RECORD = "world.json"
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
        """Whether its supervisor lives."""
        try:
            with (self.state / LOCK).open() as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

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
        if self.up:
            with suppress(OSError):
                control.ask(self.state, {"do": "down"})
            if not wait_until(lambda: not self.up, ENDED_WITHIN_S):
                self._kill_supervisor()
        self.sweep()

    def clean(self) -> None:
        """Ends it and removes everything of it, also after a SIGKILL: processes, cgroups, `.isthmus/`."""
        if self.up:
            self._kill_supervisor()
        self.sweep()
        if self.state.exists():
            subprocess.run(["rm", "-rf", "--", self.state], check=True)  # many files: several times as fast as shutil

    def sweep(self) -> None:
        """Removes what a killed world may have left outside of `.isthmus/`. Raises IsthmusError if something stays."""
        if left := cgroups.remove(cgroups.find(f"{self.name}-")):
            raise IsthmusError(f"could not remove {', '.join(str(folder) for folder in left)}: still in use")

    def _kill_supervisor(self) -> None:
        """By its recorded id; that it holds the lock says that it still is who we think it is."""
        with suppress(FileNotFoundError, ProcessLookupError):
            os.kill(int(json.loads((self.state / RECORD).read_text())["supervisor"]), signal.SIGKILL)
        if not wait_until(lambda: not self.up, ENDED_WITHIN_S):
            raise IsthmusError(f"{self.state / LOCK} is held by a process that does not end")

    def _ask(self, request: Mapping[str, Any]) -> Any:
        try:
            return control.ask(self.state, request)
        except (FileNotFoundError, ConnectionError) as error:
            if self.up:
                raise IsthmusError(f"the data centres of {self.root} are not ready yet") from error
            raise IsthmusError(f"the data centres of {self.root} are not up; start them: isthmus local up") from error
