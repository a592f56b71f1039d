"""What this machine must have for local data centres, and what to say when it lacks something.

Everything missing is named at once, with the one command that mends it on Debian and its relatives.
"""

import os
import platform
import shutil
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


BUILD = (
    Need("gcc", "gcc", "compiles runc"),
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
    """Raises IsthmusError if there is no Go to build with. `wanted`: the version that go.mod asks for."""
    if shutil.which("go") is None:
        raise IsthmusError(
            f"go is not on PATH; the local data centres are built from Go modules with Go {wanted} or newer "
            "(Go 1.21 or newer fetches it by itself). Install it: apt-get install golang, or from go.dev."
        )


def check_root() -> None:
    """Raises IsthmusError unless this is Linux and we may make namespaces."""
    if platform.system() != "Linux":
        raise IsthmusError(f"local data centres need Linux; this is {platform.system()}.")
    if os.geteuid() != 0:
        raise IsthmusError(
            "local data centres need root: they make namespaces, mounts and cgroups. Run it with sudo -E."
        )
