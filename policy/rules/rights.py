"""What an account may do: stated word by word."""

from collections.abc import Iterator
from typing import Any, Final

from policy.plain import UNKNOWN, at, elements
from policy.record import Finding, Resource, ResourceRule, Settings, Severity, Unknown, not_known

FIELDS: Final = ("apiGroups", "resources", "verbs", "nonResourceURLs")
#: Verbs by which an account gives itself what it does not have.
ESCALATING: Final = ("escalate", "bind", "impersonate")
#: Kubernetes' own roles that amount to everything, or to everything in a namespace.
ALMIGHTY: Final = ("cluster-admin", "admin", "edit", "system:masters")


def check_rights(resource: Resource, _: Settings) -> Iterator[Finding]:
    if not resource.is_kubernetes:
        return
    if resource.kind in ("Role", "ClusterRole"):
        rules = at(resource.props, "rules")
        if rules is UNKNOWN:
            yield not_known("rules")
        for where, rule in elements(rules, "rules"):
            yield from _rule(rule, where)
        if resource.props.get("aggregationRule") is not None:
            yield Finding("aggregationRule", "takes in whatever other roles may do one day")
    elif resource.kind in ("RoleBinding", "ClusterRoleBinding"):
        role = at(resource.props, "roleRef", "name")
        if role is UNKNOWN:
            yield not_known("roleRef.name")
        elif role in ALMIGHTY:
            yield Finding("roleRef.name", "is a role of Kubernetes' own that may do nearly everything")


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


RIGHTS: Final = ResourceRule(
    name="rights",
    title="No wildcard in a role, no way to more rights.",
    why="Operators of a data centre grant what they can read: a wildcard also grants what Kubernetes learns next year.",
    fix="List apiGroups, resources and verbs word by word; the controller's are in isthmus/rights.py.",
    standard="CIS Kubernetes Benchmark 5.1.1, 5.1.3, 5.1.8",
    unknown=Unknown.IS_VIOLATION,
    severity=Severity.CRITICAL,
    check=check_rights,
)
