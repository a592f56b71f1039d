"""Budgets: what may be moved, what may be taken, what goes first; and that none of them stops what the stack allows."""

from decimal import Decimal
from typing import Any

import pytest

from components import budgets
from isthmus.environment.shapes import bytes_of
from isthmus.graph import Node
from tests.components.recorded import STACKS, environment, graph

BUDGET = "kubernetes:policy/v1:PodDisruptionBudget"
CLASS = "kubernetes:scheduling.k8s.io/v1:PriorityClass"
CLUSTER = "kubernetes:kubernetes.dask.org/v1:DaskCluster"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
GROUP = "kubernetes:kubernetes.dask.org/v1:DaskWorkerGroup"
QUOTA = "kubernetes:core/v1:ResourceQuota"
LIMITS = "kubernetes:core/v1:LimitRange"
NAMESPACE = "kubernetes:core/v1:Namespace"


def with_classes(stack: str) -> list[str]:
    """The sites in whose Kubernetes the stack makes its classes."""
    configured = environment(stack)
    return [site.name for site in configured.sites if any(each.install.crds for each in configured.sharing(site))]


every_stack = pytest.mark.parametrize("stack", STACKS)


def place(node: Node) -> tuple[str, str]:
    """Provider and namespace."""
    return node.provider, node.inputs["metadata"]["namespace"]


def pods(stack: str) -> list[tuple[Node, dict[str, str], Any]]:
    """Every kind of pod of a stack: what makes it, its labels with those that the controller adds, its spec."""
    found = []
    for node in graph(stack).nodes:
        spec: Any = node.inputs.get("spec") if node.is_kubernetes else None
        if node.type == DEPLOYMENT:
            found.append((node, spec["template"]["metadata"]["labels"], spec["template"]["spec"]))
        if node.type in (CLUSTER, GROUP):
            kind = "scheduler" if node.type == CLUSTER else "worker"
            added = {"dask.org/cluster-name": environment(stack).cluster, "dask.org/component": kind}
            found.append((node, spec[kind]["metadata"]["labels"] | added, spec[kind]["spec"]))
    return found


def requested(spec: Any, resource: str) -> Decimal:
    """What a pod requests: its containers and its sidecars."""
    parse = budgets.cores_of if resource == "cpu" else lambda text: Decimal(bytes_of(text))
    containers = [*spec["containers"], *spec.get("initContainers", [])]
    return sum((parse(each["resources"]["requests"][resource]) for each in containers), Decimal(0))


@every_stack
def test_exactly_one_budget_covers_every_pod_and_none_forbids_a_drain(stack: str) -> None:
    """Two budgets of one pod make every eviction fail; one that allows nothing holds up a drain for ever."""
    made = graph(stack).of_type(BUDGET)
    covering = {
        node.name: [
            budget.name
            for budget in made
            if place(budget) == place(node)
            and budget.inputs["spec"]["selector"]["matchLabels"].items() <= labels.items()
        ]
        for node, labels, _ in pods(stack)
    }

    assert {node: len(found) for node, found in covering.items()} == dict.fromkeys(covering, 1)
    assert {found[0] for found in covering.values()} == {budget.name for budget in made}
    assert {budget.inputs["spec"]["maxUnavailable"] for budget in made} == {1}
    assert {budget.inputs["spec"]["unhealthyPodEvictionPolicy"] for budget in made} == {"AlwaysAllow"}


@every_stack
def test_every_namespace_of_ours_says_how_much_it_may_take(stack: str) -> None:
    recorded = graph(stack)
    namespaces = {(node.provider, node.inputs["metadata"]["name"]) for node in recorded.of_type(NAMESPACE)}

    assert {place(node) for node in recorded.of_type(LIMITS)} == namespaces
    assert {place(node) for node in recorded.of_type(QUOTA) if "pods" in node.inputs["spec"]["hard"]} == namespaces


@every_stack
def test_workers_in_every_slot_are_exactly_what_their_quota_allows(stack: str) -> None:
    """Less would stop a legal scale-up, more would be no quota."""
    recorded = graph(stack)
    for site in (site for site in environment(stack).sites if site.install.namespaces):
        hard = recorded.named(QUOTA, f"{site.name}-quota-workers").inputs["spec"]["hard"]
        groups = [
            (node.inputs["spec"]["slots"]["count"], spec)
            for node, _, spec in pods(stack)
            if node.type == GROUP and recorded[node.provider].name == site.name
        ]

        for resource, parse in (("cpu", budgets.cores_of), ("memory", bytes_of)):
            wanted = sum(count * requested(spec, resource) for count, spec in groups)
            assert parse(hard[f"requests.{resource}"]) == wanted, (site.name, resource)


@every_stack
def test_gateway_and_scheduler_fit_twice_into_their_quota(stack: str) -> None:
    """On a node that is lost a pod is there for minutes after its successor has started elsewhere."""
    recorded = graph(stack)
    for site in (site for site in environment(stack).sites if site.install.namespaces):
        hard = recorded.named(QUOTA, f"{site.name}-quota-core").inputs["spec"]["hard"]
        core = [
            spec
            for node, _, spec in pods(stack)
            if node.type != GROUP and place(node)[1] == site.namespace and recorded[node.provider].name == site.name
        ]

        assert len(core) == (2 if site.name == environment(stack).scheduler.site else 1)
        for resource, parse in (("cpu", budgets.cores_of), ("memory", bytes_of)):
            assert parse(hard[f"requests.{resource}"]) == 2 * sum(requested(spec, resource) for spec in core), resource


@every_stack
def test_a_quota_on_what_pods_request_counts_one_class_only(stack: str) -> None:
    """A notebook without a class must not use up what a scale-up needs."""
    scopes = {
        tuple(expression["values"])
        for node in graph(stack).of_type(QUOTA)
        if any(key.startswith("requests.") for key in node.inputs["spec"]["hard"])
        for expression in node.inputs["spec"]["scopeSelector"]["matchExpressions"]
    }

    assert scopes == {("isthmus-core",), ("isthmus-worker",)}


@every_stack
def test_every_pod_names_its_class_and_waits_until_it_is_there(stack: str) -> None:
    recorded, configured = graph(stack), environment(stack)
    for node, _, spec in pods(stack):
        site = recorded[node.provider].name
        sharing = [each.name for each in configured.sharing(configured.site(site))]
        classes = {made.urn for made in recorded.of_type(CLASS) if recorded[made.provider].name in sharing}
        expected = "isthmus-worker" if node.type == GROUP else "isthmus-core"

        assert spec.get("priorityClassName") == (expected if site in with_classes(stack) else None), node.name
        assert classes <= set(node.dependencies), node.name
        assert len(classes) == (2 if site in with_classes(stack) else 0)


def test_workers_give_way_to_a_gateway_and_nobody_elses_pod_does() -> None:
    values = {
        node.inputs["metadata"]["name"]: (node.inputs["value"], node.inputs["preemptionPolicy"])
        for node in graph("local").of_type(CLASS)
    }

    # 0 is what a pod without a class has; below -10 the cluster autoscaler adds no node
    assert values == {"isthmus-core": (0, "PreemptLowerPriority"), "isthmus-worker": (-1, "Never")}


@pytest.mark.parametrize(
    ("published", "balanced", "at_nodes"),
    [("ClusterIP", "0", "0"), ("NodePort", "0", "1"), ("LoadBalancer", "1", "1")],
)
def test_of_the_services_in_a_namespace_only_its_gateway_may_be_seen_from_outside(
    published: str, balanced: str, at_nodes: str
) -> None:
    hard = budgets.pods(24, published=published)["hard"]

    assert hard == {"pods": "24", "services.loadbalancers": balanced, "services.nodeports": at_nodes}


@pytest.mark.parametrize(("quantity", "cores"), [("2", "2"), ("0.2", "0.2"), ("200m", "0.2"), ("1500m", "1.5")])
def test_a_cpu_quantity_is_so_many_cores(quantity: str, cores: str) -> None:
    assert budgets.cores_of(quantity) == Decimal(cores)


@every_stack
def test_a_worker_stops_spilling_before_it_is_evicted(stack: str) -> None:
    for node, _, spec in pods(stack):
        if node.type != GROUP:
            continue
        (worker,) = spec["containers"]
        env = {variable["name"]: variable["value"] for variable in worker["env"]}
        (scratch,) = [volume for volume in spec["volumes"] if volume["name"] == "scratch"]
        spill = int(env["DASK_DISTRIBUTED__WORKER__MEMORY__MAX_SPILL"])
        volume = bytes_of(scratch["emptyDir"]["sizeLimit"])

        assert bytes_of(worker["resources"]["limits"]["memory"]) < spill < volume
        assert volume < bytes_of(worker["resources"]["limits"]["ephemeral-storage"])
