"""The schema of the package, as a file that changes in the commit that changes it: `python -m tests.package.golden`."""

import json
from typing import Any, Final

from components.offered import provider
from tests.docs.commands import CHECKOUT

SCHEMA: Final = CHECKOUT / "package/schema.json"


def schema() -> dict[str, Any]:
    """What `pulumi package get-schema ./package` prints, without a CLI."""
    offered: dict[str, Any] = canonical(json.loads(str(provider().schema)))
    return offered


def canonical(value: Any, *, element: bool = False) -> Any:
    """As the CLI prints a schema: lists of names in order, nothing empty, no description of a list's elements."""
    if isinstance(value, dict):
        kept = {
            key: inner
            for key, inner in value.items()
            if inner not in ({}, []) and not (element and key == "description")
        }
        return {key: canonical(inner, element=key in ("items", "additionalProperties")) for key, inner in kept.items()}
    return sorted(value) if isinstance(value, list) and all(isinstance(one, str) for one in value) else value


def text() -> str:
    """What package/schema.json must hold."""
    return json.dumps(schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA.write_text(text())
