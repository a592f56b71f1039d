"""What must hold for every stack's graph as a graph; tests/components/test_tree.py has what its objects owe."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from isthmus.environment import stack_names
from isthmus.graph import Graph, Node
from tests.components.recorded import ROOT, environment, graph

every = pytest.mark.parametrize("stack", stack_names(ROOT))


@every
def test_everything_that_a_resource_names_is_in_the_graph(stack: str) -> None:
    recorded = graph(stack)
    known = {node.urn for node in recorded.nodes} | {""}

    dangling = [(node.urn, urn) for node in recorded.nodes for urn in named_by(node) if urn not in known]

    assert dangling == []


def named_by(node: Node) -> Iterator[str]:
    """Every URN that a resource names."""
    yield from (node.parent, node.provider, node.options.deleted_with, *node.options.replace_with, *node.dependencies)
    for urns in node.property_dependencies.values():
        yield from urns


@every
def test_a_resource_waits_for_all_that_its_properties_come_from(stack: str) -> None:
    forgotten = [
        (node.urn, name)
        for node in graph(stack).nodes
        for name, urns in node.property_dependencies.items()
        if not set(urns) <= set(node.dependencies)
    ]

    assert forgotten == []


@every
def test_nothing_waits_for_itself_so_that_it_can_be_made_and_taken_down(stack: str) -> None:
    recorded = graph(stack)
    waiting = {node.urn: {node.parent, node.provider, *node.dependencies} - {""} for node in recorded.nodes}

    while ready := {urn for urn, others in waiting.items() if not others & waiting.keys()}:
        waiting = {urn: others for urn, others in waiting.items() if urn not in ready}

    assert waiting == {}


@every
def test_no_two_resources_claim_one_old_resource(stack: str) -> None:
    """The engine refuses an update in which they do."""
    recorded = graph(stack)
    claims = [urn for node in recorded.nodes for urn in (node.urn, *node.aliases)]

    assert sorted(claims) == sorted(set(claims))


# -- logical names


def values(data: Any) -> Iterator[str]:
    """Every text and number of a stack file; keys and volumes' `name` are names that somebody chose, and stay."""
    if isinstance(data, dict):
        for key, inner in data.items():
            yield from values(inner) if key != "name" else ()
    elif isinstance(data, list):
        for inner in data:
            yield from values(inner)
    elif not isinstance(data, bool) and data is not None:
        yield str(data)


def configured(stack: str) -> set[str]:
    """What an operator may change: the values of a stack's files but for names of sites, pools and claims.

    Numbers of less than four digits are left out: slots have such numbers, and `2` stands in too many names by chance.
    """
    files = [ROOT / "stacks" / f"Pulumi.{stack}.yaml", *(ROOT / "stacks" / stack).glob("*.yaml")]
    sites = environment(stack).sites
    chosen = {name for site in sites for name in (site.name, *site.pools, *site.claims)} | {stack}
    given = {value for file in files for value in values(yaml.safe_load(file.read_text()))}
    return {value for value in given if value not in chosen and not (value.isdigit() and len(value) < 4)}


def moving(recorded: Graph, texts: set[str]) -> list[tuple[str, str]]:
    """Logical name and configured value in it."""
    ours = [node.name for node in recorded.nodes if node.parent]  # the stack's own name is the engine's
    return [(name, text) for name in ours for text in sorted(texts) if text in name]


@every
def test_no_logical_name_holds_a_value_of_the_stack_files(stack: str) -> None:
    assert len(configured(stack)) > 15
    assert moving(graph(stack), configured(stack)) == []


def test_a_logical_name_that_holds_a_value_would_be_found() -> None:
    assert ("ecmwf-gateway", "gateway") in moving(graph("production"), {"gateway"})
