"""How a long step shows that it lives: a line that changes in a terminal, a line now and then elsewhere. On stderr."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: Seconds between two lines of one step where there is no terminal.
QUIET_S = 30.0
#: Of what a program says about itself, at most this many characters are shown.
_WIDTH = 60

#: Shows a detail beside the step's name.
Update = Callable[[str], None]


@contextmanager
def step(name: str) -> Iterator[Update]:
    """Shows that `name` is under way, and how long it took once it has ended well."""
    from rich.console import Console  # only here: most commands have no long step
    from rich.text import Text

    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    started = time.monotonic()
    if console.is_terminal:
        with console.status(Text(name)) as status:
            yield lambda detail: status.update(Text(f"{name}  {time.monotonic() - started:.0f} s  {detail[:_WIDTH]}"))
    else:
        console.print(f"{name} ...")
        yield _now_and_then(console.print, name, started)
    console.print(f"{name}: {time.monotonic() - started:.0f} s")


def _now_and_then(show: Callable[[str], None], name: str, started: float) -> Update:
    last = started

    def update(detail: str) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= QUIET_S:
            last = now
            show(f"{name}: {now - started:.0f} s  {detail[:_WIDTH]}")

    return update
