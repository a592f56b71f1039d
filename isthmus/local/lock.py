"""Who lives in a project's `.isthmus/`: one supervisor at a time, and whoever asks learns its process id.

    .isthmus/lock     held by the supervisor. A record lock (POSIX): the kernel drops it with the process, however that
                      ended, tells everybody the holder's id, and is asked without taking the lock for a moment

A process loses such a lock when it closes the file anywhere, so the supervisor opens it once.
"""

import fcntl
import os
import select
import signal
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from isthmus.errors import IsthmusError

LOCK = "lock"
#: struct flock of 64-bit Linux: l_type, l_whence, l_start, l_len, l_pid.
_FLOCK = "hhqqi4x"


@contextmanager
def held(state: Path) -> Iterator[None]:
    """Holds the lock of a state folder within the block. Raises IsthmusError at once if another process has it."""
    with (state / LOCK).open("w") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise IsthmusError("the data centres of this project are up already; see: isthmus local status") from error
        yield


def holder(state: Path) -> int | None:
    """Process id of the one that holds the lock, None if nobody does. Raises PermissionError."""
    asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
    try:
        with (state / LOCK).open() as file:
            kind, _, _, _, pid = struct.unpack(_FLOCK, fcntl.fcntl(file, fcntl.F_GETLK, asked))
    except FileNotFoundError:
        return None
    return None if kind == fcntl.F_UNLCK else pid


@contextmanager
def watched(state: Path) -> Iterator[Callable[[], bool]]:
    """Tells within the block whether who holds the lock now has ended; it lets go of the lock a little before.

    Raises PermissionError.
    """
    pid = holder(state)
    try:
        process = os.pidfd_open(pid) if pid else None  # 0: it is in another pid namespace
    except ProcessLookupError:
        process = None
    try:
        yield lambda: process is None or bool(select.select([process], [], [], 0)[0])
    finally:
        if process is not None:
            os.close(process)


def kill_holder(state: Path) -> None:
    """Ends the holder with SIGKILL, and nobody who got its id in between. Raises PermissionError."""
    pid = holder(state)
    if not pid:  # 0: it is in another pid namespace
        return
    with suppress(ProcessLookupError):
        process = os.pidfd_open(pid)
        try:
            if holder(state) == pid:  # so `process` is who holds it, and not a later one of the same id
                signal.pidfd_send_signal(process, signal.SIGKILL)
        finally:
            os.close(process)
