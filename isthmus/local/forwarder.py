"""The doors of the data centres on 127.0.0.1: a connection here becomes one inside a site.

The listening sockets are made in the machine's network, the other ends in the site's; bytes pass through unread.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress

from isthmus.errors import IsthmusError
from isthmus.local.addresses import FREE_PORTS

#: Connects to the other end from inside a site. Raises OSError or IsthmusError if there is nothing.
Connect = Callable[[], Awaitable[socket.socket]]

_CHUNK = 256 * 1024
#: As long as a Dask client waits for a scheduler's first word (`distributed.comm.timeouts.connect`).
PATIENCE_S = 30.0
_AGAIN_AFTER_S = 0.5


def listen(what: str, port: int) -> socket.socket:
    """A listening socket on 127.0.0.1; port 0: a free one. Raises IsthmusError if the port is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise IsthmusError(
            f"127.0.0.1:{port} ({what}): {error.strerror}. End the program that has the port "
            f"(ss -ltnp 'sport = {port}' shows it), or {FREE_PORTS}."
        ) from error
    return listener


def port_of(listener: socket.socket) -> int:
    """The port of a listening socket."""
    return int(listener.getsockname()[1])


async def serve(listener: socket.socket, connect: Connect, patience_s: float = PATIENCE_S) -> asyncio.Server:
    """Forwards every connection that arrives until the server is closed.

    Who comes before the other end is there waits for it, at most `patience_s` seconds: a Dask client that is let in
    and dropped gives up at once, where it would wait half a minute for an answer.
    """

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await _connected(connect, patience_s)
        if there is None:
            writer.transport.abort()
            return
        other_reader, other_writer = await asyncio.open_connection(sock=there)
        try:
            await asyncio.gather(_pump(reader, other_writer), _pump(other_reader, writer))
        except OSError:
            pass  # either end broke the connection; so do we, at both
        finally:
            for end in (writer, other_writer):
                end.transport.abort()

    return await asyncio.start_server(forward, sock=listener)


async def _connected(connect: Connect, patience_s: float) -> socket.socket | None:
    """A connection to the other end, or None if there was none in time."""
    deadline = asyncio.get_running_loop().time() + patience_s
    while True:
        try:
            return await connect()
        except (OSError, IsthmusError):
            if asyncio.get_running_loop().time() > deadline:
                return None
            await asyncio.sleep(_AGAIN_AFTER_S)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copies until the end, and passes the end on: the other direction may still have something to say."""
    while data := await reader.read(_CHUNK):
        writer.write(data)
        await writer.drain()
    with suppress(OSError):
        writer.write_eof()
        await writer.drain()
