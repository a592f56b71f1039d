"""The scheduler's side: the thin shell that Dask calls. The rules are in tag, propagate, placement, siblings, spread.

    graph arrives     sources are tagged, tags propagate, tagged tasks are restricted to their pool's workers
    inputs are ready  a task whose inputs lie in several pools is placed by their real sizes, if equal by its siblings
    loads are ready   those that share a handle go round the workers of their pool

A restriction is `TaskState.worker_restrictions` = the pool's live set of addresses. Not `resource_restrictions`: a P2P
rechunk or shuffle hangs in those, and they cannot say "in either pool".
"""

import logging
import pickle
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

import dask
from dask._task_spec import DataNode
from dask.typing import Key
from dask.utils import parse_bytes, parse_timedelta
from distributed import Scheduler, SchedulerPlugin
from distributed.scheduler import TaskState, WorkerState
from distributed.shuffle._core import id_from_key

from isthmus import names
from isthmus.catalog import Catalog
from isthmus.pools import demand, memory, routes, tag
from isthmus.pools.optimize import ANNOTATION
from isthmus.pools.placement import SHARE, WORTH_BYTES, home_pool
from isthmus.pools.propagate import ANYWHERE, MIXED, Tag, propagate, readers
from isthmus.pools.roster import Members, Roster
from isthmus.pools.siblings import Siblings
from isthmus.pools.spread import Spread

logger = logging.getLogger(__name__)

#: Where a client without a catalog of its own finds the scheduler's: `client.get_metadata`.
METADATA_KEY: Final = "isthmus-catalog"

#: Prefix that dask.array and xarray give to the key of an array before it is cut into chunks: an opened file.
_HANDLE: Final = "original-"

#: States of a task that still has to run.
_PENDING: Final = frozenset({"waiting", "no-worker", "processing"})


class Pools(SchedulerPlugin):
    """Runs tasks in the pool of their data.

    catalog: prefix -> pool; None: that of Dask's configuration on the scheduler, `isthmus.catalog`.
    worth, share: a task with inputs in several pools is placed if that saves so many bytes, and such a part of the
    best pool's bytes, against the second-best pool.
    """

    name = memory.PLUGIN_NAME
    idempotent = True

    def __init__(
        self, catalog: Mapping[str, str] | None = None, *, worth: int | str = WORTH_BYTES, share: float = SHARE
    ) -> None:
        self.catalog = None if catalog is None else Catalog(catalog)
        self.worth_bytes, self.share = int(parse_bytes(worth)), share
        self.roster = Roster()
        self.tags: dict[Key, Tag] = {}
        """Of every task that the scheduler knows; none: nothing is known of its pool."""
        self.stats: Counter[str] = Counter()
        self._handles: set[Key] = set()
        self._spread = Spread()
        self._siblings = Siblings()

    async def start(self, scheduler: Scheduler) -> None:
        """Called by Dask when the plugin is registered."""
        self.scheduler = scheduler
        self.catalog = tag.from_config() if self.catalog is None else self.catalog
        tag.use(self.catalog)
        for pool in self.catalog.values():
            self.roster.members(pool)  # known from now on, also without workers
        for address in scheduler.workers:
            self.add_worker(scheduler, address)
        scheduler.set_metadata([METADATA_KEY], dict(self.catalog))
        routes.add(scheduler, self)
        if (manager := scheduler.extensions.get("amm")) is not None:
            memory.stay_inside(manager, self)
        logger.info("pools are kept pools=%s prefixes=%d", ",".join(self.roster.pools()), len(self.catalog))

    async def close(self) -> None:
        """Called by Dask when the scheduler ends."""
        tag.use(None)

    def restart(self, scheduler: Scheduler) -> None:
        """All tasks are gone; the workers were removed one by one."""
        self.tags.clear()
        self._handles.clear()
        self._spread.clear()
        self._siblings.clear()
        scheduler.set_metadata([METADATA_KEY], dict(self.catalog or {}))

    # -- workers come and go

    def add_worker(self, scheduler: Scheduler, worker: str) -> None:
        self.roster.add(worker, scheduler.workers[worker].resources)

    def remove_worker(self, scheduler: Scheduler, worker: str, **_: Any) -> None:
        for pool in self.roster.remove(worker):
            pending = sum(self._waits_for(ts, pool) for ts in scheduler.tasks.values()) if self.tags else 0
            if pending:
                self._warn_of_empty(pool, pending, "has lost its last worker")

    def _waits_for(self, ts: TaskState, pool: str) -> bool:
        found = self.tags.get(ts.key)
        return isinstance(found, str) and pool in found.split("|") and ts.state in _PENDING

    # -- a graph arrives; none of its tasks has been scheduled yet

    def update_graph(
        self, scheduler: Scheduler, *, tasks: Iterable[Key], annotations: Mapping[str, Mapping[Key, Any]], **_: Any
    ) -> None:
        known = scheduler.tasks
        new = [
            ts
            for key in tasks
            if key not in self.tags and (ts := known[key]).state == "released" and ts.run_spec is not None
        ]
        sources = self._sources(new, annotations.get(ANNOTATION, {}))
        if not sources and not self.tags:
            return
        self.tags.update(sources)
        new.sort(key=lambda ts: (ts.priority or (0,))[-1])  # dask.order: inputs before users
        self._propagate([ts.key for ts in new])
        self._restrict(new)

    def _sources(self, new: Iterable[TaskState], annotated: Mapping[Key, Any]) -> dict[Key, str]:
        """Tags that need no other task's: by annotation, else by the paths in the task."""
        sources = {ts.key: pool for ts in new if isinstance(pool := annotated.get(ts.key), str)}
        if self.catalog:
            finder = tag.PathFinder(self.catalog)
            for ts in new:
                if ts.key not in sources and (found := finder.pools_in(ts.run_spec)):
                    if len(found) == 1:
                        sources[ts.key] = found.pop()
                    else:
                        self._ambiguous(ts.key, found)
        self._handles.update(key for key in sources if self._is_handle(key))
        self.stats["sources"] += len(sources)
        return sources

    def _is_handle(self, key: Key) -> bool:
        name = key[0] if isinstance(key, tuple) else key
        is_literal = isinstance(self.scheduler.tasks[key].run_spec, DataNode)
        return is_literal or (isinstance(name, str) and name.startswith(_HANDLE))

    def _propagate(self, order: list[Key]) -> None:
        tasks = self.scheduler.tasks

        def inputs(key: Key) -> list[Key]:
            return [ts.key for ts in tasks[key].dependencies]

        def users(key: Key) -> list[Key]:
            return [ts.key for ts in tasks[key].dependents]

        if self._handles:
            found = readers(order, inputs, self.tags, self._handles)
            self.tags.update(found)
            for key in (key for key, pool in found.items() if pool is MIXED):
                self._ambiguous(key, {str(self.tags[h]) for h in inputs(key) if h in self._handles})
        self.tags.update(propagate(order, inputs, users, self.tags))

    def _restrict(self, new: Iterable[TaskState]) -> None:
        without_workers: Counter[str] = Counter()
        shuffled: set[Key] = set()
        for ts in new:
            pool = self.tags.get(ts.key)
            if not isinstance(pool, str) or pool == ANYWHERE or ts.worker_restrictions or ts.host_restrictions:
                continue  # the user's own `workers=` wins
            members = self.roster.members(pool)
            if not members.addresses:
                without_workers[pool] += 1
            if id_from_key(ts.key) is not None:
                # P2P spreads its output over the addresses of its barrier, and pins the output tasks itself. The set
                # without the marker: P2P would take that for a worker.
                ts.worker_restrictions = members.addresses
                shuffled |= {user.key for user in ts.dependents}
            elif ts.key not in shuffled:
                if ts.dependencies and self.scheduler.is_rootish(ts):  # to be asked before it is restricted
                    self._spread.add(ts.key)
                ts.worker_restrictions = members
        for pool, count in without_workers.items():
            self._warn_of_empty(pool, count, "has no workers yet")

    # -- tasks become ready; Dask is about to choose their workers

    def transition(self, key: Key, start: str, finish: str, *_: Any, stimulus_id: str, **__: Any) -> None:  # noqa: ARG002
        tasks = self.scheduler.tasks
        if finish == "memory":
            ready = [user for user in tasks[key].dependents if user.state == "waiting" and not user.waiting_on]
            loads = [ts for ts in ready if ts.key in self._spread]
            if len(loads) > 1:
                self._share_out(loads)
                ready = [ts for ts in ready if ts.key not in self._spread]
            for user in ready:
                self._place(user)
        elif finish == "waiting":
            ts = tasks[key]
            if ts.dependencies and not ts.waiting_on:
                self._place(ts)
            return
        elif finish == "processing":
            self._siblings.sent(key, tasks[key].group.name, self._homes_of(tasks[key]))
        elif finish == "forgotten":
            self.tags.pop(key, None)
            self._handles.discard(key)
            self._spread.forget(key)
            group = tasks[key].group
            self._siblings.forget(key, group.name, last=len(group) == group.states["forgotten"])
        if self._spread.lift(key):
            tasks[key].worker_restrictions = self.roster.members(str(self.tags[key]))

    def _place(self, ts: TaskState) -> None:
        pool = self.tags.get(ts.key)
        restrictions = ts.worker_restrictions
        ours = restrictions is None or isinstance(restrictions, Members)
        if isinstance(pool, str):
            if ours and ts.key in self._spread and (workers := self._running(pool)):
                ts.worker_restrictions = {self._spread.pin(ts.key, workers)}
        elif ours and not ts.host_restrictions and not any(id_from_key(each.key) for each in ts.dependencies):
            siblings = self._siblings.pool(ts.group.name) if pool is MIXED else None
            best = home_pool(self._held(ts), worth_bytes=self.worth_bytes, share=self.share, siblings=siblings)
            placed = best is not None and bool(self._running(best))
            if pool is MIXED and not placed:  # only these: what has no pool at all is Dask's to spread over all workers
                self._siblings.leave_free(ts.key)
            ts.worker_restrictions = self.roster.members(best) if best is not None and placed else None
            self.stats["placed" if placed else "left free"] += 1

    def _share_out(self, loads: list[TaskState]) -> None:
        """Loads of one handle, which have become ready together."""
        by_pool: dict[str, list[TaskState]] = {}
        for ts in sorted(loads, key=lambda ts: ts.priority or ()):
            if isinstance(ts.worker_restrictions, Members):
                by_pool.setdefault(str(self.tags[ts.key]), []).append(ts)
        for pool, members in by_pool.items():
            if workers := self._running(pool):
                seats = self._spread.pin_runs([ts.key for ts in members], workers)
                for ts, address in zip(members, seats, strict=True):
                    ts.worker_restrictions = {address}

    def _held(self, ts: TaskState) -> dict[str | None, int]:
        """Pool -> bytes of the task's inputs that lie there; a copy in two pools counts for both."""
        held: dict[str | None, int] = {}
        for each in ts.dependencies:
            nbytes = each.get_nbytes()
            for pool in {
                home for worker in each.who_has or () for home in self.roster.homes(worker.address) or (None,)
            }:
                held[pool] = held.get(pool, 0) + nbytes
        return held

    def _homes_of(self, ts: TaskState) -> tuple[str, ...]:
        """The pools of the worker that a task was sent to."""
        return self.roster.homes(ts.processing_on.address) if ts.processing_on else ()

    def _running(self, pool: str) -> list[WorkerState]:
        workers, running = self.scheduler.workers, self.scheduler.running
        return [ws for address in self.roster.members(pool) if (ws := workers.get(address)) in running]

    # -- what others are told

    def report(self) -> dict[str, Any]:
        """The answer of `/api/v1/pools`."""
        target_s = parse_timedelta(dask.config.get("distributed.adaptive.target-duration"))
        pools = demand.reports(self.scheduler, self.roster, self.tags, target_s)
        return {"stats": dict(self.stats), "pools": {name: demand.as_json(each) for name, each in pools.items()}}

    def _ambiguous(self, key: Key, pools: Iterable[str]) -> None:
        self.stats["ambiguous"] += 1
        if self.stats["ambiguous"] == 1:  # one of thousands in a graph says it for all
            self._warn(
                f"{key!r} reads from several pools ({', '.join(sorted(pools))}) and may run in any. If Dask fused "
                "these reads into one task, `import isthmus.pools` in the client keeps them apart."
            )

    def _warn_of_empty(self, pool: str, count: int, what: str) -> None:
        tasks = "1 task waits" if count == 1 else f"{count} tasks wait"
        starts = " or ".join(f"--resources {names.pool_resource(each)}=1" for each in pool.split("|"))
        hint = self.roster.hint(pool, named=(self.catalog or {}).values())
        self._warn(f"Pool {pool!r} {what}: {tasks} until one starts with {starts}.{hint}")

    def _warn(self, message: str) -> None:
        """For the log, for the clients that are connected, and for `client.get_events("isthmus-pools")`."""
        logger.warning(message)
        self.scheduler.log_event(self.name, message)
        self.scheduler.log_event("warn", {"message": pickle.dumps(message), "category": pickle.dumps(UserWarning)})
