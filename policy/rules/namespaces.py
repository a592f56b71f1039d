"""Namespaces: what they enforce, and that everything in them is closed until it is opened."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from policy.matching import matches
from policy.plain import UNKNOWN, at, items
from policy.pods import pods_of
from policy.record import Finding, Resource, ResourceRule, Settings, Severity, StackRule, Unknown, not_known
from policy.stack import Placed, Stack, Where

ENFORCE: Final = "pod-security.kubernetes.io/enforce"
#: Namespaces of Kubernetes itself.
NOT_OURS: Final = ("default", "kube-system", "kube-public", "kube-node-lease")
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
    elif resource.namespace is UNKNOWN:
        yield not_known("metadata.namespace")
    elif resource.namespace in NOT_OURS or (resource.namespace is None and pods_of(resource)):
        yield Finding("metadata.namespace", "is not a namespace of ours")


def check_default_deny(stack: Stack, _: Settings) -> Iterator[Finding]:
    policies = stack.of("NetworkPolicy")
    closed = {stack.where(policy) for policy in policies if _closes_everything(policy)}
    for (kubernetes, name), resource in stack.namespaces.items():
        if name is UNKNOWN:
            yield not_known("metadata.name", resource.urn)
        elif (kubernetes, name) not in closed:
            yield Finding("metadata.name", "has no NetworkPolicy that closes it in both directions", resource.urn)
    by_namespace: dict[Where, list[Resource]] = {}
    for policy in policies:
        by_namespace.setdefault(stack.where(policy), []).append(policy)
    for placed in stack.pods:
        if placed.where not in stack.namespaces:  # otherwise all that is to be said was said of the namespace
            yield from _open(placed, by_namespace.get(placed.where, []))


def _open(placed: Placed, policies: Sequence[Resource]) -> Iterator[Finding]:
    """The directions in which a pod of a namespace that is not the stack's is under no NetworkPolicy."""
    selecting = [one for one in policies if matches(at(one.props, "spec", "podSelector"), placed.pod.labels)]
    types = [kind for one in selecting for kind in _types(one)]
    for direction in DIRECTIONS:
        if direction not in types:
            said = f"is under no NetworkPolicy for {direction}, and the namespace is not the stack's to close"
            yield Finding(placed.pod.where, said, placed.resource.urn)


def _types(policy: Resource) -> Sequence[Any]:
    """The directions that a policy is about; as long as they are not known, none."""
    stated = at(policy.props, "spec", "policyTypes")
    return ("Ingress",) if stated is None else items(stated)


def _closes_everything(resource: Resource) -> bool:
    """Whether it is a NetworkPolicy that selects every pod, names both directions and opens neither."""
    spec = resource.props.get("spec")
    selector, types = at(spec, "podSelector"), at(spec, "policyTypes")
    return (
        (selector is None or selector == {} or (isinstance(selector, dict) and not any(selector.values())))
        and isinstance(types, list)
        and all(direction in types for direction in DIRECTIONS)
        and not any(at(spec, direction.lower()) for direction in DIRECTIONS)
    )


GUARDS: Final = ("ResourceQuota", "LimitRange")


def check_quotas(stack: Stack, _: Settings) -> Iterator[Finding]:
    for kind in GUARDS:
        guarded = {stack.where(one) for one in stack.of(kind) if not _scoped(one)}
        for where, namespace in stack.namespaces.items():
            if where[1] is UNKNOWN:
                yield not_known("metadata.name", namespace.urn)
            elif where not in guarded:
                yield Finding("metadata.name", f"has no {kind}", namespace.urn)


def _scoped(quota: Resource) -> bool:
    """Whether a quota is for some pods only, such as those of a priority class."""
    return any(at(quota.props, "spec", part) for part in ("scopes", "scopeSelector"))


NAMESPACES: Final = ResourceRule(
    name="namespaces",
    title="Every namespace enforces Pod Security restricted, and nothing is in Kubernetes' own or in the default one.",
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
    title="Every namespace of the stack is closed by default, in and out, and so is every pod outside of one.",
    why="Flows that nobody wrote down are flows that nobody watches; a data centre asks for no surprise traffic.",
    fix="Declare a NetworkPolicy with an empty podSelector, policyTypes Ingress and Egress, and no rule.",
    standard="CIS Kubernetes Benchmark 5.3.2; NSA Kubernetes Hardening Guide",
    unknown=Unknown.IS_VIOLATION,
    check=check_default_deny,
    limits="Whether the network plugin of a site obeys NetworkPolicies cannot be seen from here.",
)
QUOTAS: Final = StackRule(
    name="quotas",
    title="Every namespace of the stack has a quota for all of it, and limits for who states none.",
    why="One loop in somebody's notebook, or in the controller, would fill the whole of a shared Kubernetes with pods.",
    fix="Declare a ResourceQuota and a LimitRange in it.",
    standard="Kyverno add-ns-quota",
    unknown=Unknown.IS_VIOLATION,
    severity=Severity.MEDIUM,
    check=check_quotas,
    limits="Namespaces that a site's operator made are his to limit.",
)
