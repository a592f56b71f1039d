"""Recorded graphs (`isthmus graph record`) as the rules see a stack: so a pull request is judged without an engine.

Only the file is read, never the recorder: the rules import nothing of what they judge.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from policy.judge import SettingsError, judge
from policy.plain import UNKNOWN
from policy.record import Provider, Resource

#: What stands in a recorded graph for a value that is secret, or not known before the deployment.
HIDDEN: Final = ("[secret]", "[unknown]")


def resources(document: Mapping[str, Any]) -> list[Resource]:
    """The resources of a recorded graph. What is secret there is not known here."""
    provider_of = {node["urn"]: Provider(node["urn"], node["name"]) for node in document["nodes"]}
    return [
        Resource(
            type=node["type"],
            name=node["name"],
            urn=node["urn"],
            props=_visible(node["inputs"]),
            protect=node["options"].get("protect", False),
            provider=provider_of.get(node["provider"]),
        )
        for node in document["nodes"]
    ]


def _visible(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _visible(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_visible(inner) for inner in value]
    return UNKNOWN if value in HIDDEN else value


def main(arguments: list[str]) -> int:
    """`python -m policy.stored GRAPH [SETTINGS]`: a line per violation, exit 1 if there is one."""
    try:
        graph, *rest = (json.loads(Path(file).read_text()) for file in arguments)
        found = judge(resources(graph), rest[0] if rest else {})
    except (OSError, ValueError, KeyError, TypeError, SettingsError) as error:
        said = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else error
        usage = "usage: python -m policy.stored GRAPH.json [config.ENV.json]; GRAPH.json is of `isthmus graph record`"
        sys.stderr.write(f"{said}\n{usage}\n")
        return 2
    sys.stdout.write("".join(f"{one.rule}: {one.urn}\n    {one.message}\n" for one in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
