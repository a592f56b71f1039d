"""No credential where everybody reads."""

import re
from collections.abc import Iterator
from typing import Final

from policy.plain import at, elements, texts
from policy.pods import pods_of
from policy.record import Finding, Resource, ResourceRule, Settings, Severity, Unknown

_WORDS: Final = r"pass(word|wd|phrase)|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credentials?"
#: A name under which somebody keeps a credential; not the name of a file that holds it.
_NAME: Final = re.compile(rf"(?i)(^|[-_.])({_WORDS})([-_.](id|value|data|key))?\Z")
#: The same within a text: `password: x`, `--token=x`, `AWS_SECRET_ACCESS_KEY=x`.
_LINE: Final = re.compile(rf"(?im)(^|[-_.\s\"'])({_WORDS})[\"']?\s*[:=]\s*[\"']?[^\s\"'{{<$]")
#: Shapes of well-known credentials, and a user with a password in a URL.
_SHAPES: Final = re.compile(
    r"://[^/\s:@]+:[^/\s:@]+@|\bA[KS]IA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}|\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\."
)


def check_credentials(resource: Resource, _: Settings) -> Iterator[Finding]:
    if not resource.is_kubernetes or resource.kind in ("Secret", "CustomResourceDefinition"):
        return
    if resource.kind == "ConfigMap":
        yield from _map(resource)
    for pod in pods_of(resource):
        for container in pod.containers:
            for where, variable in elements(at(container.fields, "env"), f"{container.where}.env"):
                name, value = at(variable, "name"), at(variable, "value")
                if isinstance(name, str) and isinstance(value, str) and value and _NAME.search(name):
                    yield Finding(where, "has the name of a credential and its value in the clear")
    for where, text in texts({key: value for key, value in resource.props.items() if key != "binaryData"}):
        if _SHAPES.search(text):
            yield Finding(where, "holds what looks like a credential")


def _map(resource: Resource) -> Iterator[Finding]:
    data = at(resource.props, "data")
    for key, text in data.items() if isinstance(data, dict) else ():
        if not isinstance(text, str):
            continue
        if text and _NAME.search(str(key)):
            yield Finding("data", "has a key with the name of a credential, in the clear")
        elif _LINE.search(text):
            yield Finding("data", "has a text that sets a credential")


CREDENTIALS: Final = ResourceRule(
    name="credentials",
    title="No credential is in a ConfigMap, in a variable, or anywhere else outside of a Secret.",
    why="Whoever may look at pods and ConfigMaps reads them, and so does every diff and every log of a preview.",
    fix="Put it in a Secret and mount that as a file; give a process the file's name (..._FILE).",
    standard="Polaris sensitiveConfigmapContent and sensitiveContainerEnvVar, checkov CKV_K8S_35, kubescape C-0012; "
    "CIS Kubernetes Benchmark 5.4.1",
    unknown=Unknown.WAITS,
    severity=Severity.CRITICAL,
    check=check_credentials,
    limits="It knows names and shapes, not secrets: a credential under an innocent name passes. Keys of tunnels are "
    "rule `key-material`.",
)
