"""What a machine holds that a world of data centres could leave behind."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from isthmus.local import cgroups


@dataclass(frozen=True)
class Machine:
    """Names of what is there now; a world that has ended leaves the machine equal to what it was."""

    processes: frozenset[str]
    """Command lines that name the folder of the world or its state."""
    mounts: frozenset[str]
    namespaces: frozenset[str]
    interfaces: frozenset[str]
    cgroups: frozenset[str]

    @classmethod
    def now(cls, root: Path) -> "Machine":
        return cls(
            processes=frozenset(_processes(str(root))),
            mounts=frozenset(line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()),
            namespaces=frozenset(_lines("ip", "netns", "list")),
            interfaces=frozenset(os.listdir("/sys/class/net")),  # noqa: PTH208 - names are all that is wanted
            cgroups=frozenset(str(folder) for folder in cgroups.find("isthmus-")),
        )


def _processes(root: str) -> list[str]:
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if root in command:
            found.append(command)
    return found


def _lines(*command: str) -> list[str]:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
