"""A child process and what it prints, as one stream."""

import queue
import subprocess
import threading
from collections.abc import Iterator
from typing import IO, Literal

Stream = Literal["stdout", "stderr"]


def output_of(child: "subprocess.Popen[bytes]") -> Iterator[tuple[Stream, bytes]]:
    """Everything the child prints on its two pipes, as it comes, until it has closed both."""
    chunks: queue.Queue[tuple[Stream, bytes]] = queue.Queue()

    def pump(stream: Stream, pipe: IO[bytes]) -> None:
        with pipe:
            while data := pipe.read1(65536):  # type: ignore[attr-defined]
                chunks.put((stream, data))
        chunks.put((stream, b""))

    assert child.stdout is not None
    assert child.stderr is not None
    threading.Thread(target=pump, args=("stdout", child.stdout), daemon=True).start()
    threading.Thread(target=pump, args=("stderr", child.stderr), daemon=True).start()
    open_pipes = 2
    while open_pipes:
        stream, data = chunks.get()
        if data:
            yield stream, data
        else:
            open_pipes -= 1
