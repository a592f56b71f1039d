"""What a resource names must be there."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from policy.plain import UNKNOWN, at, elements, mapping, scalar
from policy.pods import Container, Pod
from policy.record import Finding, Resource, Setting, Settings, StackRule, Unknown, not_known
from policy.stack import Placed, Stack

EXISTING_CLAIMS: Final = "existingClaims"
#: What Kubernetes itself puts into every namespace: the certificate that API servers are known by.
ROOT_CA: Final = ("ConfigMap", "kube-root-ca.crt")

#: Kind of the object -> fields of it that hold its keys.
KEYS: Final = {"ConfigMap": ("data", "binaryData"), "Secret": ("data", "stringData")}


@dataclass(frozen=True)
class Reference:
    """A name that a pod says."""

    where: str
    kind: str
    name: Any
    key: Any = None
    """Of the object, that must be in it; None if any will do."""


def check_references(stack: Stack, settings: Settings) -> Iterator[Finding]:
    for placed in stack.pods:
        for reference in _of_pod(placed.pod):
            others_claim = reference.kind == "PersistentVolumeClaim" and settings[EXISTING_CLAIMS] is True
            if not others_claim and (reference.kind, reference.name) != ROOT_CA:
                yield from _resolved(stack, placed, reference)
        yield from _subdomain(stack, placed)
        yield from _priority(stack, placed)
    for binding in stack.of("RoleBinding"):
        yield from _bound(stack, binding)


def _resolved(stack: Stack, placed: Placed, reference: Reference) -> Iterator[Finding]:
    if UNKNOWN in (reference.name, placed.resource.namespace):
        yield not_known(reference.where, placed.resource.urn)
        return
    found = stack.named(reference.kind).get((*placed.where, scalar(reference.name)))
    if found is None:
        said = f"names a {reference.kind} that the stack does not make in this namespace"
        yield Finding(reference.where, said, placed.resource.urn)
    elif isinstance(reference.key, str):
        parts = [at(found.props, part) for part in KEYS[reference.kind]]
        if UNKNOWN not in parts and not any(reference.key in mapping(part) for part in parts):
            said = f"names a key that the {reference.kind} does not have"
            yield Finding(reference.where, said, placed.resource.urn)


def _of_pod(pod: Pod) -> Iterator[Reference]:
    for where, volume in pod.volumes:
        yield from _of_volume(where, volume)
    for container in pod.containers:
        yield from _of_container(container)
    where = f"{pod.where}.imagePullSecrets"
    for path, secret in elements(at(pod.spec, "imagePullSecrets"), where):
        yield Reference(path, "Secret", at(secret, "name"))


def _of_volume(where: str, volume: Any) -> Iterator[Reference]:
    claim = at(volume, "persistentVolumeClaim")
    if claim is not None:
        yield Reference(f"{where}.persistentVolumeClaim", "PersistentVolumeClaim", at(claim, "claimName"))
    sources = [(f"{where}", volume, "secretName")]
    sources += [
        (path, source, "name")
        for path, source in elements(at(volume, "projected", "sources"), f"{where}.projected.sources")
    ]
    for path, source, name_of_secret in sources:
        for part, kind, name in (("configMap", "ConfigMap", "name"), ("secret", "Secret", name_of_secret)):
            content = at(source, part)
            if content is None or at(content, "optional") is True:
                continue
            yield Reference(f"{path}.{part}", kind, at(content, name))
            for item, entry in elements(at(content, "items"), f"{path}.{part}.items"):
                yield Reference(item, kind, at(content, name), at(entry, "key"))


def _of_container(container: Container) -> Iterator[Reference]:
    for where, variable in elements(at(container.fields, "env"), f"{container.where}.env"):
        for part, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
            content = at(variable, "valueFrom", part)
            if content is not None and at(content, "optional") is not True:
                yield Reference(f"{where}.valueFrom.{part}", kind, at(content, "name"), at(content, "key"))
    for where, source in elements(at(container.fields, "envFrom"), f"{container.where}.envFrom"):
        for part, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            content = at(source, part)
            if content is not None and at(content, "optional") is not True:
                yield Reference(f"{where}.{part}", kind, at(content, "name"))


def _subdomain(stack: Stack, placed: Placed) -> Iterator[Finding]:
    """A pod's `subdomain` is a name only if a headless Service of that name is there."""
    name, where = scalar(placed.pod.spec, "subdomain"), f"{placed.pod.where}.subdomain"
    if name is UNKNOWN:
        yield not_known(where, placed.resource.urn)
    elif name is not None:
        service = stack.named("Service").get((*placed.where, name))
        if service is None or at(service.props, "spec", "clusterIP") not in ("None", UNKNOWN):
            said = "names no headless Service of the stack: nobody finds the pod by its name"
            yield Finding(where, said, placed.resource.urn)


def _priority(stack: Stack, placed: Placed) -> Iterator[Finding]:
    name, where = at(placed.pod.spec, "priorityClassName"), f"{placed.pod.where}.priorityClassName"
    if name is UNKNOWN:
        yield not_known(where, placed.resource.urn)
    elif isinstance(name, str) and name and not name.startswith("system-"):
        there = {scalar(one.props, "metadata", "name") for one in stack.of("PriorityClass")}
        if name not in there and UNKNOWN not in there:
            yield Finding(where, "names a PriorityClass that the stack does not make", placed.resource.urn)


def _bound(stack: Stack, binding: Resource) -> Iterator[Finding]:
    role = at(binding.props, "roleRef")
    place = (*stack.where(binding), scalar(role, "name"))
    if at(role, "kind") == "Role" and UNKNOWN not in place and place not in stack.named("Role"):
        yield Finding("roleRef.name", "names a Role that the stack does not make here", binding.urn)
    accounts = stack.named("ServiceAccount")
    ours = {key[:2] for key in accounts}
    for where, subject in elements(at(binding.props, "subjects"), "subjects"):
        if at(subject, "kind") != "ServiceAccount" or at(subject, "name") is UNKNOWN:
            continue
        account = (*stack.where(binding, scalar(subject, "namespace")), scalar(subject, "name"))
        if account[:2] in ours and account not in accounts:
            yield Finding(f"{where}.name", "names a ServiceAccount that the stack does not make", binding.urn)


REFERENCES: Final = StackRule(
    name="references",
    title="What is named is there: ConfigMaps, Secrets, claims, roles, accounts, headless Services, priority classes.",
    why="A pod that names what is not there waits for ever, and nobody is told before it does.",
    fix="Make it in the stack, in the same namespace of the same site, or mend the name.",
    standard="kube-linter env-value-from and non-existent-service-account",
    unknown=Unknown.IS_VIOLATION,
    settings={EXISTING_CLAIMS: Setting(True, "whether a pool may name a claim that its site's operator has made")},
    check=check_references,
    limits="A claim that the site's operator made, and an account of a namespace in which the stack makes none, are "
    "seen by the API server only. What is marked `optional` may be missing.",
)
