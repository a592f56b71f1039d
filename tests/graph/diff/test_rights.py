"""Dangers: rights, computed as sets. Each row: roles and bindings before and after, and who may do more."""

from typing import Any

import pytest

from isthmus.graph import Node
from isthmus.graph.diff.comparison import compare
from tests.graph.diff.graphs import BINDING, CLUSTER_BINDING, CLUSTER_ROLE, CONFIG_MAP, ROLE, graph, kube, provider

#: A site is old if anything was there.
THERE = kube(CONFIG_MAP, "there")
GET = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}


def role(*rules: Any, name: str = "reader", kind: str = ROLE) -> Node:
    return kube(kind, name, {"rules": list(rules)})


def bound(*subjects: str, to: str = "reader", kind: str = "Role", by: str = BINDING, name: str = "binding") -> Node:
    given = [{"kind": "ServiceAccount", "name": subject, "namespace": "data"} for subject in subjects]
    return kube(by, name, {"subjects": given, "roleRef": {"kind": kind, "name": to}})


def rule(**fields: list[str]) -> dict[str, list[str]]:
    return GET | fields


IN = "in namespace `data`"
A = "ServiceAccount data/a: may do"
MORE = "what it could not before"
TABLE: dict[str, tuple[list[Node], list[Node], list[str]]] = {
    "the same": ([role(GET), bound("a")], [role(GET), bound("a")], []),
    "a verb": (
        [role(GET), bound("a")],
        [role(rule(verbs=["get", "delete"])), bound("a")],
        [f"ServiceAccount data/a: may do {IN} what it could not before: `delete pods`"],
    ),
    "a resource of another group": (
        [role(GET), bound("a")],
        [role(GET, rule(apiGroups=["apps"], resources=["deployments"], verbs=["get", "list"])), bound("a")],
        [f"ServiceAccount data/a: may do {IN} what it could not before: `get, list deployments.apps`"],
    ),
    "everything": (
        [role(GET), bound("a")],
        [role(rule(apiGroups=["*"], resources=["*"], verbs=["*"])), bound("a")],
        [f"ServiceAccount data/a: may do {IN} what it could not before: `* *.*`"],
    ),
    "less": ([role(rule(verbs=["*"])), bound("a")], [role(GET), bound("a")], []),
    "a wide right is told narrowly": (
        [role(rule(apiGroups=["*"], resources=["*"], verbs=["*"])), bound("a")],
        [role(rule(verbs=["delete"])), bound("a")],
        [],
    ),
    "all objects instead of one": (
        [role(rule(resourceNames=["one"])), bound("a")],
        [role(GET), bound("a")],
        [f"ServiceAccount data/a: may do {IN} what it could not before: `get pods`"],
    ),
    "one object instead of all": ([role(GET), bound("a")], [role(rule(resourceNames=["one"])), bound("a")], []),
    "rules in another order, and split": (
        [role(rule(verbs=["get", "list"])), bound("a")],
        [role(rule(verbs=["list"]), GET), bound("a")],
        [],
    ),
    "another subject": (
        [role(GET), bound("a")],
        [role(GET), bound("a", "b")],
        [f"ServiceAccount data/b: may do {IN} what it could not before: `get pods`"],
    ),
    "a group": (
        [role(GET), bound("a")],
        [
            role(GET),
            kube(
                BINDING,
                "binding",
                {"subjects": [{"kind": "Group", "name": "all"}], "roleRef": {"kind": "Role", "name": "reader"}},
            ),
        ],
        [f"Group all: may do {IN} what it could not before: `get pods`"],
    ),
    "the same right by another role": (
        [role(GET), bound("a")],
        [role(GET, name="other"), bound("a", to="other")],
        [],
    ),
    "at the whole site": (
        [role(GET, kind=CLUSTER_ROLE), bound("a", kind="ClusterRole")],
        [role(GET, kind=CLUSTER_ROLE), bound("a", kind="ClusterRole", by=CLUSTER_BINDING)],
        ["ServiceAccount data/a: may do at the whole site what it could not before: `get pods`"],
    ),
    "in one namespace instead of the whole site": (
        [role(GET, kind=CLUSTER_ROLE), bound("a", kind="ClusterRole", by=CLUSTER_BINDING)],
        [role(GET, kind=CLUSTER_ROLE), bound("a", kind="ClusterRole")],
        [],
    ),
    "somebody else's role": (
        [],
        [bound("a", to="cluster-admin", kind="ClusterRole", by=CLUSTER_BINDING)],
        [f"{A} at the whole site {MORE}: `whatever ClusterRole cluster-admin allows`"],
    ),
    "a role that somebody else binds": (
        [role(GET)],
        [role(rule(verbs=["*"]))],
        [f"whoever is bound to Role reader: may do {IN} what it could not before: `* pods`"],
    ),
    "a URL": (
        [role(GET, kind=CLUSTER_ROLE)],
        [role(GET, {"nonResourceURLs": ["/metrics"], "verbs": ["get"]}, kind=CLUSTER_ROLE)],
        [f"whoever is bound to ClusterRole reader: may do at the whole site {MORE}: `get URL /metrics`"],
    ),
    "moved to a new site with its binding": (
        [role(GET), bound("a")],
        [
            provider("west"),
            kube(ROLE, "reader", {"rules": [GET]}, site="west"),
            kube(ROLE, "new", {"rules": [GET]}, site="west"),
        ],
        [],
    ),
    "moved to a site that was there": (
        [role(GET), kube(CONFIG_MAP, "south", site="south")],
        [kube(ROLE, "reader", {"rules": [GET]}, site="south"), kube(CONFIG_MAP, "south", site="south")],
        [f"whoever is bound to Role reader: may do {IN} {MORE}: `get pods`"],
    ),
    "the first of a new site": ([], [provider("west"), kube(ROLE, "new", {"rules": [GET]}, site="west")], []),
}


@pytest.mark.parametrize(("before", "after", "expected"), TABLE.values(), ids=TABLE.keys())
def test_who_may_do_more_is_told(before: list[Node], after: list[Node], expected: list[str]) -> None:
    found = compare(graph(THERE, *before), graph(THERE, *after)).dangers

    assert [f"{one.what}: {one.consequence}" for one in found if one.kind == "rights widened"] == expected
