"""A program that sends back what it gets, and a caller that tells how long it had to wait."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def echoing(door: socket.socket) -> Iterator[None]:
    """Serves `door` until the block ends."""
    open_ones: list[socket.socket] = [door]

    def answer(caller: socket.socket) -> None:
        with caller:
            try:
                while data := caller.recv(1 << 16):
                    caller.sendall(data)
            except OSError:
                return

    def accept() -> None:
        while True:
            try:
                caller, _ = door.accept()
            except OSError:
                return
            open_ones.append(caller)
            threading.Thread(target=answer, args=(caller,), daemon=True).start()

    server = threading.Thread(target=accept, daemon=True)
    server.start()
    try:
        yield
    finally:
        for one in open_ones:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        server.join(5)


class Beat:
    """`with Beat(connection) as beat:` sends a byte every 20 ms; `longest_wait_s` is the slowest answer so far."""

    def __init__(self, connection: socket.socket, patience_s: float = 40) -> None:
        self._connection = connection
        self._connection.settimeout(patience_s)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.longest_wait_s = 0.0
        self.answers = 0
        self.failure: OSError | None = None

    def __enter__(self) -> "Beat":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join(60)
        self._connection.close()

    def _run(self) -> None:
        while not self._ending.wait(0.02):
            sent = time.monotonic()
            try:
                self._connection.sendall(b"x")
                if self._connection.recv(1) != b"x":
                    raise ConnectionResetError("the far side ended the connection")
            except OSError as error:
                self.failure = error
                return
            self.longest_wait_s = max(self.longest_wait_s, time.monotonic() - sent)
            self.answers += 1
