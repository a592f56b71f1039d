"""Who a pod is to its API server: an account of its own, a token only where rights come with it."""

from collections.abc import Collection, Iterator
from typing import Any, Final, TypeAlias

from isthmus import names
from policy.plain import UNKNOWN, at, elements, items, scalar
from policy.record import Finding, Resource, Settings, Severity, StackRule, Unknown, not_known
from policy.stack import Placed, Stack

Account: TypeAlias = tuple[object, object, object]
"""Kubernetes, namespace, name."""

BINDINGS: Final = ("RoleBinding", "ClusterRoleBinding")


def check_accounts(stack: Stack, _: Settings) -> Iterator[Finding]:
    for made in stack.of("ServiceAccount"):
        if (mounted := at(made.props, "automountServiceAccountToken")) is not False:
            yield from _token_of_account(made, mounted)
    bound = {subject for binding in stack.of(*BINDINGS) for subject in _subjects(stack, binding)}
    user_of: dict[Account, Resource] = {}
    for placed in stack.pods:
        yield from _own_account(stack, placed)
        account = _account(placed)
        yield from _token_of_pod(stack, placed, has_rights=account in bound)
        if account in bound and user_of.setdefault(account, placed.resource) is not placed.resource:
            where = f"{placed.pod.where}.serviceAccountName"
            yield Finding(where, "has rights that were granted to another's pods", placed.resource.urn)


def _token_of_account(account: Resource, mounted: Any) -> Iterator[Finding]:
    where = "automountServiceAccountToken"
    if mounted is UNKNOWN:
        yield not_known(where, account.urn)
    else:
        yield Finding(where, "is not false: each pod that needs a token says so itself", account.urn)


def _account(placed: Placed) -> Account:
    return (*placed.where, scalar(placed.pod.spec, "serviceAccountName"))


def _own_account(stack: Stack, placed: Placed) -> Iterator[Finding]:
    name, where = scalar(placed.pod.spec, "serviceAccountName"), f"{placed.pod.where}.serviceAccountName"
    if name is UNKNOWN or placed.resource.namespace is UNKNOWN:
        yield not_known(where, placed.resource.urn)
    elif name in (None, "", "default"):
        yield Finding(where, "is everybody's: the namespace's default account", placed.resource.urn)
    elif _account(placed) not in stack.named("ServiceAccount"):
        yield Finding(where, "is no ServiceAccount of the stack in this namespace", placed.resource.urn)


def _token_of_pod(stack: Stack, placed: Placed, *, has_rights: bool) -> Iterator[Finding]:
    pod, urn = placed.pod, placed.resource.urn
    where = f"{pod.where}.automountServiceAccountToken"
    mounted = at(pod.spec, "automountServiceAccountToken")
    if mounted is None and (account := stack.named("ServiceAccount").get(_account(placed))):
        mounted = at(account.props, "automountServiceAccountToken")
    if mounted is UNKNOWN:
        yield not_known(where, urn)
    elif mounted is not False and not has_rights:
        yield Finding(where, "is not false, and nothing is granted to its account", urn)
    for volume, definition in pod.volumes:
        for source, projected in elements(at(definition, "projected", "sources"), f"{volume}.projected.sources"):
            if at(projected, "serviceAccountToken") is not None and not has_rights:
                yield Finding(f"{source}.serviceAccountToken", "is a token that nothing is granted with", urn)


def _subjects(stack: Stack, binding: Resource) -> Iterator[Account]:
    """The accounts that a binding grants something to."""
    for _, subject in elements(at(binding.props, "subjects"), "subjects"):
        if at(subject, "kind") == "ServiceAccount":
            yield (*stack.where(binding, scalar(subject, "namespace")), scalar(subject, "name"))


# -- making pods

#: Resources that are pods or make some: whoever may make them can mount any Secret of the namespace.
MAKERS: Final = {
    "": ("pods", "replicationcontrollers"),
    "apps": ("deployments", "statefulsets", "daemonsets", "replicasets"),
    "batch": ("jobs", "cronjobs"),
    names.GROUP: ("daskclusters", "daskworkergroups", "daskjobs"),
}
MAKING: Final = ("create", "update", "patch")


def check_pod_makers(stack: Stack, _: Settings) -> Iterator[Finding]:
    controllers = {_account(placed) for placed in stack.pods if placed.pod.role == "controller"}
    for everywhere in stack.of("ClusterRole"):
        for where, _rule in _making(everywhere):
            yield Finding(where, "makes pods in every namespace", everywhere.urn)
    makers = {key for key, role in stack.named("Role").items() if any(True for _row in _making(role))}
    for binding in stack.of("RoleBinding"):
        role = (*stack.where(binding), scalar(binding.props, "roleRef", "name"))
        if at(binding.props, "roleRef", "kind") != "Role" or role not in makers:
            continue
        if at(binding.props, "subjects") is UNKNOWN:
            yield not_known("subjects", binding.urn)
        for where, subject in elements(at(binding.props, "subjects"), "subjects"):
            account = (*stack.where(binding, scalar(subject, "namespace")), scalar(subject, "name"))
            if UNKNOWN in (subject, *account):
                yield not_known(where, binding.urn)
            elif at(subject, "kind") != "ServiceAccount" or not _is_controllers(account, controllers):
                yield Finding(where, "may make pods and is no controller's account", binding.urn)


def _is_controllers(account: Account, controllers: Collection[Account]) -> bool:
    """Of the stack's own controller; where the stack has none, of the one that another stack runs."""
    kubernetes, namespace, name = account
    if any(controller[0] == kubernetes for controller in controllers):
        return account in controllers
    return (namespace, name) == (names.SYSTEM_NAMESPACE, names.CONTROLLER)


def _making(role: Resource) -> Iterator[tuple[str, Any]]:
    """Path and content of each rule of a role by which pods come into being."""
    for where, rule in elements(at(role.props, "rules"), "rules"):
        # What is not known, or no list, is said by rule `rights`.
        groups, resources, verbs = (items(rule, part) for part in ("apiGroups", "resources", "verbs"))
        made = [kind for group in MAKERS if group in groups for kind in MAKERS[group] if kind in resources]
        if made and any(verb in verbs for verb in MAKING):
            yield f"{where}.resources", rule


ACCOUNTS: Final = StackRule(
    name="accounts",
    title="Every pod has an account of its own making, and a token only where rights were granted to it.",
    why="A token that nobody needs is one that a break-in finds; the default account is everybody's.",
    fix="Name a ServiceAccount of the stack with automountServiceAccountToken false; let only a pod whose account a "
    "RoleBinding names mount a token.",
    standard="kube-linter default-service-account and non-existent-service-account, checkov CKV_K8S_38, 41, 42; "
    "CIS Kubernetes Benchmark 5.1.5, 5.1.6",
    unknown=Unknown.IS_VIOLATION,
    check=check_accounts,
    limits="Accounts without rights may be shared, as all workers of a site do.",
)
POD_MAKERS: Final = StackRule(
    name="pod-makers",
    title="Only the controller may make pods, and only in one namespace.",
    why="Whoever makes a pod can mount every Secret of its namespace and run as any of its accounts.",
    fix="Grant it by a Role, not a ClusterRole, and bind that to the controller's account alone.",
    standard="kube-linter access-to-create-pods; CIS Kubernetes Benchmark 5.1.4",
    unknown=Unknown.IS_VIOLATION,
    severity=Severity.CRITICAL,
    check=check_pod_makers,
    limits="The stack's controller is known by its label isthmus.dev/role, another stack's by its name. Roles that the "
    "stack does not make are not seen.",
)
