"""Network namespaces as places to make sockets in, and to be in.

A socket belongs to the namespace that its thread was in when it made it, for as long as it lives. So a process that
lives in one can listen in another and connect from a third.
"""

import ctypes
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: From linux/sched.h.
_CLONE_NEWNET = 0x40000000
_OWN = Path("/proc/thread-self/ns/net")

_libc = ctypes.CDLL(None, use_errno=True)


def unshare_network() -> None:
    """Puts the calling thread, and every process that it starts from now on, into a new, empty network namespace."""
    _checked(_libc.unshare(_CLONE_NEWNET))


@contextmanager
def network(path: Path) -> Iterator[None]:
    """The calling thread is in the network namespace at `path` within the block. Never await inside it."""
    with _OWN.open() as own, path.open() as other:
        _checked(_libc.setns(other.fileno(), _CLONE_NEWNET))
        try:
            yield
        finally:
            _checked(_libc.setns(own.fileno(), _CLONE_NEWNET))


def network_of(pid: int) -> Path:
    """The network namespace of a process."""
    return Path(f"/proc/{pid}/ns/net")


def tcp_socket(namespace: Path) -> socket.socket:
    """A TCP socket, not yet connected, that belongs to a network namespace."""
    with network(namespace):
        return socket.socket(socket.AF_INET, socket.SOCK_STREAM)


def _checked(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
