"""The cache of what isthmus builds for this machine: whole or absent, never half.

An entry is a folder named after the hash of everything that goes into it. It is built beside its place and renamed
into it, so a build that is interrupted, killed or out of disk leaves an entry that nobody takes for a finished one.
An entry `<what>-<hash>` that nobody has asked for in KEEP_DAYS goes when its successor is built.
"""

import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from isthmus.errors import IsthmusError, StartFailed

#: Where the cache lives instead of ~/.cache/isthmus.
ENV_CACHE = "ISTHMUS_CACHE"
#: Longer than any branch that somebody goes back to, and than a demo that somebody left running.
KEEP_DAYS = 60


def cache_dir() -> Path:
    """The cache's folder: $ISTHMUS_CACHE, or isthmus under $XDG_CACHE_HOME or ~/.cache. It need not exist yet."""
    if given := os.environ.get(ENV_CACHE):
        return Path(given).absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "isthmus"


def hash_of(parts: Iterable[bytes | str]) -> str:
    """Sixteen hex digits of SHA-256 over the parts; each is hashed with its length, so that no two lists collide."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:16]


def hash_of_files(root: Path, files: Iterable[Path]) -> str:
    """Like `hash_of`, over the names (relative to `root`) and contents of files, in the order of their names."""
    return hash_of(part for file in sorted(files) for part in (str(file.relative_to(root)), file.read_bytes()))


def entry(kind: str, name: str, build: Callable[[Path], None]) -> Path:
    """The folder `kind/name` of the cache; `build(folder)` fills it if it is not there.

    Two processes that want the same entry build it once: the second waits for the first.
    Raises whatever `build` raises, but IsthmusError if the disk is full; the entry is absent then.
    """
    place = cache_dir() / kind / name
    if place.is_dir():
        os.utime(place)  # in use; see KEEP_DAYS
        return place
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with locked(place.with_name(f".{name}.lock")):
            if not place.is_dir():
                _build(place, build)
    except (OSError, StartFailed) as error:
        if _disk_full(error):
            raise IsthmusError(
                f"{place}: the disk is full. Make room, or set {ENV_CACHE} to a folder on another disk; "
                "the next run starts where this one stopped."
            ) from error
        raise
    return place


def _disk_full(error: OSError | StartFailed) -> bool:
    """Whether we, or the program that built for us, had no room left."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return any(os.strerror(errno.ENOSPC).lower() in line.lower() for line in error.last_lines)


def _build(place: Path, build: Callable[[Path], None]) -> None:
    prefix = f".{place.name}.building-"
    for left_over in place.parent.glob(f"{prefix}*"):  # of a run that was killed; the lock says that nobody works there
        shutil.rmtree(left_over)
    unfinished = Path(tempfile.mkdtemp(dir=place.parent, prefix=prefix))
    try:
        unfinished.chmod(0o755)
        build(unfinished)
        unfinished.rename(place)
        _prune(place)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def _prune(place: Path) -> None:
    """Removes older entries of the same kind and name that nobody asks for any more."""
    stem, _, _ = place.name.rpartition("-")
    oldest = time.time() - KEEP_DAYS * 24 * 3600
    for other in place.parent.glob(f"{stem}-*") if stem else ():
        if other.is_dir() and other.stat().st_mtime < oldest:
            shutil.rmtree(other, ignore_errors=True)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds an exclusive lock on `path` among all processes of this machine; ends with the process at the latest."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
