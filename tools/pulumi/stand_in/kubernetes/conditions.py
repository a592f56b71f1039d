"""`pulumi.com/waitFor`: what a program waits for beyond the plugin's own rules.

Two forms, alone or as a JSON list of which all must hold: `condition=Ready` (or `condition=Ready=False`), and
`jsonpath={.status.phase}=Running` (without `=value`: the field exists). Of JSONPath only plain fields are read.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_JSONPATH: Final = re.compile(r"jsonpath=\{((?:\.[A-Za-z0-9_-]+)+)\}(?:=(.+))?")
_CONDITION: Final = re.compile(r"condition=([A-Za-z0-9./-]+)(?:=(True|False|Unknown))?")


@dataclass(frozen=True)
class Wait:
    """One thing that must hold."""

    text: str
    path: tuple[str, ...] = ()
    """Fields from the object's root; empty: `condition` counts."""
    value: str | None = None
    """None: the field exists."""
    condition: str = ""

    def holds(self, obj: Mapping[str, Any]) -> bool:
        """Whether the object is so."""
        if self.condition:
            found = (obj.get("status") or {}).get("conditions") or []
            return any(c.get("type") == self.condition and c.get("status") == self.value for c in found)
        value: Any = obj
        for field in self.path:
            value = value.get(field) if isinstance(value, dict) else None
        return value is not None and (self.value is None or str(value) == self.value)


def parse_wait(text: str) -> tuple[Wait, ...]:
    """The waits of an annotation. Raises ValueError for what is beyond the stand-in."""
    parts = json.loads(text) if text.lstrip().startswith("[") else [text]
    return tuple(_parse(str(part)) for part in parts)


def _parse(text: str) -> Wait:
    if match := _CONDITION.fullmatch(text):
        return Wait(text, condition=match[1], value=match[2] or "True")
    if match := _JSONPATH.fullmatch(text):
        return Wait(text, path=tuple(match[1].strip(".").split(".")), value=match[2])
    raise ValueError(f"{text!r} is beyond the stand-in; expected condition=Type or jsonpath={{.a.b}}=value")
