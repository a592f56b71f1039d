"""Dangers: a site as a whole. A row per case."""

from typing import Any

import pytest

from isthmus.graph import Graph, Node
from isthmus.graph.diff.comparison import compare
from tests.graph.diff.graphs import CONFIG_MAP, graph, kube, node, provider

STAYS = (
    "its identifier does not: if another Kubernetes answers there, what the stack made stays behind in the old one, "
    "and what changes is made in the new one"
)
ELSEWHERE: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "the same": ({"context": "a"}, {"context": "a"}, []),
    "another context": ({"context": "a"}, {"context": "b"}, [f"`context` changes, {STAYS}"]),
    "a first context": ({}, {"context": "b"}, [f"`context` changes, {STAYS}"]),
    "another kubeconfig and context": (
        {"context": "a", "kubeconfig": "a"},
        {"context": "b", "kubeconfig": "b"},
        [f"`kubeconfig`, `context` change, {STAYS}"],
    ),
    "what leads nowhere else": ({"context": "a"}, {"context": "a", "skipUpdateUnreachable": "true"}, []),
}


@pytest.mark.parametrize(("old", "new", "expected"), ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_a_kubernetes_that_is_found_otherwise_is_told(
    old: dict[str, Any], new: dict[str, Any], expected: list[str]
) -> None:
    found = compare(graph(provider("north", **old)), graph(provider("north", **new))).dangers

    assert [one.consequence for one in found] == expected
    assert {(one.kind, one.site, one.what) for one in found} <= {
        ("another Kubernetes", "north", "kubernetes provider north")
    }


def test_another_identifier_is_told_as_a_replacement_alone() -> None:
    found = compare(graph(), graph(provider("north", clusterIdentifier="b", context="b"))).dangers

    assert [one.kind for one in found] == ["replace"]


def paused(name: str, **more: Any) -> Node:
    return kube(CONFIG_MAP, name, ignore_changes=("*",), **more)


def running(name: str) -> Node:
    return kube(CONFIG_MAP, name, site="south")


OLD = paused("old")
SITE = node("isthmus:index:Site", "north", component=True)
FAILS = "if the site is away, `pulumi up` fails on that"
TRIED: dict[str, tuple[Graph, Graph, list[str]]] = {
    "nothing new": (graph(OLD), graph(OLD), []),
    "what changes": (graph(OLD), graph(paused("old", body={"data": {"a": "b"}})), []),
    "one new object": (
        graph(OLD),
        graph(OLD, paused("a")),
        [f"what is there is left alone, but 1 new object will be made: {FAILS}"],
    ),
    "new and deleted ones": (
        graph(OLD, paused("gone")),
        graph(OLD, paused("a"), paused("b")),
        [f"what is there is left alone, but 2 new objects will be made and 1 will be deleted: {FAILS}"],
    ),
    "what stays when it leaves the stack": (graph(OLD, paused("kept", retain_on_delete=True)), graph(OLD), []),
    "a component": (
        graph(OLD, SITE),
        graph(OLD, SITE, node("test:index:Box", "box", component=True, parent=SITE.urn)),
        [],
    ),
    "a site that is not paused": (graph(OLD), graph(OLD, running("a")), []),
}


@pytest.mark.parametrize(("before", "after", "expected"), TRIED.values(), ids=TRIED.keys())
def test_what_is_tried_at_a_paused_site_is_told(before: Graph, after: Graph, expected: list[str]) -> None:
    found = compare(before, after)

    assert found.paused == ("north",)
    assert [one.consequence for one in found.dangers if one.kind == "paused"] == expected
