"""How the command line talks to a running world: one line of JSON each way over `.isthmus/control.sock` (0600).

-> {"do": "partition", "site": "ecmwf"}
<- {"answer": {...}}  or  {"error": "..."}
"""

import asyncio
import json
import os
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from isthmus.errors import IsthmusError

SOCKET = "control.sock"
#: Longer than anything that the supervisor does on request.
TIMEOUT_S = 60.0

Handler = Callable[[Mapping[str, Any]], Awaitable[Any]]


def ask(state: Path, request: Mapping[str, Any]) -> Any:
    """The answer of the world whose state folder this is.

    Raises IsthmusError with its words if it refuses, ConnectionError or FileNotFoundError if nobody is there.
    """
    with socket.socket(socket.AF_UNIX) as connection, _short(state) as path:
        connection.settimeout(TIMEOUT_S)
        connection.connect(path)
        connection.sendall(json.dumps(request).encode() + b"\n")
        with connection.makefile() as lines:
            line = lines.readline()
    if not line:
        raise ConnectionResetError("the supervisor ended")
    answer = json.loads(line)
    if "error" in answer:
        raise IsthmusError(answer["error"])
    return answer["answer"]


async def serve(state: Path, handle: Handler) -> asyncio.Server:
    """Answers requests until the server is closed."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = json.loads(await reader.readline())
            reply = {"answer": await handle(request)}
        except (IsthmusError, ValueError) as error:
            reply = {"error": str(error)}
        writer.write(json.dumps(reply).encode() + b"\n")
        try:
            await writer.drain()
        except OSError:
            pass  # whoever asked is gone
        finally:
            writer.close()

    (state / SOCKET).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    with _short(state) as path:
        mask = os.umask(0o177)
        try:
            listener.bind(path)
        finally:
            os.umask(mask)
    return await asyncio.start_unix_server(answer, sock=listener)


@contextmanager
def _short(state: Path) -> Iterator[str]:
    """The socket's path by way of an open folder: a socket's own path may not have more than 107 bytes."""
    folder = os.open(state, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{SOCKET}"
    finally:
        os.close(folder)
