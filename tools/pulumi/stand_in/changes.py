"""What differs between two property bags, as the engine shows it."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pulumi.runtime.proto import provider_pb2

How = Literal["add", "delete", "update"]
_KINDS: Mapping[tuple[How, bool], provider_pb2.PropertyDiff.Kind.ValueType] = {
    ("add", False): provider_pb2.PropertyDiff.ADD,
    ("add", True): provider_pb2.PropertyDiff.ADD_REPLACE,
    ("delete", False): provider_pb2.PropertyDiff.DELETE,
    ("delete", True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    ("update", False): provider_pb2.PropertyDiff.UPDATE,
    ("update", True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}
#: A key with one of these is written as `["key"]` in a property path.
_NEEDS_QUOTES = re.compile(r'[.\[\]"/]')


@dataclass(frozen=True)
class Change:
    """One leaf that differs."""

    path: str
    """The engine's spelling: `spec.ports[0].port`, `metadata.labels["dask.org/cluster-name"]`."""
    how: How


def changes(old: Any, new: Any, path: str = "") -> Iterator[Change]:
    """Every leaf that differs, keys in order of the alphabet. Lists are compared position by position."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from _part(old, new, key, key in old, key in new, _step(path, key))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            yield from _part(old, new, index, index < len(old), index < len(new), f"{path}[{index}]")
    elif old != new:
        yield Change(path, "update")


def answer(
    found: Collection[Change], replacing: Collection[str] = (), *, delete_first: bool = False
) -> provider_pb2.DiffResponse:
    """The plugin's answer to Diff. `replacing`: paths of changes that an object cannot take in place."""
    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME if found else provider_pb2.DiffResponse.DIFF_NONE,
        diffs=sorted({re.split(r"[.\[]", change.path)[0] for change in found}),
        replaces=sorted(replacing),
        hasDetailedDiff=True,
        detailedDiff={
            change.path: provider_pb2.PropertyDiff(kind=_KINDS[change.how, change.path in replacing], inputDiff=True)
            for change in found
        },
        deleteBeforeReplace=bool(replacing) and delete_first,
    )


def _part(old: Any, new: Any, key: Any, in_old: bool, in_new: bool, path: str) -> Iterator[Change]:
    if not in_new:
        yield Change(path, "delete")
    elif not in_old:
        yield Change(path, "add")
    else:
        yield from changes(old[key], new[key], path)


def _step(path: str, key: str) -> str:
    if _NEEDS_QUOTES.search(key):
        return f'{path}["{key}"]'
    return f"{path}.{key}" if path else key
