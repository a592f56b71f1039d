"""Namespaces: what they enforce, and that everything in them is closed until it is opened."""

from collections.abc import Iterator, Sequence
from typing import Final

from policy.plain import UNKNOWN, at
from policy.pods import pods_of
from policy.record import Finding, Resource, ResourceRule, Settings, Severity, StackRule, Unknown, not_known

ENFORCE: Final = "pod-security.kubernetes.io/enforce"
#: Namespaces of Kubernetes itself.
NOT_OURS: Final = (None, "default", "kube-system", "kube-public", "kube-node-lease")
DIRECTIONS: Final = ("Ingress", "Egress")


def check_namespaces(resource: Resource, _: Settings) -> Iterator[Finding]:
    if not resource.is_kubernetes:
        return
    if resource.kind == "Namespace":
        level = at(resource.props, "metadata", "labels", ENFORCE)
        where = f"metadata.labels.{ENFORCE}"
        if level is UNKNOWN:
            yield not_known(where)
        elif level != "restricted":
            yield Finding(where, "is not restricted")
    elif any(True for _pod in pods_of(resource)):
        if resource.namespace is UNKNOWN:
            yield not_known("metadata.namespace")
        elif resource.namespace in NOT_OURS:
            yield Finding("metadata.namespace", "is not a namespace of ours")


def check_default_deny(resources: Sequence[Resource], _: Settings) -> Iterator[Finding]:
    closed = {(policy.world, policy.namespace) for policy in resources if _closes_everything(policy)}
    for resource in resources:
        if not resource.is_kubernetes or resource.kind != "Namespace":
            continue
        name = at(resource.props, "metadata", "name")
        if name is UNKNOWN:
            yield not_known("metadata.name", resource.urn)
        elif (resource.world, name) not in closed:
            yield Finding("metadata.name", "has no NetworkPolicy that closes it in both directions", resource.urn)


def _closes_everything(resource: Resource) -> bool:
    """Whether it is a NetworkPolicy that selects every pod, names both directions and opens neither."""
    if not resource.is_kubernetes or resource.kind != "NetworkPolicy":
        return False
    spec = resource.props.get("spec")
    selector, types = at(spec, "podSelector"), at(spec, "policyTypes")
    return (
        (selector is None or selector == {} or (isinstance(selector, dict) and not any(selector.values())))
        and isinstance(types, list)
        and all(direction in types for direction in DIRECTIONS)
        and not any(at(spec, direction.lower()) for direction in DIRECTIONS)
    )


NAMESPACES: Final = ResourceRule(
    name="namespaces",
    title="Every namespace enforces Pod Security restricted, and nothing runs outside of one.",
    why="The label is what makes the API server refuse a pod that the controller, or anybody, would make later.",
    fix=f"Label the namespace {ENFORCE}: restricted; put pods in isthmus-system or isthmus-<env>.",
    standard="Pod Security Admission; CIS Kubernetes Benchmark 5.2.1, 5.7.4",
    unknown=Unknown.IS_VIOLATION,
    severity=Severity.CRITICAL,
    check=check_namespaces,
    limits="A namespace that its site's operator made (install.namespaces false) is not in the stack: the operator "
    "labels it.",
)
DEFAULT_DENY: Final = StackRule(
    name="default-deny",
    title="Every namespace of the stack is closed by default, in and out.",
    why="Flows that nobody wrote down are flows that nobody watches; a data centre asks for no surprise traffic.",
    fix="Declare a NetworkPolicy with an empty podSelector, policyTypes Ingress and Egress, and no rule.",
    standard="CIS Kubernetes Benchmark 5.3.2; NSA Kubernetes Hardening Guide",
    unknown=Unknown.IS_VIOLATION,
    check=check_default_deny,
    limits="Whether the network plugin of a site obeys NetworkPolicies cannot be seen from here.",
)
