"""Dangers: limits that no longer hold. Quotas and the limits of a namespace, and those of single containers.

A stack computes its quotas from the pods that it may have, so one more worker raises them. That is no danger: a raised
quota is one only if it grows by a larger factor than anything in its namespace that it could be there for.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from isthmus.graph.diff.marking import code
from isthmus.graph.diff.model import Danger
from isthmus.graph.diff.resources import Resource, at, containers, containers_of, mapped, mappings, pods
from isthmus.graph.model import Json

#: Ours: a quantity of more digits is none.
_DIGITS: Final = 40
#: Suffixes of quantities (Kubernetes API reference, resource.Quantity).
_UNITS: Final = {"m": Decimal("0.001"), "k": Decimal(1000), "": Decimal(1)} | {
    letter + suffix: Decimal(base ** (power + 1))
    for power, letter in enumerate("KMGTPE")
    for suffix, base in (("i", 1024), ("", 1000))
    if letter + suffix != "K"
}


def unlimited(rows: Sequence[Resource]) -> Iterator[Danger]:
    """Quotas and limits that are raised or gone, and containers that have lost theirs."""
    for row in rows:
        if row.change is None or row.old is None or row.new is None:
            continue  # one that goes is told as such
        if row.kind == "ResourceQuota":
            old, new = (mapped(at(body, "spec", "hard")) for body in (row.old, row.new))
            old = {name: was for name, was in old.items() if name not in new or not _in_step(row, name, rows)}
            yield from _raised(row, old, new, "quota lifted", "objects beyond it are no longer refused")
        elif row.kind == "LimitRange":
            old, new = _maxima(row.old), _maxima(row.new)
            yield from _raised(row, old, new, "limit lifted", "bigger containers are no longer refused")
        else:
            yield from _without_limits(row)


def _raised(
    row: Resource, old: Mapping[str, Json], new: Mapping[str, Json], kind: str, consequence: str
) -> Iterator[Danger]:
    found = [
        f"{code(name)} from {code(was)} to {code(new[name]) if name in new else 'no limit'}"
        for name, was in sorted(old.items())
        if name not in new or _more(new[name], was)
    ]
    if found:
        yield Danger(kind, row.site, row.title, f"{', '.join(found)}: {consequence}")


def _in_step(quota: Resource, name: str, rows: Sequence[Resource]) -> bool:
    """Whether something in its namespace asks for more, by as large a factor as the quota grows or a larger one."""
    was, now = (quantity(at(body, "spec", "hard", name)) for body in (quota.old, quota.new))
    if was is None or now is None:
        return False
    for row in rows:
        if row.change is not None and row.new is not None and row.place[:2] == quota.place[:2]:
            before, after = (_asked(row.kind, body, name) for body in (row.old, row.new))
            if after > before and after * was >= before * now:
                return True
    return False


def _asked(kind: str, body: Json, name: str) -> Decimal:
    """What all pods of an object ask for, of what a quota calls `pods`, `requests.memory` or, in short, `memory`."""
    found = Decimal(0)
    what = "limits" if name.startswith("limits.") else "requests"
    for count, pod in pods(kind, body):
        if name == "pods":
            found += count
        for one in containers_of(pod):
            found += count * (quantity(at(one, "resources", what, name.removeprefix(f"{what}."))) or 0)
    return found


def _maxima(body: Json) -> dict[str, Json]:
    rules = mappings(at(body, "spec", "limits"))
    return {f"{rule.get('type')} {name}": value for rule in rules for name, value in mapped(rule.get("max")).items()}


def _without_limits(row: Resource) -> Iterator[Danger]:
    def limits(body: Json) -> dict[str, Mapping[str, Json]]:
        return {str(one.get("name")): mapped(at(one, "resources", "limits")) for one in containers(row.kind, body)}

    old, new = limits(row.old), limits(row.new)
    for name in sorted(old.keys() & new.keys()):
        if gone := sorted(old[name].keys() - new[name].keys()):
            text = f"container {code(name)} has no limit of {', '.join(map(code, gone))}: it may take all of its node's"
            yield Danger("limit lifted", row.site, row.title, text)


def _more(new: Json, old: Json) -> bool:
    one, other = quantity(new), quantity(old)
    return bool(new != old) if one is None or other is None else one > other


def quantity(value: Json) -> Decimal | None:
    """A quantity as a number: `500m`, `16Gi`, `2e3`; None if it is none, or one that no cluster has."""
    text = str(value)
    digits = text.rstrip("mkKMGTPEi")
    try:
        number = Decimal(digits) * _UNITS[text[len(digits) :]]
    except (ArithmeticError, KeyError):
        return None
    return number if number.is_finite() and abs(number.adjusted()) < _DIGITS else None
