"""Who is in which pool: live sets of worker addresses, shared by all tasks of a pool.

A worker that joins is in the restrictions of every waiting task at once, and so is known to work stealing too.
"""

import difflib
from collections.abc import Iterable
from typing import Final

from isthmus import names

#: Workers say their pool as a Dask resource, `--resources pool-NAME=1`.
_RESOURCE: Final = names.pool_resource("")
_MARKER: Final = "pool://"


class Members(set[str]):
    """Addresses of a pool's workers (of several pools: `a|b`), always up to date.

    It always holds the marker `pool://NAME` too: an empty set would mean "no restriction" to Dask, and the marker puts
    the pool's name into Dask's own error messages.
    """

    def __init__(self, tag: str) -> None:
        super().__init__((f"{_MARKER}{tag}",))
        self.pools = tuple(tag.split("|"))
        self.addresses: set[str] = set()
        """The same without the marker; empty if the pool has no workers."""

    def join(self, address: str) -> None:
        self.add(address)
        self.addresses.add(address)

    def leave(self, address: str) -> None:
        self.discard(address)
        self.addresses.discard(address)

    def copy(self) -> set[str]:
        """A plain set: Dask sends it to clients in NoValidWorkerError."""
        return set(self)


class Roster:
    """Every worker's pools, and every pool's workers."""

    def __init__(self) -> None:
        self._homes: dict[str, tuple[str, ...]] = {}
        self._members: dict[str, Members] = {}
        self._seen: set[str] = set()

    def members(self, tag: str) -> Members:
        """The live set of a pool, or of several (`a|b`); the same object every time."""
        members = self._members.get(tag)
        if members is None:
            members = self._members[tag] = Members(tag)
            for address, pools in self._homes.items():
                if set(pools) & set(members.pools):
                    members.join(address)
        return members

    def homes(self, address: str) -> tuple[str, ...]:
        """The pools of a worker; empty if it is in none, or unknown."""
        return self._homes.get(address, ())

    def pools(self) -> tuple[str, ...]:
        """Every single pool that was ever heard of, by a worker or by a task; sorted."""
        return tuple(sorted({pool for members in self._members.values() for pool in members.pools}))

    def hint(self, tag: str, *, named: Iterable[str]) -> str:
        """The pools that there are, for a tag that neither `named` nor any worker has ever said; empty otherwise."""
        known = {*named, *self._seen}
        unheard = [name for name in tag.split("|") if name not in known]
        if not known or not unheard:
            return ""
        near = [match for name in unheard for match in difflib.get_close_matches(name, known, n=1)]
        guess = f" Did you mean {' or '.join(near)}?" if near else ""
        return f" No worker and no catalog has named {' or '.join(unheard)}.{guess} Pools: {', '.join(sorted(known))}."

    def add(self, address: str, resources: Iterable[str]) -> None:
        """A worker joined; resources: the names it was started with."""
        pools = tuple(sorted(name.removeprefix(_RESOURCE) for name in resources if name.startswith(_RESOURCE)))
        if not pools:
            return
        self._homes[address] = pools
        self._seen.update(pools)
        for pool in pools:
            self.members(pool)
        for members in self._members.values():
            if set(pools) & set(members.pools):
                members.join(address)

    def remove(self, address: str) -> tuple[str, ...]:
        """A worker left; the pools that now have none."""
        pools = self._homes.pop(address, ())
        for members in self._members.values():
            members.leave(address)
        return tuple(pool for pool in pools if not self.members(pool).addresses)
