"""Loads that share a handle are shared out among the workers of their pool, neighbours together.

Dask sends a restricted task to a worker that holds one of its inputs. Loads that share one small input (the opened file
of an xarray or zarr array) would all queue at the worker that opened it (distributed#8177). So a ready load is pinned
to a worker, and the pin is lifted as soon as Dask has assigned it: work stealing stays free in the pool.

Loads that get ready together, as those of a file do once it is open, are cut into runs of consecutive ones: what is
reduced together then lies together. (Dask does the same for loads without restrictions, its co-assignment.)
"""

from collections import Counter
from collections.abc import Collection, Hashable, Sequence, Sized
from typing import Protocol


class Worker(Protocol):
    """What we read of a distributed.scheduler.WorkerState."""

    @property
    def address(self) -> str: ...
    @property
    def nthreads(self) -> int: ...
    @property
    def processing(self) -> Sized: ...


class Spread:
    """The loads that are to be spread, and where the ready ones are pinned."""

    def __init__(self) -> None:
        self._loads: set[Hashable] = set()
        self._pins: dict[Hashable, str] = {}
        self._pinned_at: Counter[str] = Counter()

    def add(self, key: Hashable) -> None:
        """This load shares a handle."""
        self._loads.add(key)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._loads

    @property
    def pins(self) -> int:
        """How many loads are pinned now; none between two rounds of the scheduler."""
        return len(self._pins)

    def pin(self, key: Hashable, workers: Collection[Worker]) -> str:
        """The address of the least busy of these workers; those already pinned there count as work."""
        self.lift(key)
        chosen = min(workers, key=lambda w: ((len(w.processing) + self._pinned_at[w.address]) / w.nthreads, w.address))
        self._set(key, chosen.address)
        return chosen.address

    def pin_runs(self, keys: Sequence[Hashable], workers: Collection[Worker]) -> list[str]:
        """An address for each key: every worker gets as many as it would by `pin`, but consecutive ones."""
        counts = Counter(self.pin(key, workers) for key in keys)
        seats = [address for address, count in sorted(counts.items()) for _ in range(count)]
        for key, address in zip(keys, seats, strict=True):
            self.lift(key)
            self._set(key, address)
        return seats

    def _set(self, key: Hashable, address: str) -> None:
        self._pins[key] = address
        self._pinned_at[address] += 1

    def lift(self, key: Hashable) -> bool:
        """The pin is gone; False if there was none."""
        address = self._pins.pop(key, None)
        if address is None:
            return False
        self._pinned_at[address] -= 1
        return True

    def forget(self, key: Hashable) -> None:
        self.lift(key)
        self._loads.discard(key)

    def clear(self) -> None:
        self._loads.clear()
        self._pins.clear()
        self._pinned_at.clear()
