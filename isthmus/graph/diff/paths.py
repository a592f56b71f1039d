"""Places inside a resource's properties, spelled and matched as the engine does (pulumi: sdk/go/common/resource,
`properties_path.go`)."""

import copy
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from isthmus.graph.model import Json

Step: TypeAlias = str | int
Path: TypeAlias = tuple[Step, ...]
"""Keys of mappings and positions in lists, from the outside in. In a pattern `*` stands for any of them."""


class _Absent:
    """Its one instance stands for "there is nothing here"; None is a value."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()

_STEPS: Final = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|\[(\*)\]|\.?([^.\[\]]+)')


@dataclass(frozen=True)
class Difference:
    """One place where two property bags differ."""

    path: Path
    old: Json
    """ABSENT if there was nothing."""
    new: Json
    """ABSENT if there will be nothing."""


def differences(old: Json, new: Json, path: Path = ()) -> Iterator[Difference]:
    """Every place where two values differ, as deep as both have it; keys in order of the alphabet.

    Lists are compared position by position, as the engine and the kubernetes provider do.
    """
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from _part(old.get(key, ABSENT), new.get(key, ABSENT), (*path, key))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            yield from _part(_item(old, index), _item(new, index), (*path, index))
    elif not same(old, new):
        yield Difference(path, old, new)


def same(one: Json, other: Json) -> bool:
    """Whether two values are equal as JSON: `true` is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


def _part(old: Json, new: Json, path: Path) -> Iterator[Difference]:
    if old is ABSENT or new is ABSENT:
        yield Difference(path, old, new)
    else:
        yield from differences(old, new, path)


def _item(values: Sequence[Json], index: int) -> Json:
    return values[index] if index < len(values) else ABSENT


def spelled(path: Path) -> str:
    """A path as the engine writes it: `spec.ports[0].port`, `metadata.labels["dask.org/cluster-name"]`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif re.fullmatch(r"[A-Za-z0-9_]+", step):
            text += f".{step}" if text else step
        else:
            escaped = step.replace('"', '\\"')
            text += f'["{escaped}"]'
    return text


def parsed(text: str) -> Path:
    """The path that an option such as `ignoreChanges` names."""
    steps: list[Step] = []
    for quoted, index, star, key in _STEPS.findall(text):
        if index:
            steps.append(int(index))
        else:
            steps.append(re.sub(r"\\(.)", r"\1", quoted) or star or key)
    return tuple(steps)


def covers(pattern: Path, path: Path) -> bool:
    """Whether a path is the pattern's place or lies inside of it."""
    return len(pattern) <= len(path) and all(wanted in ("*", step) for wanted, step in zip(pattern, path, strict=False))


def ignoring(old: Json, new: Json, patterns: Sequence[str]) -> Json:
    """What the engine makes of new properties whose changes at some places are to be ignored: there they are the old.

    As in the engine, list items are never added or removed by that.
    """
    result = copy.deepcopy(new) if patterns else new
    for pattern in patterns:
        _reset(parsed(pattern), old, result)
    return result


def _reset(pattern: Path, old: Json, new: Json) -> None:
    if not pattern:
        return
    step, rest = pattern[0], pattern[1:]
    if isinstance(new, dict) and isinstance(step, str):
        was = old if isinstance(old, dict) else {}
        for key in sorted(was.keys() | new.keys()) if step == "*" else (step,):
            _reset_key(key, rest, was, new)
    elif isinstance(new, list) and isinstance(old, list):
        shared = range(min(len(old), len(new)))
        for index in shared if step == "*" else (step,):
            if isinstance(index, int) and index in shared:
                if rest:
                    _reset(rest, old[index], new[index])
                else:
                    new[index] = copy.deepcopy(old[index])


def _reset_key(key: str, rest: Path, old: dict[str, Json], new: dict[str, Json]) -> None:
    if rest:
        if key in new:
            _reset(rest, old.get(key), new[key])
    elif key in old:
        new[key] = copy.deepcopy(old[key])
    else:
        new.pop(key, None)
