"""A companion process of the engine: it serves gRPC on a port that it prints, and never outlives the engine."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent import futures
from typing import Final

import grpc

#: As the engine's own limit; a stack's largest bag is far smaller.
MAX_MESSAGE_BYTES: Final = 400 << 20


def serve(add: Callable[[grpc.Server], None], *, threads: int, at_end: Callable[[], None] = lambda: None) -> None:
    """Serves until the engine ends the process with a signal, or dies itself. The engine reads the port from stdout.

    add: registers the service. at_end: what must not be left behind.
    """
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=threads),
        options=[
            ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
            ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
        ],
    )
    add(server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()

    def end(*_: object) -> None:
        at_end()
        os._exit(0)  # calls under way have nobody left to answer

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    threading.Thread(target=_watch_parent, args=(os.getppid(), end), daemon=True).start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()


def _watch_parent(parent: int, end: Callable[[], None]) -> None:
    """An engine that was killed tells nobody. Its children pass to another parent then."""
    while os.getppid() == parent:
        time.sleep(1)
    end()
