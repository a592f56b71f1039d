"""Dask clusters whose workers are in pools, in this process; and what went where in them.

    with cluster(pools={"a": 2, "b": 2}, plugins=[Pools()]) as world:
        ... world.client ...
        assert world.bytes_across() == 0

`scheduler.validate` is on. A plugin that raises in one of Dask's hooks is only logged by Dask: here it fails the test.
"""

import logging
import warnings
from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import dask.config
from distributed import Client, Scheduler, SchedulerPlugin, SpecCluster, Worker, futures_of, wait
from distributed.scheduler import WorkerState

from isthmus.pools import Pools

#: Of every awaited condition.
DEADLINE_S = 60.0


def pool_of(worker: WorkerState) -> str:
    """The pool of a worker in one pool; "" if it is in none."""
    return next((name.removeprefix("pool-") for name in worker.resources if name.startswith("pool-")), "")


class Recorder(SchedulerPlugin):
    """Remembers where every task ran, and how many came."""

    name = "recorder"

    def __init__(self) -> None:
        self.ran: dict[Hashable, str] = {}
        self.tasks = 0

    async def start(self, scheduler: Scheduler) -> None:
        self.scheduler = scheduler

    def update_graph(self, scheduler: Scheduler, *, tasks: Collection[Hashable], **_: Any) -> None:  # noqa: ARG002
        self.tasks += len(tasks)

    def transition(self, key: Any, start: str, finish: str, *_: Any, **kwargs: Any) -> None:
        if start == "processing" and finish == "memory" and (worker := self.scheduler.workers.get(kwargs["worker"])):
            self.ran[key] = pool_of(worker)


@dataclass
class World:
    cluster: SpecCluster
    client: Client
    recorder: Recorder
    failures: list[logging.LogRecord] = field(default_factory=list)

    @property
    def scheduler(self) -> Scheduler:
        scheduler = self.cluster.scheduler
        assert isinstance(scheduler, Scheduler)
        return scheduler

    @property
    def plugin(self) -> Pools:
        plugin = self.scheduler.plugins["isthmus-pools"]
        assert isinstance(plugin, Pools)
        return plugin

    def forget(self) -> None:
        """What happened so far does not count."""
        self.recorder.ran.clear()
        self.recorder.tasks = 0
        for worker in self.cluster.workers.values():
            worker.transfer_incoming_log.clear()

    def ran_in(self, *names: str) -> set[str]:
        """The pools where tasks ran, of those whose key holds one of the names; of all if none is given."""
        return {pool for key, pool in self.recorder.ran.items() if not names or any(name in str(key) for name in names)}

    def holders(self, collection: Any) -> list[str]:
        """The names of the workers that keep the results, one for each copy of each; sorted."""
        keys = [future.key for future in futures_of(collection)]
        return sorted(str(worker.name) for key in keys for worker in self.scheduler.tasks[key].who_has or ())

    def lie_in(self, collection: Any) -> set[str]:
        """The pools where the results of a persisted collection, or of futures, are kept."""
        keys = [future.key for future in futures_of(collection)]
        return {pool_of(worker) for key in keys for worker in self.scheduler.tasks[key].who_has or ()}

    def persist(self, collection: Any) -> Any:
        """Computes and keeps it on the workers."""
        kept = self.client.persist(collection)
        wait(kept, timeout=DEADLINE_S)
        return kept

    def transfers(self) -> dict[tuple[str, str], int]:
        """(from pool, to pool) -> bytes in memory that workers fetched from each other; without P2P shuffles."""
        pools = {address: pool_of(worker) for address, worker in self.scheduler.workers.items()}
        moved: Counter[tuple[str, str]] = Counter()
        for worker in self.cluster.workers.values():
            for entry in worker.transfer_incoming_log:
                moved[pools.get(entry["who"], "gone"), pools[worker.address]] += entry["total"]
        return dict(moved)

    def bytes_across(self) -> int:
        return sum(total for (sender, receiver), total in self.transfers().items() if sender != receiver)

    def worker(self, name: str) -> Worker:
        found: Worker = next(worker for worker in self.cluster.workers.values() if worker.name == name)
        return found

    def stop(self, name: str) -> None:
        self.cluster.sync(self.worker(name).close)

    def start(self, name: str, pool: str) -> None:
        self.cluster.worker_spec[name] = worker_spec([pool])
        self.cluster.sync(self.cluster._correct_state)


def worker_spec(pools: Sequence[str], resources: Mapping[str, float] | None = None, threads: int = 1) -> dict[str, Any]:
    own = {f"pool-{pool}": 1 for pool in pools}
    options = {"host": "127.0.0.1", "nthreads": threads, "dashboard": False, "memory_limit": "2GiB"}
    return {"cls": Worker, "options": {**options, "resources": {**own, **(resources or {})}}}


@contextmanager
def cluster(
    pools: Mapping[str, int] | None = None,
    plugins: Sequence[SchedulerPlugin] | None = None,
    resources: Mapping[str, float] | None = None,
    config: Mapping[str, Any] | None = None,
    specs: Mapping[str, dict[str, Any]] | None = None,
) -> Iterator[World]:
    """Pool -> number of workers (one thread each), by default one in `a` and one in `b`; named a-0, a-1, ..."""
    names = {f"{pool}-{n}": pool for pool, count in (pools or {"a": 1, "b": 1}).items() for n in range(count)}
    workers = dict(specs or {name: worker_spec([pool], resources) for name, pool in names.items()})
    options = {"host": "127.0.0.1", "dashboard": False, "dashboard_address": "127.0.0.1:0"}
    with (
        quiet_dask(),
        dask.config.set({"distributed.scheduler.validate": True, **(config or {})}),
        SpecCluster(workers=workers, scheduler={"cls": Scheduler, "options": options}, silence_logs=False) as running,
        Client(running) as client,
    ):
        for plugin in [Pools()] if plugins is None else plugins:
            client.register_plugin(plugin)
        client.register_plugin(Recorder())
        client.wait_for_workers(len(workers), timeout=DEADLINE_S)
        recorder = running.scheduler.plugins["recorder"]
        with plugin_failures() as failures:
            yield World(running, client, recorder, failures)
        assert not failures, failures


@contextmanager
def plugin_failures() -> Iterator[list[logging.LogRecord]]:
    """What Dask logged of exceptions in plugins: it goes on without them."""
    failures: list[logging.LogRecord] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.exc_info and "isthmus" in logging.Formatter().formatException(record.exc_info):
                failures.append(record)

    logger = logging.getLogger("distributed.scheduler")
    handler, level = Keep(), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)  # Dask's level for a plugin that raised
    logger.propagate = False
    try:
        yield failures
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = True


@contextmanager
def quiet_dask() -> Iterator[None]:
    """Dask tells of every connection; a failed test is easier read without."""
    logger = logging.getLogger("distributed")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


@contextmanager
def shown_warnings() -> Iterator[list[str]]:
    """The messages that a person at the client sees."""
    messages: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = lambda message, *_, **__: messages.append(str(message))
        yield messages
