"""What the engine hands over, as plain data: mappings and lists with text keys, whole numbers as int, UNKNOWN visible.

pulumi-policy's proxies raise at the first touch of a value that is not known yet, and the rule then counts as advisory:
during a preview it would let everything pass. A copy in which unknown is a value lets each rule say what it means.
Secrets arrive in the clear; a message therefore never repeats a value of a resource.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, Final

from pulumi_policy.proxy import UnknownValueError


class _Unknown(Enum):
    UNKNOWN = "<unknown>"

    def __repr__(self) -> str:
        return self.value


UNKNOWN: Final = _Unknown.UNKNOWN
"""A value that depends on something which does not exist yet."""

#: Lists whose elements are called by their names in messages: what a person looks for. All others are counted.
_NAMED: Final = ("containers", "initContainers", "ephemeralContainers", "volumes")
#: RFC 1123 label, as Kubernetes demands it of the names of containers and volumes.
_LABEL: Final = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


class Properties(Mapping[str, Any]):
    """A resource's properties, each copied when it is first asked for: most rules look at a few kinds only."""

    def __init__(self, proxy: Mapping[str, Any]) -> None:
        self._proxy = proxy
        self._keys = dict.fromkeys(proxy)  # `in` would raise where the value is not known yet
        self._copied: dict[str, Any] = {}

    def __getitem__(self, key: str) -> Any:
        if key not in self._copied:
            if key not in self._keys:
                raise KeyError(key)
            self._copied[key] = _read(self._proxy, key)
        return self._copied[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


def plain(value: Any) -> Any:
    """A copy of a value without proxies."""
    if isinstance(value, Mapping):
        return {key: _read(value, key) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_read(value, position) for position in range(len(value))]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _read(container: Any, key: Any) -> Any:
    try:
        return plain(container[key])
    except UnknownValueError:
        return UNKNOWN


def at(value: Any, *path: str) -> Any:
    """The value at a path of keys: None if there is none, UNKNOWN if it or something above it is not known."""
    for key in path:
        if value is UNKNOWN:
            return UNKNOWN
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def scalar(value: Any, *path: str) -> object:
    """The value at a path where one without parts belongs. A mapping or a list, a mistake there, counts as absent."""
    found = at(value, *path)
    return None if isinstance(found, Mapping | list) else found


def mapping(value: Any, *path: str) -> Mapping[str, Any]:
    """The mapping at a path; anything else, also what is not known, counts as an empty one."""
    found = at(value, *path)
    return found if isinstance(found, Mapping) else {}


def items(value: Any, *path: str) -> list[Any]:
    """The list at a path; anything else, also what is not known, counts as an empty one."""
    found = at(value, *path)
    return found if isinstance(found, list) else []


def elements(value: Any, where: str) -> Iterator[tuple[str, Any]]:
    """Path and value of each element of a list; nothing if it is no list."""
    named = where.rpartition(".")[2] in _NAMED
    for position, element in enumerate(value if isinstance(value, list) else ()):
        name = element.get("name") if named and isinstance(element, Mapping) else None
        shown = name if isinstance(name, str) and _LABEL.fullmatch(name) else str(position)
        yield f"{where}[{shown}]", element


def texts(value: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Path and text of every text inside a value."""
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from texts(inner, f"{where}.{key}" if where else key)
    elif isinstance(value, list):
        for path, inner in elements(value, where):
            yield from texts(inner, path)
