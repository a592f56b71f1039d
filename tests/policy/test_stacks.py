"""The whole pack over the recorded graph of every stack: nothing to object to, and a spoilt graph is caught."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest

from isthmus.environment import load, stack_names
from isthmus.graph import SECRET, Graph, Node, record
from isthmus.graph import UNKNOWN as NOT_KNOWN
from policy.plain import UNKNOWN
from policy.record import Provider, Resource
from tests.policy.wire import PACK, Violation, in_process

ROOT = PACK.parent
STACKS = [(env, preview) for env in stack_names(ROOT) for preview in (False, True)]
BOTH = pytest.mark.parametrize(("env", "preview"), STACKS, ids=[f"{e}-{'preview' if p else 'up'}" for e, p in STACKS])


@cache
def _graph(env: str, preview: bool) -> Graph:
    return record(ROOT, env, preview=preview)


def _settings(env: str) -> Mapping[str, Any]:
    file = PACK / f"config.{env}.json"
    settings: Mapping[str, Any] = json.loads(file.read_text()) if file.is_file() else {}
    return settings


def _hidden(value: Any) -> Any:
    """A graph holds no secret, so for a rule that would look into one it is a value that is not known."""
    if value in (SECRET, NOT_KNOWN):
        return UNKNOWN
    if isinstance(value, dict):
        return {key: _hidden(inner) for key, inner in value.items()}
    return [_hidden(inner) for inner in value] if isinstance(value, list) else value


def _resource(node: Node, graph: Graph) -> Resource:
    provider = (
        graph[node.provider.rsplit("::", 1)[0] if node.provider.count("::") > 3 else node.provider]
        if node.provider
        else None
    )
    return Resource(
        type=node.type,
        name=node.name,
        urn=node.urn,
        props=_hidden(node.inputs or {}),
        protect=node.options.protect,
        provider=Provider(provider.urn, provider.name) if provider else None,
    )


def _resources(env: str, preview: bool) -> list[Resource]:
    graph = _graph(env, preview)
    return [_resource(node, graph) for node in graph.nodes]


def _judge(env: str, resources: list[Resource]) -> list[Violation]:
    return in_process(settings=_settings(env)).judge(resources)


@BOTH
def test_no_rule_objects_to_a_stack_of_this_repository(env: str, preview: bool) -> None:
    resources = _resources(env, preview)

    assert _judge(env, resources) == []
    # The barrier: every site's objects were there to be judged.
    assert {str(one.site) for one in resources if one.site} == {site.name for site in load(ROOT, env).sites}
