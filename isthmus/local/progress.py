"""How a long step shows that it lives: a line that changes in a terminal, a line now and then elsewhere. On stderr."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.console import Console

#: Seconds between two lines of one step where there is no terminal.
QUIET_S = 30.0


class Step(Protocol):
    """What a long step tells about itself."""

    def update(self, detail: str) -> None:
        """Shows `detail` beside the step's name."""


@contextmanager
def step(name: str) -> Iterator[Step]:
    """Shows that `name` is under way, and how long it took once it has ended well."""
    from rich.console import Console  # only here: most commands have no long step

    console = Console(stderr=True, highlight=False)
    started = time.monotonic()
    if console.is_terminal:
        with console.status(name) as status:
            yield _Live(name, status.update, started)
    else:
        console.print(f"{name} ...")
        yield _Plain(name, console, started)
    console.print(f"{name}: {time.monotonic() - started:.0f} s")


class _Live:
    def __init__(self, name: str, show: object, started: float) -> None:
        self.name, self.show, self.started = name, show, started

    def update(self, detail: str) -> None:
        elapsed = time.monotonic() - self.started
        assert callable(self.show)
        self.show(f"{self.name} [dim]{elapsed:.0f} s  {detail}[/dim]")


class _Plain:
    def __init__(self, name: str, console: "Console", started: float) -> None:
        self.name, self.console, self.started, self.last = name, console, started, started

    def update(self, detail: str) -> None:
        now = time.monotonic()
        if now - self.last >= QUIET_S:
            self.last = now
            self.console.print(f"{self.name}: {now - self.started:.0f} s, {detail}")
