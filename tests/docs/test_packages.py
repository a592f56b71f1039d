"""`make packages` on a machine of its own sort: a PATH that holds only what the test puts there."""

import shutil
import subprocess
from pathlib import Path

from isthmus.local import machine
from tests.docs.commands import CHECKOUT

SCRIPT = CHECKOUT / "tools/packages.sh"
#: What the script itself is made of.
SHELL = ("bash", "dirname", "grep")
PROGRAMS = ("gcc", "git", "ip", "tc", "ldd", "make", "mount", "nft", "pkg-config", "nsenter", "unshare")


def _packages(folder: Path, programs: tuple[str, ...], **scripts: str) -> subprocess.CompletedProcess[str]:
    """Runs it with these programs, which do nothing, and these scripts on its PATH."""
    for name in SHELL:
        (folder / name).symlink_to(str(shutil.which(name)))
    for name, text in {**dict.fromkeys(programs, "exit 0"), **scripts}.items():
        (folder / name.replace("_", "-")).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name.replace("_", "-")).chmod(0o755)
    return subprocess.run([SCRIPT], env={"PATH": str(folder)}, capture_output=True, text=True)


def test_where_there_is_no_dpkg_it_goes_on_if_all_programs_are_there(tmp_path: Path) -> None:
    done = _packages(tmp_path, PROGRAMS)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_where_there_is_no_dpkg_it_says_what_is_missing_in_one_sentence(tmp_path: Path) -> None:
    done = _packages(tmp_path, tuple(name for name in PROGRAMS if name not in ("nft", "tc")))

    assert done.returncode == 1
    assert done.stderr == (
        "this machine is no Debian (it has no dpkg-query) and lacks tc (Debian: iproute2), nft (Debian: nftables): "
        "install what brings them here\n"
    )


def test_on_debian_who_is_not_root_is_told_the_command(tmp_path: Path) -> None:
    wanted = (CHECKOUT / "tools/debian-packages.txt").read_text().split()
    listed = "\\n".join(f"{name} installed" for name in wanted if name != "nftables")

    done = _packages(tmp_path, (), dpkg_query=f"printf '{listed}\\n'; exit 1", id="echo 1000")

    assert (done.returncode, done.stderr) == (1, "missing Debian packages; as root: apt-get install nftables\n")


def test_it_looks_for_all_that_the_local_data_centres_look_for() -> None:
    needs = {f"{need.what} {need.package}" for need in (*machine.CGO, *machine.BUILD, *machine.RUN)}

    assert needs <= set(SCRIPT.read_text().replace('"', "\n").splitlines())
