"""Creating and updating by server-side apply, and what a program leaves to others."""

import re
import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

from tools.pulumi.stand_in.kubernetes.cluster import Cluster, unless_absent
from tools.pulumi.stand_in.kubernetes.objects import Object, shown

#: Seconds between tries for an object whose kind or namespace was made a moment ago and is not served yet.
_PAUSES_S: Final = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)


class AlreadyExists(Exception):
    """Somebody else made an object of this name."""


def create(cluster: Cluster, obj: Object, manager: str, *, force: bool, upsert: bool) -> Object:
    """The new object. Raises AlreadyExists unless `upsert`, as the official plugin does since 4.29."""
    if not upsert and cluster.find(obj) is not None:
        raise AlreadyExists(f"{shown(obj)} already exists; import it, or give this one another name")
    for pause in _PAUSES_S:
        made = unless_absent(lambda: cluster.apply(obj, manager, force=force))
        if made is not None:
            return made
        time.sleep(pause)
    return cluster.apply(obj, manager, force=force)


def preview(cluster: Cluster, obj: Object, manager: str, *, force: bool) -> Object | None:
    """What the server would make of it; None if its kind or namespace comes in the same update."""
    return unless_absent(lambda: cluster.apply(obj, manager, force=force, dry_run=True))


def left_to_others(cluster: Cluster, obj: Object, ignored: Iterable[str], manager: str) -> Object:
    """`obj` with each ignored field as it lives on the server, or without it if somebody else manages it.

    The engine fills ignored fields with what it last knew; to apply that would undo, say, an autoscaler's replicas.
    """
    paths = [_fields(path) for path in ignored]
    live = cluster.find(obj) if paths else None
    if live is None:
        return obj
    kept = obj
    for path in paths:
        value = _at(live, path)
        kept = _put(kept, path, None if _managed_by_others(live, path, manager) else value)
    return kept


def _fields(path: str) -> tuple[str, ...]:
    """Fields of a property path; `spec.template["a.b"].c` has four."""
    return tuple(quoted or plain for quoted, plain in re.findall(r'\["([^"]+)"\]|([^.\[\]"]+)', path))


def _at(value: Any, path: Iterable[str]) -> Any:
    for field in path:
        if isinstance(value, list):
            value = value[int(field)] if field.isdigit() and int(field) < len(value) else None
        else:
            value = value.get(field) if isinstance(value, dict) else None
    return value


def _put(value: Object, path: tuple[str, ...], new: Any) -> Object:
    """A copy with `new` at the path; None takes the field away. What lies inside a list stays as it is."""
    field, rest = path[0], path[1:]
    if not rest:
        kept = {key: part for key, part in value.items() if key != field}
        return kept if new is None else kept | {field: new}
    inner = value.get(field)
    return value | {field: _put(inner, rest, new)} if isinstance(inner, dict) else value


def _managed_by_others(live: Mapping[str, Any], path: tuple[str, ...], manager: str) -> bool:
    others = (e for e in live["metadata"].get("managedFields") or [] if e.get("manager") != manager)
    return any(_at(e.get("fieldsV1"), [f"f:{field}" for field in path]) is not None for e in others)
