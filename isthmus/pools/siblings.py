"""Tasks of one group that could run in either pool as well stay together.

Chunks of `a - b` with equal inputs in two pools cost the same bytes in both. Scattered over both, the chunks of the
result would have to be fetched back by whatever needs them all: the first such task is left to Dask, the others of its
task group follow it.
"""

from collections.abc import Hashable, Sequence


class Siblings:
    """Task groups, and the pool where the first of their free tasks went."""

    def __init__(self) -> None:
        self._free: set[Hashable] = set()
        self._pools: dict[str, str] = {}

    def pool(self, group: str) -> str | None:
        """Where the group's free tasks are; None: none has been sent yet."""
        return self._pools.get(group)

    def leave_free(self, key: Hashable) -> None:
        """Dask chooses a worker for this task, which the others will follow."""
        self._free.add(key)

    def sent(self, key: Hashable, group: str, homes: Sequence[str]) -> None:
        """Dask has chosen; homes: the pools of that worker. Nothing happens if the task was not left free."""
        if key in self._free:
            self._free.discard(key)
            if homes:
                self._pools[group] = homes[0]

    def forget(self, key: Hashable, group: str, *, last: bool) -> None:
        """The task is gone; last: and all others of its group."""
        self._free.discard(key)
        if last:
            self._pools.pop(group, None)

    def clear(self) -> None:
        self._free.clear()
        self._pools.clear()
