"""The cache of what isthmus builds for this machine: whole or absent, never half.

An entry is a folder named after the hash of everything that goes into it. It is built beside its place and renamed
into it, so a build that is interrupted, killed or out of disk leaves an entry that nobody takes for a finished one.
An entry `<what>-<hash>` that nobody has asked for in KEEP_DAYS goes when its successor is built.
"""

import errno
import fcntl
import hashlib
import os
import re
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
_NO_SPACE = os.strerror(errno.ENOSPC).lower()
#: As Go names the path, `write /x: no space left on device`, or Python, `No space left on device: '/x'`.
_NAMED = re.compile(rf"(?:^|\s)(/[^\s:]+): {_NO_SPACE}|{_NO_SPACE}: '(/[^']+)'", re.IGNORECASE)


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
        if (full := _full_at(error, place)) is not None:
            raise IsthmusError(
                f"{full}: the disk is full. Make room there{_elsewhere(full)}; "
                "the next run starts where this one stopped."
            ) from error
        raise
    return place


def _full_at(error: OSError | StartFailed, place: Path) -> str | None:
    """The path where we, or the program that built for us, had no room left, as far as it is known; else None."""
    if isinstance(error, OSError):
        return str(error.filename or place) if error.errno in (errno.ENOSPC, errno.EDQUOT) else None
    for line in error.last_lines:
        if _NO_SPACE in line.lower():
            named = _NAMED.search(line)
            return (named[1] or named[2]) if named else str(place)  # Go's $WORK is in the entry too
    return None


def _elsewhere(full: str) -> str:
    """How to have it on another disk."""
    if Path(full).is_relative_to(cache_dir()):
        return f", or set {ENV_CACHE} to a folder on another disk"
    return ", or move it to another disk (Go's own caches: GOCACHE and GOMODCACHE; pip's: PIP_CACHE_DIR)"


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
