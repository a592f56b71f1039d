"""containerd's storage with the large layers in it, unpacked once per machine and shared by every data centre.

    store      ~/.cache/isthmus/stores/containerd-<hash>/containerd    made by a containerd of its own, then only read
    a site's   .isthmus/<site>/containerd                              blobs are hard links, unpacked layers are links

Unpacking takes ten seconds and half a gigabyte; three sites would take it three times, and hold three copies of every
library in memory. Overlay mounts never write to their lower folders, so sharing them is safe.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from isthmus.errors import StartFailed
from isthmus.local import cache
from isthmus.local.images.oci import Image, write
from isthmus.local.program import LAST_LINES, Program
from isthmus.local.progress import step
from isthmus.local.waiting import wait_until

FOLDER = "containerd"
_BLOBS = Path("io.containerd.content.v1.content/blobs")
_SNAPSHOTS = Path("io.containerd.snapshotter.v1.overlayfs/snapshots")
#: containerd is up in half a second; the rest is for a busy machine.
_UP_WITHIN_S = 60.0


def store(images: Sequence[Image], programs: Path) -> Path:
    """The store with these images, made if the cache has none. programs: folder of the recipe NODE.

    Raises StartFailed if containerd does not come up or refuses an image.
    """
    key = cache.hash_of([programs.name, *(part for image in images for part in (image.name, image.digest))])
    return cache.entry("stores", f"{FOLDER}-{key}", lambda folder: _fill(folder, images, programs))


def seed(store: Path, seen_as: str, target: Path) -> None:
    """Makes `target` a containerd storage that begins with what the store has. seen_as: its path in the node."""
    shutil.rmtree(target, ignore_errors=True)
    source = store / FOLDER
    for folder, folders, files in os.walk(source):
        relative = Path(folder).relative_to(source)
        (target / relative).mkdir(parents=True, exist_ok=True)
        if relative == _SNAPSHOTS:
            for snapshot in folders:
                (target / relative / snapshot).symlink_to(f"{seen_as}/{FOLDER}/{_SNAPSHOTS}/{snapshot}")
            folders.clear()  # not into them
        for file in files:
            _take(Path(folder, file), target / relative / file, link=_BLOBS in relative.parents)


def import_images(ctr: Sequence[str], images: Sequence[Image], log: Path, known: frozenset[Path] = frozenset()) -> None:
    """Imports images with the command `ctr`. known: layers that its containerd has already.

    Raises StartFailed with its last words if it refuses.
    """
    with log.open("wb") as output:
        command = [*ctr, "-n", "k8s.io", "images", "import", "--local", "-"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output, stderr=output)
        assert process.stdin is not None
        try:
            with process.stdin as pipe:
                write(images, pipe, without=known)
        except BrokenPipeError:
            pass  # it refused; its exit status and last words tell
        process.wait()
    if process.returncode:
        lines = log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        raise StartFailed("ctr images import", "imported images", exit_status=process.returncode, last_lines=lines)


def _take(source: Path, target: Path, *, link: bool) -> None:
    if link:
        try:
            target.hardlink_to(source)
        except OSError:  # another file system
            shutil.copy2(source, target)
    else:
        shutil.copy2(source, target)


def _fill(folder: Path, images: Sequence[Image], programs: Path) -> None:
    with step("unpacking images"), tempfile.TemporaryDirectory(prefix="isthmus-") as run:
        socket = f"{run}/s"
        config = Path(run, "config.toml")
        config.write_text(
            f"version = 3\nroot = '{folder}/{FOLDER}'\nstate = '{run}/state'\n[grpc]\n  address = '{socket}'\n"
            "[debug]\n  level = 'warn'\n"
        )
        log = Path(run, "log")
        # Mounts of its own: what it mounts to unpack a layer goes when it ends, however it ends.
        command: list[str | Path] = ["unshare", "--mount", programs / "containerd", "--config", config]
        containerd = Program("containerd", command, log)
        try:
            if not wait_until(lambda: _listens(containerd, Path(socket)), _UP_WITHIN_S):
                raise containerd.failure("a listening socket")
            import_images([str(programs / "ctr"), "--address", socket], images, Path(run, "import.log"))
        finally:
            containerd.kill()


def _listens(containerd: Program, socket: Path) -> bool:
    containerd.check("a listening socket")
    return socket.exists()
