"""What a record changes of its process while it runs, and puts back.

Collections: a program makes many objects and drops few of them before its end, so most collections look at all of them
in vain: 994 resources took 5.8 s of CPU with Python's own thresholds and 3.0 s with these.

Environment: SDKs take variables over as inputs of resources ($KUBECONFIG becomes a provider's `kubeconfig`), so a graph
would tell who recorded it.
"""

import gc
import os
import threading
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Final

#: New objects before a collection, and collections of a generation before one of the next. Python's are 700, 10, 10.
RARE: Final = (200_000, 50, 50)


class _Changed(ABC):
    """`with` for many threads: the first one that comes makes the change, the last one that leaves puts it back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._begin()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._end()

    @abstractmethod
    def _begin(self) -> None: ...

    @abstractmethod
    def _end(self) -> None: ...


class _RarelyCollected(_Changed):
    _before: tuple[int, int, int] = RARE
    _froze = False

    def _begin(self) -> None:
        self._before = gc.get_threshold()
        # What is alive already need not be looked at. If somebody has frozen things, thawing would thaw those too.
        self._froze = gc.get_freeze_count() == 0
        if self._froze:
            gc.freeze()
        gc.set_threshold(*RARE)

    def _end(self) -> None:
        gc.set_threshold(*self._before)
        if self._froze:
            gc.unfreeze()


class _WithoutAmbient(_Changed):
    def __init__(self) -> None:
        super().__init__()
        self._hidden: dict[str, str] = {}

    def _begin(self) -> None:
        self._hidden = {name: value for name, value in os.environ.items() if is_ambient(name)}
        for name in self._hidden:
            del os.environ[name]

    def _end(self) -> None:
        os.environ.update(self._hidden)
        self._hidden = {}


def is_ambient(name: str) -> bool:
    """Whether an SDK would read this environment variable instead of the program's own settings."""
    return name == "KUBECONFIG" or name.startswith("PULUMI_")


#: The collector and the environment are the process's, so these are too.
rarely_collected: Final = _RarelyCollected()
without_ambient: Final = _WithoutAmbient()
