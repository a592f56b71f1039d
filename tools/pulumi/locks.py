"""Locks that a killed CLI leaves in its file backend: nobody holds them, yet the next update would refuse to start."""

import json
import os
import socket
from pathlib import Path


def drop_stale(state: Path) -> list[Path]:
    """Removes the locks of processes of this machine that no longer exist; returns what it removed.

    A process id that is in use again keeps its lock: then `pulumi cancel` is up to a person.
    """
    stale = [lock for lock in (state / ".pulumi" / "locks").rglob("*.json") if _is_stale(lock)]
    for lock in stale:
        lock.unlink(missing_ok=True)
    return stale


def _is_stale(lock: Path) -> bool:
    try:
        holder = json.loads(lock.read_text())
        return bool(holder["hostname"] == socket.gethostname() and not _exists(int(holder["pid"])))
    except (OSError, ValueError, KeyError):
        return False  # being written or removed at this moment


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
