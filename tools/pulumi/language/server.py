"""The language host as a process."""

import os
import signal
import sys
from concurrent import futures
from typing import Final

import grpc
from pulumi.runtime.proto.language_pb2_grpc import add_LanguageRuntimeServicer_to_server

from tools.pulumi.language.host import Host

#: As the engine's own limit.
MAX_MESSAGE_BYTES: Final = 400 << 20


def serve(engine_address: str) -> None:
    """Serves until the engine ends the process with a signal. The engine reads the port from stdout."""
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=16),
        options=[
            ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
            ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
        ],
    )
    host = Host(engine_address)
    add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: _end(host))
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()


def _end(host: Host) -> None:
    host.end_children()
    os._exit(0)
