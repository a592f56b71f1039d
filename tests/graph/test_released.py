"""No version loses what an earlier one made: every released resource is still there, under its URN or by an alias."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from isthmus.graph import Graph, Node
from tests.components.recorded import ROOT, graph
from tests.graph import released

RELEASED = released.read()
UPGRADING = (ROOT / "docs" / "upgrading.md").read_text()
GATEWAY = "kubernetes:apps/v1:Deployment::ecmwf-gateway"


@pytest.mark.parametrize(
    ("stack", "resources"), [row[1:] for row in RELEASED], ids=[f"{row[0]}-{row[1]}" for row in RELEASED]
)
def test_an_update_from_a_release_deletes_nothing_that_the_page_of_upgrades_does_not_name(
    stack: str, resources: dict[str, str]
) -> None:
    assert released.lost(resources, graph(stack), released.gone(UPGRADING)) == []


def test_every_line_of_the_page_of_upgrades_is_true() -> None:
    """What is said to be gone was released, and is gone."""
    lines = released.gone(UPGRADING)

    missing = [urn for _, stack, resources in RELEASED for urn in released.lost(resources, graph(stack), [])]

    assert [line for line in lines if not any(released.matches(urn, [line]) for urn in missing)] == []


def test_the_first_release_had_the_stacks_that_it_had() -> None:
    assert {(version, stack): len(resources) for version, stack, resources in RELEASED if version == "0.1.0"} == {
        ("0.1.0", "local"): 119,
        ("0.1.0", "production"): 169,
    }


# -- that it bites


def spoilt(change: Callable[[Node], Node]) -> Graph:
    """The stack `local` with one gateway changed."""
    recorded = graph("local")
    return replace(recorded, nodes=tuple(change(n) if n.urn.endswith(GATEWAY) else n for n in recorded.nodes))


def renamed(node: Node, *aliases: str) -> Node:
    return replace(node, urn=node.urn.replace("ecmwf-gateway", "reading-gateway"), aliases=aliases)


def elsewhere(node: Node) -> Node:
    return replace(node, provider=node.provider.replace("::ecmwf", "::home"))


OLD = next(urn for urn in RELEASED[0][2] if urn.endswith(GATEWAY))

SPOILT: list[tuple[str, Callable[[Node], Node], list[str], list[str]]] = [  # change, page of upgrades, what is lost
    ("renamed", renamed, [], [OLD]),
    ("renamed with its alias", lambda node: renamed(node, OLD), [], []),
    ("renamed with another's alias", lambda node: renamed(node, OLD + "x"), [], [OLD]),
    ("renamed, and the page says so", renamed, ["kubernetes:apps/v1:Deployment::*-gateway"], []),
    ("renamed, and the page says it of another", renamed, ["kubernetes:apps/v1:Deployment::home-*"], [OLD]),
    ("made by another site's provider", elsewhere, [], [OLD]),
]


@pytest.mark.parametrize(("change", "page", "expected"), [row[1:] for row in SPOILT], ids=[row[0] for row in SPOILT])
def test_what_a_change_would_lose_is_seen(change: Callable[[Node], Node], page: list[str], expected: list[str]) -> None:
    before = {node.urn: node.provider for node in graph("local").nodes}

    assert released.lost(before, spoilt(change), page) == expected


def test_a_page_of_upgrades_names_what_is_gone_in_a_line_each() -> None:
    page = "## 0.2\n\n- gone: `a:b:C::*-old` (its work is done by D)\n- not `this`\n  - gone: `nor:this:One::x`\n"

    assert released.gone(page) == ["a:b:C::*-old"]
