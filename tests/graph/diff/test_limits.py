"""Dangers: limits that no longer hold. A row per case."""

from typing import Any

import pytest

from isthmus.graph import Graph, Node
from isthmus.graph.diff.comparison import compare
from isthmus.graph.diff.limits import quantity
from tests.graph.diff.graphs import CLUSTER, DEPLOYMENT, GROUP, graph, kube


def container(**fields: Any) -> Node:
    pod = {"containers": [{"name": "main"} | fields]}
    return kube(DEPLOYMENT, "it", {"spec": {"template": {"spec": pod}}})


def quota(**hard: str) -> Node:
    given = {name.replace("_", "."): value for name, value in hard.items()}
    return kube("core/v1:ResourceQuota", "quota", {"spec": {"hard": given}})


def limits(**most: str) -> Node:
    return kube("core/v1:LimitRange", "it", {"spec": {"limits": [{"type": "Container", "max": most}]}})


def workers(count: int, memory: str = "4Gi", **metadata: str) -> Node:
    """A worker group with so many slots."""
    pod = {"containers": [{"name": "worker", "resources": {"requests": {"memory": memory}}}]}
    body = {"spec": {"slots": {"first": 0, "count": count}, "worker": {"replicas": 1, "spec": pod}}}
    return kube(GROUP, "workers", body | {"metadata": {"name": "workers", "namespace": "data"} | metadata})


def scheduler(memory: str) -> Node:
    """A cluster whose default group has no workers."""
    pods = {
        role: {"spec": {"containers": [{"name": role, "resources": {"requests": {"memory": memory}}}]}}
        for role in ("scheduler", "worker")
    }
    return kube(CLUSTER, "dask", {"spec": pods | {"worker": pods["worker"] | {"replicas": 0}}})


TABLE: dict[str, tuple[Node, Node, list[str]]] = {
    "a quota raised": (
        quota(pods="10", memory="1Gi"),
        quota(pods="11", memory="1024Mi"),
        ["quota lifted: `pods` from `10` to `11`: objects beyond it are no longer refused"],
    ),
    "a quota without a row": (
        quota(pods="10"),
        quota(),
        ["quota lifted: `pods` from `10` to no limit: objects beyond it are no longer refused"],
    ),
    "a quota lowered, and one more": (quota(pods="10"), quota(pods="9", services="1"), []),
    "a limit raised": (
        limits(memory="1Gi"),
        limits(memory="2Gi"),
        ["limit lifted: `Container memory` from `1Gi` to `2Gi`: bigger containers are no longer refused"],
    ),
    "a container without its limit": (
        container(resources={"limits": {"memory": "1Gi", "cpu": "1"}}),
        container(resources={"limits": {"cpu": "8"}}),
        ["limit lifted: container `main` has no limit of `memory`: it may take all of its node's"],
    ),
}


@pytest.mark.parametrize(("before", "after", "expected"), TABLE.values(), ids=TABLE.keys())
def test_a_limit_that_no_longer_holds_is_told(before: Node, after: Node, expected: list[str]) -> None:
    found = compare(graph(before), graph(after)).dangers

    assert [f"{one.kind}: {one.consequence}" for one in found] == expected


IN_STEP: dict[str, tuple[Graph, Graph, list[str]]] = {
    "one more worker": (
        graph(workers(4), quota(pods="10", requests_memory="16Gi")),
        graph(workers(5), quota(pods="11", requests_memory="20Gi")),
        [],
    ),
    "bigger workers": (
        graph(workers(4), quota(memory="16Gi")),
        graph(workers(4, "8Gi"), quota(memory="32Gi")),
        [],
    ),
    "the first pool": (graph(quota(requests_memory="0")), graph(workers(4), quota(requests_memory="16Gi")), []),
    "a bigger scheduler, for which the quota has room twice": (
        graph(scheduler("2Gi"), quota(requests_memory="4Gi")),
        graph(scheduler("4Gi"), quota(requests_memory="8Gi")),
        [],
    ),
    "one more worker, and room for many": (
        graph(workers(4), quota(pods="10")),
        graph(workers(5), quota(pods="100")),
        ["`pods` from `10` to `100`"],
    ),
    "more workers, and more memory than they take": (
        graph(workers(4), quota(pods="10", requests_memory="16Gi")),
        graph(workers(5), quota(pods="11", requests_memory="64Gi")),
        ["`requests.memory` from `16Gi` to `64Gi`"],
    ),
    "more workers in another namespace": (
        graph(workers(4, namespace="other"), quota(pods="10")),
        graph(workers(5, namespace="other"), quota(pods="11")),
        ["`pods` from `10` to `11`"],
    ),
    "fewer workers": (
        graph(workers(4), quota(pods="10")),
        graph(workers(3), quota(pods="11")),
        ["`pods` from `10` to `11`"],
    ),
}


@pytest.mark.parametrize(("before", "after", "raised"), IN_STEP.values(), ids=IN_STEP.keys())
def test_a_quota_that_grows_with_its_pods_is_no_danger(before: Graph, after: Graph, raised: list[str]) -> None:
    found = [one for one in compare(before, after).dangers if one.kind == "quota lifted"]

    assert [one.consequence.partition(":")[0] for one in found] == raised


QUANTITIES = {
    "500m": 0.5,
    "1": 1,
    "2e3": 2000,
    "1k": 1000,
    "1Ki": 1024,
    "1.5Gi": 1.5 * 2**30,
    "1M": 1e6,
    "x": None,
    "nan": None,
    "1e999": None,
}


@pytest.mark.parametrize(("text", "number"), QUANTITIES.items())
def test_quantities_are_read_as_kubernetes_reads_them(text: str, number: float | None) -> None:
    found = quantity(text)

    assert (found if found is None else float(found)) == number
