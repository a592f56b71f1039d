"""What is recorded without an engine is what the engine plans: every stack of this repository, node by node.

All sites of a stack lead to one API server here: a preview of an empty stack makes nothing.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from isthmus.environment import load, stack_names
from isthmus.graph import Graph, record
from tests.engine import checked
from tests.engine.checkout import CHECKOUT, copied, opened, set_secrets
from tests.local_api import ApiServer
from tools.pulumi.engine import Engine

pytestmark = [pytest.mark.engine, pytest.mark.cluster, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as it is committed, with all of its stacks."""
    return copied(CHECKOUT, tmp_path_factory.mktemp("plan") / "isthmus", "stacks")


def plan_of(engine: Engine) -> dict[str, Mapping[str, Any]]:
    """URN -> the state that the engine would make; of an empty stack, so all of it is created."""
    steps = json.loads(engine.ask("preview", "--json").out)["steps"]
    assert {step["op"] for step in steps} == {"create"}
    return {step["urn"]: step["newState"] for step in steps}


@pytest.mark.parametrize("stack", stack_names(CHECKOUT))
def test_the_recorded_graph_is_the_engines_plan(
    stack: str, root: Path, server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = opened(root, load(root, stack), server.kubeconfig)
    monkeypatch.setenv("KUBECONFIG", str(root / "ambient"))
    engine = Engine(root, stack)
    graph = record(root, stack, preview=True, secrets=secrets)
    set_secrets(engine, secrets)

    planned = {urn: checked.planned(state) for urn, state in plan_of(engine).items()}

    assert planned.keys() == {node.urn for node in graph.nodes}
    assert differences(graph, planned) == []
    assert len(planned) > 100


def differences(graph: Graph, planned: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """`resource: what: recorded / planned`, one line each: whole states would hide the one word that differs."""
    found = []
    for node in graph.nodes:
        ours, theirs = checked.recorded(node), planned[node.urn]
        found += [
            f"{node.type} {node.name}: {what}: {ours[what]} / {theirs[what]}"
            for what in ours
            if ours[what] != theirs[what]
        ]
    return found
