"""What data lies in which pool: prefixes of paths and URLs, the longest one wins.

A prefix ends at a path border, so `/data/b` holds `/data/b/x.nc` and not `/data/bb`; a trailing `*` leaves it
open. `file://` is dropped, and `s3://bucket` also finds `bucket/key`, the form in which file systems keep it.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from isthmus.errors import CatalogError

#: What may follow a prefix: nothing, a path, a query, a fragment, a port.
_BORDERS: Final = frozenset(("", "/", "?", "#", ":"))

#: fsspec's chains, `simplecache::s3://bucket/key` and `zip://a.nc::s3://bucket/z.zip`: the data lies at the last link.
_CHAIN: Final = re.compile(r"[a-z][a-z0-9+.-]*(?:://[^:]*)?::")


class Catalog(Mapping[str, str]):
    """Prefix -> pool, as it was given; `pool_of` is what it is for.

    Raises CatalogError: if a prefix or a pool is empty or no string, or if one prefix names two pools (`/a` and `/a/`).
    """

    def __init__(self, prefixes: Mapping[str, str] | None = None) -> None:
        self._given: dict[str, str] = dict(prefixes or {})
        self._closed: dict[str, str] = {}
        self._open: dict[str, str] = {}
        bare: dict[tuple[str, bool], set[str]] = {}
        for prefix, pool in self._given.items():
            text, is_open = _normal(prefix, pool)
            table = self._open if is_open else self._closed
            if table.setdefault(text, pool) != pool:
                raise CatalogError(prefix, f"is in pool {table[text]} and in pool {pool}; a prefix names one pool")
            if "://" in prefix and (path := text.partition("://")[2]):
                bare.setdefault((path, is_open), set()).add(pool)
        for (path, is_open), pools in bare.items():
            if len(pools) == 1:  # `s3://x` in one pool, `gs://x` in another: a bare `x/key` says neither
                (self._open if is_open else self._closed).setdefault(path, *pools)
        self._lengths = sorted({len(text) for text in (*self._closed, *self._open)}, reverse=True)

    @classmethod
    def read(cls, value: object) -> "Catalog":
        """The catalog of Dask's configuration key `isthmus.catalog`: a mapping, or a list of `{prefix, pool}`.

        The list is the safe form: Dask's configuration takes two keys that differ in `-` and `_` only for one.
        """
        if value is None or isinstance(value, Mapping):
            return cls(value)
        return cls(dict(_pairs(value)))

    def __getitem__(self, prefix: str) -> str:
        return self._given[prefix]

    def __iter__(self) -> Iterator[str]:
        return iter(self._given)

    def __len__(self) -> int:
        return len(self._given)

    def __repr__(self) -> str:
        return f"Catalog({self._given})"

    def pool_of(self, path: str | os.PathLike[str]) -> str | None:
        """The pool whose data this path or URL is, or None: no prefix holds it. Looks at the text, never at a file."""
        text = os.fspath(path)
        if "/" not in text:
            return None
        found = self._longest(text.removeprefix("file://"))
        if found is None and (link := _last_link(text)) != text:
            found = self._longest(link.removeprefix("file://"))
        return found

    def _longest(self, text: str) -> str | None:
        for length in self._lengths:
            head = text[:length]
            pool = self._closed.get(head)
            if pool is not None and (text[length : length + 1] in _BORDERS or head == "/"):
                return pool
            if (pool := self._open.get(head)) is not None:
                return pool
        return None


def _normal(prefix: object, pool: object) -> tuple[str, bool]:
    """The prefix without what does not count, and whether its end is open."""
    if not isinstance(prefix, str) or not isinstance(pool, str) or not prefix.strip("*") or not pool:
        raise CatalogError(prefix, f"got pool {pool!r}; expected a path or URL, and the name of its pool")
    text = prefix.removeprefix("file://")
    if text.endswith("*"):
        return text.rstrip("*"), True
    return text.rstrip("/") or "/", False


def _last_link(text: str) -> str:
    while link := _CHAIN.match(text):
        text = text[link.end() :]
    return text


def _pairs(entries: object) -> Iterable[tuple[str, str]]:
    if not isinstance(entries, (list, tuple)):
        raise CatalogError(entries, "expected a mapping of prefix to pool, or a list of {prefix, pool}")
    seen: dict[str, str] = {}
    for entry in entries:
        if not isinstance(entry, Mapping) or set(entry) != {"prefix", "pool"}:
            raise CatalogError(entry, "expected {prefix, pool}")
        prefix, pool = entry["prefix"], entry["pool"]
        if seen.setdefault(prefix, pool) != pool:
            raise CatalogError(prefix, f"is in pool {seen[prefix]} and in pool {pool}; a prefix names one pool")
        yield prefix, pool
