"""What each release registered: the resources that states of users hold, and that no later version may lose.

`python -m tests.graph.released VERSION` writes tests/graph/released/VERSION/<stack>.json from the tree as it is: once
per release, never to make a test pass.
"""

import fnmatch
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from isthmus.graph import Graph

HERE = Path(__file__).parent / "released"
ROOT = Path(__file__).parent.parent.parent
#: Where docs/upgrading.md names resources that a version deletes on purpose.
GONE = re.compile(r"^- gone: `([^`]+)`", re.MULTILINE)


def told(graph: Graph) -> dict[str, Any]:
    """Of each resource what a state is found by: URN, and the provider that made it (empty for components)."""
    return {
        "project": graph.project,
        "stack": graph.stack,
        "resources": {node.urn: node.provider for node in graph.nodes},
    }


def gone(text: str) -> list[str]:
    """Patterns of `TYPE::NAME`, with `*`, that a page of upgrades lists as `- gone: ...`."""
    return GONE.findall(text)


def matches(urn: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns is of a resource's type and name."""
    _, _, chain, name = urn.split("::", 3)
    return any(fnmatch.fnmatchcase(f"{chain.rpartition('$')[2]}::{name}", pattern) for pattern in patterns)


def lost(released: Mapping[str, str], graph: Graph, patterns: Iterable[str]) -> list[str]:
    """Of the released resources those that an update would delete, or make anew at another provider. URNs, sorted."""
    return sorted(_lost(released, graph, tuple(patterns)))


def _lost(released: Mapping[str, str], graph: Graph, patterns: tuple[str, ...]) -> Iterator[str]:
    now = {old: node for node in graph.nodes for old in (*node.aliases, node.urn)}
    for urn, provider in released.items():
        if matches(urn, patterns):
            continue
        node = now.get(urn)
        if node is None or (provider and now.get(provider) is not now.get(node.provider)):
            yield urn


def read() -> list[tuple[str, str, dict[str, str]]]:
    """Version, stack and resources of everything that was released."""
    files = sorted(HERE.glob("*/*.json"))
    return [(file.parent.name, file.stem, json.loads(file.read_text())["resources"]) for file in files]


def write(version: str, root: Path) -> None:
    """Writes what the stacks of a checkout register now."""
    from isthmus.environment import stack_names
    from isthmus.graph import record

    folder = HERE / version
    folder.mkdir(parents=True, exist_ok=True)
    for stack in stack_names(root):
        (folder / f"{stack}.json").write_text(json.dumps(told(record(root, stack)), indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    write(sys.argv[1], ROOT)
