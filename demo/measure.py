"""What a computation moved, read from Dask itself: transfer logs of the workers, task stream, stealing events.

Sizes are in-memory bytes of task outputs, as in Dask's logs. Shuffles (P2P) do not appear there; the demo has none.
Wire bytes are counted at the data centres' border, by `demo.run`.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from distributed import Client, get_task_stream

#: Where results go: to the client, through the scheduler.
CLIENT: Final = "client"
#: Dask's `--resources pool-NAME=1` says which pool a worker belongs to.
RESOURCE: Final = "pool-"


@dataclass(frozen=True)
class Steal:
    """A task that an idle worker took from a busy one."""

    source: str
    target: str


@dataclass
class Measured:
    """One computation."""

    seconds: float = 0.0
    moved: dict[str, int] = field(default_factory=dict)
    """`source->target`: bytes, where both are pools or the target is the client. What stays in a pool is there too."""
    tasks: dict[str, int] = field(default_factory=dict)
    """Pool: tasks that ran there."""
    steals: int = 0
    steals_across: int = 0

    @property
    def across(self) -> int:
        """Bytes that left a pool."""
        return sum(size for leg, size in self.moved.items() if len(set(leg.split("->"))) > 1)


@contextmanager
def measured(client: Client) -> Iterator[Measured]:
    """Measures what the block computes on an otherwise quiet cluster. The clock stops when the block ends."""
    result = Measured()
    pools = pools_of(client)
    client.run(_clear_logs)
    seen = len(_steals(client, pools))
    with get_task_stream(client) as stream:
        start = time.perf_counter()
        yield result
        result.seconds = time.perf_counter() - start
    steals = _steals(client, pools)[seen:]
    result.moved = moved(client.run(_read_logs), pools)
    result.tasks = dict(Counter(pools.get(task["worker"], "?") for task in stream.data))
    result.steals = len(steals)
    result.steals_across = sum(steal.source != steal.target for steal in steals)


def pools_of(client: Client) -> dict[str, str]:
    """Worker address -> its pool."""
    workers = client.scheduler_info(n_workers=-1)["workers"]
    return {address: _pool(worker["resources"]) for address, worker in workers.items()}


def moved(logs: Mapping[str, tuple[Iterable[Any], Iterable[Any]]], pools: Mapping[str, str]) -> dict[str, int]:
    """`source->target`: bytes, from each worker's (incoming, outgoing) transfer log.

    What a worker received counts as received. What nobody of the workers asked for went to the scheduler, which hands
    it to the client.
    """
    total: Counter[str] = Counter()
    for worker, (incoming, outgoing) in logs.items():
        here = pools[worker]
        for entry in incoming:
            total[f"{pools.get(entry['who'], '?')}->{here}"] += entry["total"]
        for entry in outgoing:
            if entry["who"] not in pools:
                total[f"{here}->{CLIENT}"] += entry["total"]
    return dict(sorted(total.items()))


def _pool(resources: Iterable[str]) -> str:
    return next((name.removeprefix(RESOURCE) for name in resources if name.startswith(RESOURCE)), "?")


async def _clear_logs(dask_worker: Any) -> None:
    """Runs on each worker."""
    await _all_sent(dask_worker)
    dask_worker.transfer_incoming_log.clear()
    dask_worker.transfer_outgoing_log.clear()


async def _read_logs(dask_worker: Any) -> tuple[list[Any], list[Any]]:
    """Runs on each worker. A log that is full has lost entries: rather no figure than a wrong one."""
    await _all_sent(dask_worker)
    logs = dask_worker.transfer_incoming_log, dask_worker.transfer_outgoing_log
    if any(len(log) == log.maxlen for log in logs):
        raise RuntimeError("the transfer log is full: set distributed.admin.low-level-log-length higher")
    received, sent = ([{"who": entry["who"], "total": entry["total"]} for entry in log] for log in logs)
    return received, sent


async def _all_sent(dask_worker: Any) -> None:
    """A worker logs what it sent when the receiver's thanks have arrived, so after the receiver has gone on."""
    while dask_worker.transfer_outgoing_count:
        await asyncio.sleep(0.01)


def _steals(client: Client, pools: Mapping[str, str]) -> list[Steal]:
    """Confirmed steals so far. An event is ("confirm", key, state, victim, thief, id)."""
    events = (event for _, event in client.get_events("stealing") or ())
    return [Steal(pools.get(event[3], "?"), pools.get(event[4], "?")) for event in events if event[0] == "confirm"]
