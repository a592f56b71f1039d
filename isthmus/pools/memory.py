"""Data stays in its pool when Dask's active memory manager moves or drops copies."""

from collections.abc import Generator
from typing import Any, Final, Protocol, cast

from distributed.active_memory_manager import ActiveMemoryManagerExtension, ReduceReplicas, Suggestion
from distributed.scheduler import TaskState, WorkerState

from isthmus.pools.propagate import Tag
from isthmus.pools.roster import Roster

#: Under which the scheduler keeps the plugin.
PLUGIN_NAME: Final = "isthmus-pools"


class PoolsPlugin(Protocol):
    """What the memory manager's policies read of the plugin."""

    roster: Roster
    tags: dict[Any, Tag]


def stay_inside(manager: ActiveMemoryManagerExtension, plugin: PoolsPlugin) -> None:
    """From now on copies are made in the pool where the data lies, as long as a worker of it can take them.

    So a retired worker hands its data to its own pool. Policies ReduceReplicas give way to KeepHome.
    """
    find = manager._find_recipient

    def find_near(
        task: TaskState, candidates: set[WorkerState] | None, pending: set[WorkerState]
    ) -> WorkerState | None:
        near = _neighbours(task, manager.scheduler.running if candidates is None else candidates, plugin.roster)
        return (find(task, near, pending) if near else None) or find(task, candidates, pending)

    manager._find_recipient = find_near  # type: ignore[method-assign, assignment]  # a method of one manager
    for policy in [policy for policy in manager.policies if type(policy) is ReduceReplicas]:
        manager.policies.remove(policy)
        manager.add_policy(KeepHome())


def _neighbours(task: TaskState, candidates: set[WorkerState], roster: Roster) -> set[WorkerState]:
    """Those of the candidates that share a pool with a holder of the task's result."""
    holders = set(task.who_has or ())
    pools = {pool for worker in holders for pool in roster.homes(worker.address)}
    return {worker for worker in candidates - holders if pools.intersection(roster.homes(worker.address))}


class KeepHome(ReduceReplicas):
    """ReduceReplicas that drops copies outside the data's own pool first."""

    def run(self) -> Generator[Suggestion, WorkerState | None, None]:
        """Suggestions to the manager, which sends back the worker it takes for each, or None."""
        plugin = cast("PoolsPlugin | None", self.manager.scheduler.plugins.get(PLUGIN_NAME))
        for suggestion in super().run():
            away = _away_from_home(suggestion.ts, plugin) if plugin is not None else set()
            if not away or (yield Suggestion("drop", suggestion.ts, away)) is None:
                yield suggestion


def _away_from_home(task: TaskState, plugin: PoolsPlugin) -> set[WorkerState]:
    """Holders of a copy outside the task's pool; empty if all are, or if it has no pool."""
    tag = plugin.tags.get(task.key)
    if not isinstance(tag, str):
        return set()
    home = plugin.roster.members(tag)
    away = {worker for worker in task.who_has or () if worker.address not in home}
    return away if len(away) < len(task.who_has or ()) else set()
