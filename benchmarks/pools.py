"""Bytes and seconds with and without pools: `python -m benchmarks.pools [--rounds N] [--link MB/s,ms]`.

Two pools of two workers with one thread each, every one a process of its own, pool a on 127.0.0.1, pool b on 127.0.0.2.

W1  mean over 18 realizations of predictions in a, at one height, minus observations in b
W2  mean of an array in a minus mean of an array in b

Bytes are those in memory that workers of different pools fetched from each other (Dask's own transfer logs). The
minimum is the size of the smaller operand of the difference: 12 fields of 192 x 320 float32.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import dask
import dask.array as da
import xarray as xr
from distributed import Client, wait

from isthmus.pools import pool
from isthmus.pools.client import install
from isthmus.pools.optimize import HOOKS
from tests.pools.processes import Seat, dask_processes

FIELD: Final = (192, 320)
TIMES: Final = 12
MINIMUM_MB: Final = TIMES * FIELD[0] * FIELD[1] * 4 / 1e6
HOSTS: Final = {"a": "127.0.0.1", "b": "127.0.0.2"}

Place = Callable[[str], AbstractContextManager[Any]]
"""Pool -> the context in which its data is made."""


def random(shape: tuple[int, ...], chunks: tuple[int, ...], seed: int) -> da.Array:
    made: da.Array = da.random.default_rng(seed).random(shape, chunks=chunks, dtype="f4")
    return made


def w1(place: Place, seed: int) -> Any:
    dims = ("time", "realization", "height", "latitude", "longitude")
    with place("a"):
        predictions = xr.DataArray(random((TIMES, 18, 33, *FIELD), (1, 1, 11, *FIELD), seed), dims=dims)
    with place("b"):
        observations = xr.DataArray(random((TIMES, *FIELD), (1, *FIELD), seed + 1), dims=(dims[0], *dims[3:]))
    return predictions.mean("realization").isel(height=10) - observations


def w2(place: Place, seed: int) -> Any:
    means = []
    for name in HOSTS:
        seed += 1
        with place(name):
            means.append(random((TIMES, 9, 11, *FIELD), (1, 1, 11, *FIELD), seed).mean(axis=(1, 2)))
    return means[0] - means[1]


WORKLOADS: Final = {"W1": w1, "W2": w2}


@dataclass(frozen=True)
class Contender:
    name: str
    place: Place
    with_pools: bool


CONTENDERS: Final = (
    Contender("no pools", lambda _: nullcontext(), with_pools=False),
    Contender("annotations only", lambda name: dask.annotate(resources={f"pool-{name}": 0}), with_pools=False),
    Contender("isthmus.pools", pool, with_pools=True),
)


@dataclass(frozen=True)
class Measured:
    seconds: float
    megabytes: float


@contextmanager
def cluster(contender: Contender, link: tuple[float, float] | None) -> Iterator[Client]:
    """A fresh cluster, and a client with or without our hook."""
    with tempfile.TemporaryDirectory(prefix="isthmus-bench-") as temporary:
        folder = Path(temporary)
        preload = None
        if link:
            preload = Path(__file__).with_name("slow_link.py")
            os.environ.update(ISTHMUS_LINK_MBYTES_PER_S=str(link[0]), ISTHMUS_LINK_MS=str(link[1]))
        seats = {f"{name}-{n}": Seat(name, folder, host, preload) for name, host in HOSTS.items() for n in (0, 1)}
        for key in HOOKS:
            dask.config.config.pop(key, None)
        if contender.with_pools:
            install()
        with (
            dask_processes(folder, seats, with_pools=contender.with_pools) as scheduler_file,
            Client(scheduler_file=str(scheduler_file), timeout=60) as client,
        ):
            client.wait_for_workers(len(seats), timeout=60)
            yield client


def bytes_across(client: Client) -> int:
    """Since the last call."""

    def take(dask_worker: Any) -> list[tuple[str, int]]:
        taken = [(entry["who"], entry["total"]) for entry in dask_worker.transfer_incoming_log]
        dask_worker.transfer_incoming_log.clear()
        return taken

    def host(address: str) -> str:
        return address.rpartition(":")[0]

    logs: dict[str, list[tuple[str, int]]] = client.run(take)
    return sum(total for to, log in logs.items() for sender, total in log if host(sender) != host(to))


def measure(contender: Contender, rounds: int, link: tuple[float, float] | None) -> dict[str, Measured]:
    """Medians, after a round that does not count."""
    runs: dict[str, list[Measured]] = {name: [] for name in WORKLOADS}
    with cluster(contender, link) as client:
        for number in range(rounds + 1):
            for name, workload in WORKLOADS.items():
                expression = workload(contender.place, seed=1000 * number)
                bytes_across(client)
                start = time.perf_counter()
                kept = client.persist(expression)
                wait(kept)
                run = Measured(time.perf_counter() - start, bytes_across(client) / 1e6)
                del kept
                if number:
                    runs[name].append(run)
    return {
        name: Measured(statistics.median(run.seconds for run in each), statistics.median(run.megabytes for run in each))
        for name, each in runs.items()
    }


def table(results: dict[str, dict[str, Measured]]) -> str:
    """Markdown; the last column of each workload: how many times more bytes than the minimum."""
    head = " | ".join(f"{name} s | {name} MB across | {name} x minimum" for name in WORKLOADS)
    lines = [f"| contender | {head} |", "|---" * (1 + 3 * len(WORKLOADS)) + "|"]
    for contender, measured in results.items():
        cells = (
            f"{run.seconds:.1f} | {run.megabytes:.2f} | {run.megabytes / MINIMUM_MB:.1f}" for run in measured.values()
        )
        lines.append(f"| {contender} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=4, help="that count, after one that does not (default: 4)")
    parser.add_argument("--link", help="slow the way between the pools: MB/s,ms for each worker, such as 20,20")
    arguments = parser.parse_args()
    link = None
    if arguments.link:
        megabytes_per_s, milliseconds = map(float, arguments.link.split(","))
        link = megabytes_per_s, milliseconds
    results = {contender.name: measure(contender, arguments.rounds, link) for contender in CONTENDERS}
    speed = f"{link[0]:g} MB/s per worker, {link[1]:g} ms" if link else "as fast as loopback is"
    print(f"Medians of {arguments.rounds} rounds; way between the pools: {speed}; minimum {MINIMUM_MB:.2f} MB.\n")
    print(table(results))


if __name__ == "__main__":
    main()
