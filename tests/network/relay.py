"""A door on 127.0.0.1 into a world: how a person's program, which is not part of it, reaches something there."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def relayed(connect: Callable[[], socket.socket]) -> Iterator[int]:
    """Gives a port; each connection to it is joined to a new one of `connect`, until the block ends."""
    door = socket.create_server(("127.0.0.1", 0))
    ends: list[socket.socket] = [door]

    def copy(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def accept() -> None:
        with suppress(OSError):
            while True:
                caller, _ = door.accept()
                far = connect()
                far.settimeout(None)
                ends.extend((caller, far))
                for pair in ((caller, far), (far, caller)):
                    threading.Thread(target=copy, args=pair, daemon=True).start()

    server = threading.Thread(target=accept, daemon=True)
    server.start()
    try:
        yield int(door.getsockname()[1])
    finally:
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        server.join(5)
