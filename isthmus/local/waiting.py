"""Waiting with a deadline: the one place that sleeps."""

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], bool], seconds: float, *, every: float = 0.05) -> bool:
    """Whether `condition()` became true within `seconds`; asked at least twice. Passes on what it raises."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return condition()
        time.sleep(every)
    return True
