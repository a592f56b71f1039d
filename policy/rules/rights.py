"""What an account may do: stated word by word."""

from collections.abc import Iterator
from typing import Any, Final

from policy.plain import UNKNOWN, at, elements
from policy.record import Finding, Resource, ResourceRule, Settings, Severity, Unknown, not_known

FIELDS: Final = ("apiGroups", "resources", "verbs", "nonResourceURLs")
#: Verbs by which an account gives itself what it does not have.
ESCALATING: Final = ("escalate", "bind", "impersonate")
_WRITE: Final = ("create", "update", "patch")
_READ: Final = ("get", "list", "watch")
_RBAC: Final = "rbac.authorization.k8s.io"
#: API group and resource -> verbs by which an account gets what others may do, or what they keep secret
#: (Kubernetes' RBAC good practices, "privilege escalation risks").
UPWARD: Final = {
    **{(_RBAC, kind): _WRITE for kind in ("roles", "rolebindings", "clusterroles", "clusterrolebindings")},
    **{("", f"pods/{part}"): ("get", "create") for part in ("exec", "attach", "portforward")},
    ("", "pods/ephemeralcontainers"): ("update", "patch"),
    ("", "nodes/proxy"): ("get", "create"),
    ("", "secrets"): _READ,
    ("", "serviceaccounts/token"): ("create",),
    **{("admissionregistration.k8s.io", f"{sort}webhookconfigurations"): _WRITE for sort in ("mutating", "validating")},
    ("certificates.k8s.io", "certificatesigningrequests/approval"): ("update", "patch"),
    ("certificates.k8s.io", "signers"): ("approve", "sign"),
}
#: Kubernetes' own roles that amount to everything, or to everything in a namespace.
ALMIGHTY: Final = ("cluster-admin", "admin", "edit")
#: Subjects that may do everything, and those that stand for whoever comes.
NOBODY_IN_PARTICULAR: Final = (
    "system:masters", "system:authenticated", "system:unauthenticated", "system:anonymous", "system:serviceaccounts",
)  # fmt: skip


def check_rights(resource: Resource, _: Settings) -> Iterator[Finding]:
    if not resource.is_kubernetes:
        return
    if resource.kind in ("Role", "ClusterRole"):
        rules = at(resource.props, "rules")
        if rules is UNKNOWN:
            yield not_known("rules")
        for where, rule in elements(rules, "rules"):
            yield from _rule(rule, where)
            yield from _upward(rule, where)
        if resource.props.get("aggregationRule") is not None:
            yield Finding("aggregationRule", "takes in whatever other roles may do one day")
    elif resource.kind in ("RoleBinding", "ClusterRoleBinding"):
        yield from _binding(resource)


def _binding(resource: Resource) -> Iterator[Finding]:
    role = at(resource.props, "roleRef", "name")
    if role is UNKNOWN:
        yield not_known("roleRef.name")
    elif role in ALMIGHTY:
        yield Finding("roleRef.name", "is a role of Kubernetes' own that may do nearly everything")
    subjects = at(resource.props, "subjects")
    if subjects is UNKNOWN:
        yield not_known("subjects")
    for where, subject in elements(subjects, "subjects"):
        name = at(subject, "name")
        if name is UNKNOWN:
            yield not_known(f"{where}.name")
        elif name in NOBODY_IN_PARTICULAR:
            yield Finding(f"{where}.name", "is no account of ours: everybody, anybody, or who may do all anyway")


def _rule(rule: Any, where: str) -> Iterator[Finding]:
    for field in FIELDS:
        values = at(rule, field)
        if values is UNKNOWN or (isinstance(values, list) and UNKNOWN in values):
            yield not_known(f"{where}.{field}")
        for value in values if isinstance(values, list) else ():
            if isinstance(value, str) and "*" in value:
                yield Finding(f"{where}.{field}", "has a wildcard")
            elif field == "verbs" and value in ESCALATING:
                yield Finding(f"{where}.{field}", f"has {value}, by which an account gives itself more rights")


def _upward(rule: Any, where: str) -> Iterator[Finding]:
    groups, resources, verbs = (_stated(rule, field) for field in ("apiGroups", "resources", "verbs"))
    for (group, resource), ways in UPWARD.items():
        if group in groups and resource in resources:
            for verb in ways:
                if verb in verbs:
                    said = f"with the verb {verb} is a way to what others may do or keep secret: {resource}"
                    yield Finding(f"{where}.resources", said)


def _stated(rule: Any, field: str) -> list[Any]:
    values = at(rule, field)
    return values if isinstance(values, list) else []


RIGHTS: Final = ResourceRule(
    name="rights",
    title="No wildcard in a role, no way to others' rights and Secrets, no binding for everybody.",
    why="Operators of a data centre grant what they can read: a wildcard also grants what Kubernetes learns next year.",
    fix="List apiGroups, resources and verbs word by word; the controller's are in isthmus/rights.py.",
    standard="CIS Kubernetes Benchmark 5.1.1, 5.1.2, 5.1.3, 5.1.7, 5.1.8, 5.1.11, 5.1.12, 5.1.13",
    unknown=Unknown.IS_VIOLATION,
    severity=Severity.CRITICAL,
    check=check_rights,
    limits="Who may make pods is rule `pod-makers`. A role that the stack binds and does not make is judged by its "
    "name alone.",
)
