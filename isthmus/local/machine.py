"""What this machine must have for local data centres, and what to say when it lacks something.

Everything missing is named at once, with the one command that mends it on Debian and its relatives.
"""

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from isthmus.errors import IsthmusError


@dataclass(frozen=True)
class Need:
    """A program or a file that must be there."""

    what: str
    """A program's name, or the absolute path of a file."""
    package: str
    """The Debian package that brings it."""
    why: str

    @property
    def met(self) -> bool:
        return Path(self.what).exists() if self.what.startswith("/") else shutil.which(self.what) is not None


#: What a `go build` with cgo needs.
CGO = (
    Need("gcc", "gcc", "compiles the parts in C"),
    Need("/usr/include/stdlib.h", "libc6-dev", "headers of the C library"),
)
BUILD = (
    Need("pkg-config", "pkg-config", "tells runc's build where libseccomp is"),
    Need("/usr/include/seccomp.h", "libseccomp-dev", "runc's system call filter"),
)
RUN = (
    Need("ip", "iproute2", "network namespaces and links"),
    Need("tc", "iproute2", "the speed of the WAN"),
    Need("nft", "nftables", "Services of a data centre, byte counters of the WAN"),
    Need("unshare", "util-linux", "namespaces"),
    Need("nsenter", "util-linux", "namespaces"),
    Need("mount", "mount", "file systems of a data centre"),
    Need("ldd", "libc-bin", "finds the libraries that an image needs"),
)


def check(needs: Iterable[Need]) -> None:
    """Raises IsthmusError that names every need that is not met, and the command that installs them."""
    if missing := [need for need in needs if not need.met]:
        packages = " ".join(sorted({need.package for need in missing}))
        named = "; ".join(f"{need.what} ({need.why})" for need in missing)
        raise IsthmusError(f"this machine lacks {named}. Install it: apt-get install {packages}")


def check_go(wanted: str) -> None:
    """Raises IsthmusError if there is no Go to build with. `wanted`: the version that go.mod asks for, as `1.26.0`."""
    cure = f"Install Go {wanted} or newer from https://go.dev/dl (Debian's package golang may be older)."
    go = shutil.which("go")
    if go is None:
        raise IsthmusError(f"go is not on PATH; local data centres are built from Go modules. {cure}")
    command = [go, "env", "GOVERSION", "GOTOOLCHAIN"]
    said = subprocess.run(command, cwd="/", capture_output=True, text=True)  # not in a module: there it may fetch one
    version, toolchain = [*said.stdout.splitlines(), "", ""][:2]
    if not is_new_enough(version, toolchain, wanted):
        raise IsthmusError(f"{go} is {version or 'of an unknown version'}; go.mod asks for Go {wanted}. {cure}")


def is_new_enough(version: str, toolchain: str, wanted: str) -> bool:
    """Whether a Go can build what go.mod `wanted`: itself, or by fetching a newer one, which it can from 1.21 on.

    version, toolchain: as `go env GOVERSION GOTOOLCHAIN` says them; Go before 1.21 knows no toolchains.
    """
    have = _numbers(version)
    fetches = have >= (1, 21) and toolchain not in ("local", "path")
    return fetches or have >= _numbers(wanted)


def _numbers(version: str) -> tuple[int, ...]:
    """`go1.26.8`, `1.26rc1` -> (1, 26, 8), (1, 26); nothing for what is no version."""
    found = re.search(r"\d+(?:\.\d+)*", version)
    return tuple(int(number) for number in found[0].split(".")) if found else ()


def check_root() -> None:
    """Raises IsthmusError unless this is Linux and we may make namespaces."""
    if platform.system() != "Linux":
        raise IsthmusError(f"local data centres need Linux; this is {platform.system()}.")
    if os.geteuid() != 0:
        raise IsthmusError(
            "local data centres need root: they make namespaces, mounts and cgroups. Run it with sudo -E."
        )
