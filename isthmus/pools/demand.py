"""How many workers each pool needs: Dask's rule for the whole cluster, applied pool by pool.

`Scheduler.adaptive_target` adds up everything. It would start workers that cannot see the data and close whole pools.
For autoscaling, which is not built yet: today the numbers are told and nobody acts on them.
"""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

from isthmus.pools.propagate import Tag
from isthmus.pools.roster import Roster

#: As Scheduler.adaptive_target of distributed 2026.8: above this part of the memory limit it wants twice the workers.
_MEMORY_IN_USE: Final = 0.6


@dataclass(frozen=True)
class Load:
    """What one pool has and has to do."""

    workers: int
    threads: int
    seconds: float
    """Of work: assigned to its workers, waiting for one, and its share of what any pool can do."""
    tasks: float
    """Their number; a share may be a fraction."""
    nbytes: int
    memory_limit: int


@dataclass(frozen=True)
class PoolReport:
    """One pool's line of the route `/api/v1/pools`."""

    workers: int
    running: int
    """Workers that take tasks: neither paused nor being retired."""
    desired: int
    """Workers that would finish the present work in the target duration."""
    processing: int
    waiting_for_workers: int
    """Tasks that no worker of the pool can take at present."""
    nbytes: int


def desired(load: Load, target_s: float) -> int:
    """Workers that finish the load in target_s seconds; never more threads than tasks; one at least if tasks wait."""
    threads_per_worker = load.threads / load.workers if load.workers else 1
    threads = min(math.ceil(load.seconds / target_s), math.ceil(load.tasks))
    wanted = math.ceil(threads / threads_per_worker)
    if load.memory_limit and load.nbytes > _MEMORY_IN_USE * load.memory_limit:
        return max(wanted, 2 * load.workers)
    return wanted


def reports(scheduler: Any, roster: Roster, tags: dict[Any, Tag], target_s: float) -> dict[str, PoolReport]:
    """Every pool's line, by name. Tasks for `a|b` count for the first of the two that is named and has workers."""
    waiting: dict[str, list[Any]] = {pool: [] for pool in roster.pools()}
    for task in scheduler.unrunnable:
        if isinstance(tag := tags.get(task.key), str) and (pool := _responsible(tag, roster)) in waiting:
            waiting[pool].append(task)
    return {pool: _report(scheduler, roster, pool, tasks, target_s) for pool, tasks in waiting.items()}


def _responsible(tag: str, roster: Roster) -> str:
    pools = tag.split("|")
    return next((pool for pool in pools if roster.members(pool).addresses), pools[0])


def _report(scheduler: Any, roster: Roster, pool: str, waiting: list[Any], target_s: float) -> PoolReport:
    workers = [scheduler.workers[address] for address in roster.members(pool).addresses if address in scheduler.workers]
    threads = sum(worker.nthreads for worker in workers)
    processing = sum(len(worker.processing) for worker in workers)
    share = threads / scheduler.total_nthreads if threads else 0  # of what any pool can do
    load = Load(
        workers=len(workers),
        threads=threads,
        seconds=sum(worker.occupancy for worker in workers)
        + _seconds(scheduler, waiting)
        + share * _seconds(scheduler, scheduler.queued),
        tasks=len(waiting) + processing + share * len(scheduler.queued),
        nbytes=sum(worker.nbytes for worker in workers),
        memory_limit=sum(worker.memory_limit for worker in workers),
    )
    return PoolReport(
        workers=len(workers),
        running=sum(worker in scheduler.running for worker in workers),
        desired=desired(load, target_s),
        processing=processing,
        waiting_for_workers=len(waiting),
        nbytes=load.nbytes,
    )


def _seconds(scheduler: Any, tasks: Iterable[Any]) -> float:
    """Expected time of these tasks; Dask learns it from their like, and guesses 0.5 s before."""
    return float(sum(scheduler._get_prefix_duration(task.prefix) for task in tasks))


def as_json(report: PoolReport) -> dict[str, int]:
    """The line as it goes over the wire."""
    return asdict(report)
