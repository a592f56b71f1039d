"""Runs in the notebook pod: some twenty seconds of work in two pools whose results meet; prints what came of it.

Every number is known beforehand, so that a task that ran on wrong data, or never, shows.
"""

import sys
import time
from typing import Any

import numpy as np
from distributed import Client, wait

from isthmus.pools import pool

TASKS, SECONDS, SIZE = 60, 0.5, 50_000
#: The sum over i of SIZE * (i - 2 i), by hand.
EXPECTED = -SIZE * TASKS * (TASKS - 1) // 2


def made(number: int, sign: int) -> "np.ndarray[Any, Any]":
    """One source: the time it takes is what a disturbance falls into."""
    time.sleep(SECONDS)
    return np.full(SIZE, sign * number, dtype="int64")


def met(left: "np.ndarray[Any, Any]", right: "np.ndarray[Any, Any]") -> int:
    """What needs one source of each pool."""
    return int((left + 2 * right).sum())


def main(scheduler: str) -> None:
    """Says `running` when the first tasks are done, then the sum."""
    with Client(scheduler) as client:
        with pool("ecmwf"):
            here = client.map(made, range(TASKS), [1] * TASKS, pure=False)
        with pool("eumetsat"):
            there = client.map(made, range(TASKS), [-1] * TASKS, pure=False)
        sums = client.map(met, here, there, pure=False)
        wait(here[:2])
        sys.stdout.write("running\n")
        sys.stdout.flush()
        sys.stdout.write(f"{sum(client.gather(sums))}\n")


if __name__ == "__main__":
    main(sys.argv[1])
