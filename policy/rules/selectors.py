"""Selectors select something: a typing mistake in a label is a Service without endpoints, a policy without effect."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from policy.matching import known, matches, means_outsiders, selects_all
from policy.plain import UNKNOWN, at, elements, mapping
from policy.pods import pods_of
from policy.record import Finding, Resource, Settings, StackRule, Unknown, not_known
from policy.stack import Placed, Stack, Where

#: Kinds whose pods are found again by their own selector.
OWNERS: Final = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet")
#: What Kubernetes labels every namespace with.
NAME_LABEL: Final = "kubernetes.io/metadata.name"
NOTHING: Final = "selects no pod of the stack"


def check_selectors(stack: Stack, _: Settings) -> Iterator[Finding]:
    for owner in stack.of(*OWNERS):
        selector = at(owner.props, "spec", "selector")
        for pod in pods_of(owner):
            verdict = matches(selector, pod.labels) if selector is not None else False
            if not verdict:
                yield _said(verdict, "spec.selector", "misses the labels of its own pods", owner)
    for service in stack.of("Service"):
        if at(service.props, "spec", "type") == "ExternalName":
            continue  # another word for a name of somebody's: there are no endpoints
        yield from _service(stack, service, at(service.props, "spec"), "spec")
    for cluster in stack.of("DaskCluster"):
        yield from _service(stack, cluster, at(cluster.props, "spec", "scheduler", "service"), "spec.scheduler.service")
    for budget in stack.of("PodDisruptionBudget"):
        yield from _some(stack, budget, at(budget.props, "spec", "selector"), "spec.selector", [stack.where(budget)])
    for policy in stack.of("NetworkPolicy"):
        selector = at(policy.props, "spec", "podSelector")
        if not selects_all(selector) and not means_outsiders(selector):
            yield from _some(stack, policy, selector, "spec.podSelector", [stack.where(policy)])
        yield from _peers(stack, policy)


def _service(stack: Stack, resource: Resource, service: Any, where: str) -> Iterator[Finding]:
    selector = at(service, "selector")
    if selector is UNKNOWN or selector:
        yield from _some(stack, resource, _equal(selector), f"{where}.selector", [stack.where(resource)])
    else:
        yield Finding(f"{where}.selector", "is missing: its endpoints are whatever somebody writes", resource.urn)


def _equal(labels: Any) -> Any:
    """A Service's selector as the LabelSelector that it means."""
    return UNKNOWN if labels is UNKNOWN else {"matchLabels": labels}


def _peers(stack: Stack, policy: Resource) -> Iterator[Finding]:
    for direction, side in (("ingress", "from"), ("egress", "to")):
        for where, rule in elements(at(policy.props, "spec", direction), f"spec.{direction}"):
            for path, peer in elements(at(rule, side), f"{where}.{side}"):
                yield from _peer(stack, policy, peer, path)


def _peer(stack: Stack, policy: Resource, peer: Any, where: str) -> Iterator[Finding]:
    selector, namespaces = at(peer, "podSelector"), at(peer, "namespaceSelector")
    if selector is UNKNOWN or namespaces is UNKNOWN:
        yield not_known(where, policy.urn)
    if selector in (None, UNKNOWN) or namespaces is UNKNOWN or selects_all(selector) or means_outsiders(selector):
        return
    places = [stack.where(policy)] if namespaces is None else list(_namespaces(stack, policy, namespaces))
    if places:  # otherwise it is about a namespace that is not ours, whose pods are not seen
        yield from _some(stack, policy, selector, f"{where}.podSelector", places)


def _namespaces(stack: Stack, policy: Resource, selector: Any) -> Iterator[Where]:
    """The namespaces of the stack that a peer may mean."""
    here = stack.kubernetes(policy)
    for where in dict.fromkeys((*stack.namespaces, *stack.pods_by_namespace)):
        kubernetes, name = where
        namespace = stack.namespaces.get(where)
        labels: Any = UNKNOWN
        if namespace is not None:
            stated = at(namespace.props, "metadata", "labels")
            labels = UNKNOWN if stated is UNKNOWN else {**mapping(stated), NAME_LABEL: name}
        elif set(mapping(selector, "matchLabels")) <= {NAME_LABEL} and not at(selector, "matchExpressions"):
            labels = {NAME_LABEL: name}
        if kubernetes == here and matches(selector, labels):
            yield where


def _some(stack: Stack, resource: Resource, selector: Any, where: str, places: Iterable[Where]) -> Iterator[Finding]:
    """Objects unless a selector matches some pod in one of the places."""
    if not known(selector):
        yield not_known(where, resource.urn)
        return
    there: list[Placed] = [placed for place in places for placed in stack.pods_by_namespace.get(place, ())]
    verdicts = {matches(selector, placed.pod.labels) for placed in there}
    if selector is None or True not in verdicts:
        yield _said(None if None in verdicts else False, where, NOTHING, resource)


def _said(verdict: bool | None, where: str, problem: str, resource: Resource) -> Finding:
    return not_known(where, resource.urn) if verdict is None else Finding(where, problem, resource.urn)


SELECTORS: Final = StackRule(
    name="selectors",
    title="Every selector selects a pod of the stack: of workloads, Services, NetworkPolicies, their peers, budgets.",
    why="A mistyped label makes a Service without endpoints, a budget without pods, a flow that nobody may use.",
    fix="Compare it with the labels of the pods in that namespace; the controller adds dask.org/cluster-name, "
    "dask.org/component and dask.org/workergroup-name to what it makes.",
    standard="kube-linter mismatching-selector, dangling-service, dangling-networkpolicy, "
    "dangling-networkpolicypeer-podselector; kube-score service-targets-pod",
    unknown=Unknown.IS_VIOLATION,
    check=check_selectors,
    limits="Pods with isthmus.dev/role client or scraper are brought by others. Peers in namespaces that the stack "
    "neither makes nor has pods in are not seen.",
)
