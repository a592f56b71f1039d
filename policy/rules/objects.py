"""What holds for every object: its labels, the version of its API, and for custom resources their schema."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import jsonschema

from isthmus import names
from policy.plain import UNKNOWN, at, elements, mapping
from policy.pods import pods_of
from policy.record import Finding, Resource, ResourceRule, Settings, Severity, StackRule, Unknown, not_known
from policy.stack import Stack

# -- labels

PART_OF: Final = "app.kubernetes.io/part-of"
#: What an object in a namespace carries; one of the whole Kubernetes belongs to no environment and no site.
NAMESPACED: Final = (PART_OF, names.LABEL_ENVIRONMENT, names.LABEL_SITE)
_VALUE: Final = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?\Z")
_KEY: Final = re.compile(r"([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?\Z")


def check_labels(resource: Resource, _: Settings) -> Iterator[Finding]:
    if not resource.is_kubernetes:
        return
    needed = (PART_OF,) if resource.namespace is None else NAMESPACED
    if resource.kind == "DaskWorkerGroup":
        needed = (*needed, names.LABEL_POOL)
    yield from _labels(at(resource.props, "metadata", "labels"), "metadata.labels", needed)
    for pod in pods_of(resource):
        if pod.labels is UNKNOWN or (isinstance(pod.labels, Mapping) and resource.kind != "Pod"):
            where = f"{pod.where.rpartition('.')[0]}.metadata.labels"
            yield from _labels(pod.labels, where, (names.LABEL_ENVIRONMENT, names.LABEL_SITE))


def _labels(labels: Any, where: str, needed: tuple[str, ...]) -> Iterator[Finding]:
    if labels is UNKNOWN:
        yield not_known(where)
        return
    if not isinstance(labels, Mapping | None):
        yield Finding(where, "is no mapping")
    for key in needed:
        if not at(labels, key):
            yield Finding(f"{where}.{key}", "is missing")
    for key, value in mapping(labels).items():
        if value is UNKNOWN:
            yield not_known(f"{where}.{key}")
        elif not _KEY.match(key) or not isinstance(value, str) or not _VALUE.match(value):
            yield Finding(where, "holds what is no label: at most 63 of A-Z, a-z, 0-9, -, _ and . each")


# -- versions of APIs

_STABLE: Final = re.compile(r"v[0-9]+\Z")


def check_api_versions(resource: Resource, _: Settings) -> Iterator[Finding]:
    if not resource.is_kubernetes:
        return
    stated = at(resource.props, "apiVersion")
    for where, version in (("type", resource.type.split(":")[1]), ("apiVersion", stated)):
        if version is UNKNOWN:
            yield not_known(where)
        elif version is not None and not _STABLE.match(str(version).rpartition("/")[2]):
            yield Finding(where, "is no stable version of its API")


# -- custom resources

#: How Pulumi's SDK registers the field; the provider writes it as Kubernetes does.
_SDK_SPELLING: Final = "x_kubernetes_preserve_unknown_fields"

#: Demands on the keys of an object: no value has to be known.
OF_KEYS: Final = ("required", "additionalProperties")


def check_custom_resources(stack: Stack, _: Settings) -> Iterator[Finding]:
    validators: dict[str, jsonschema.Draft7Validator] = {}
    for crd in stack.of("CustomResourceDefinition"):
        for where, token, schema in _schemas(crd):
            if token in validators and validators[token].schema == schema:
                continue  # every site has the same
            if _has_unknown(schema):
                yield not_known(where, crd.urn)
            elif not _is_schema(schema):
                yield Finding(where, "is no schema", crd.urn)
            else:
                validators[token] = jsonschema.Draft7Validator(schema)
    for resource in stack.resources:
        if validator := validators.get(resource.type):
            # The provider keeps notes of its own beside what the API server returned: __fieldManager and its like.
            fields = {key: value for key, value in resource.props.items() if not key.startswith("__")}
            for error in validator.iter_errors(fields):
                where = _shown(error)
                if error.validator in OF_KEYS or not _has_unknown(error.instance):
                    yield Finding(where, f"breaks the schema of its kind: {error.validator}", resource.urn)
                else:
                    yield not_known(where, resource.urn)


def _is_schema(schema: Any) -> bool:
    try:
        jsonschema.Draft7Validator.check_schema(schema)
    except jsonschema.SchemaError:
        return False
    return True


def _schemas(crd: Resource) -> Iterator[tuple[str, str, Any]]:
    """Path, Pulumi's type token and closed schema of each version that a definition serves."""
    group, kind = at(crd.props, "spec", "group"), at(crd.props, "spec", "names", "kind")
    for where, version in elements(at(crd.props, "spec", "versions"), "spec.versions"):
        schema = at(version, "schema", "openAPIV3Schema")
        if isinstance(schema, Mapping):
            body = _closed(schema)
            body["properties"] = {"apiVersion": {}, "kind": {}, "metadata": {}} | dict(mapping(body, "properties"))
            yield f"{where}.schema.openAPIV3Schema", f"kubernetes:{group}/{at(version, 'name')}:{kind}", body


def _closed(schema: Any) -> Any:
    """A schema in which an unknown field is a mistake: the API server would drop it without a word."""
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    inner = {key: _closed(value) for key, value in schema.items()}
    open_ = any(schema.get(key) is True for key in ("x-kubernetes-preserve-unknown-fields", _SDK_SPELLING))
    if isinstance(schema.get("properties"), Mapping) and schema.get("type") == "object" and not open_:
        inner.setdefault("additionalProperties", False)
    if schema.get("nullable") is True and isinstance(schema.get("type"), str):
        inner["type"] = [schema["type"], "null"]
    return inner


def _shown(error: Any) -> str:
    """Path of the field, as everywhere."""
    path = ""
    for step in error.absolute_path:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else str(step)
    return path or "spec"


def _has_unknown(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_has_unknown(inner) for inner in value.values())
    return any(_has_unknown(inner) for inner in value) if isinstance(value, list) else value is UNKNOWN


LABELS: Final = ResourceRule(
    name="labels",
    title="Every object says whose it is: environment, site, and a worker group its pool.",
    why="Who looks for all of an environment, or cleans up after it, has nothing else; flows are drawn by labels too.",
    fix=f"Label it {', '.join(NAMESPACED)}; a DaskWorkerGroup {names.LABEL_POOL} too.",
    standard="kube-linter required-label-owner, kube-score label-values; Kubernetes' recommended labels",
    unknown=Unknown.IS_VIOLATION,
    severity=Severity.MEDIUM,
    check=check_labels,
    limits=f"An object without namespace only has to carry {PART_OF}.",
)
API_VERSIONS: Final = ResourceRule(
    name="api-versions",
    title="Objects are of stable API versions.",
    why="An alpha or beta version goes away with an upgrade of the site, at a time of its operator's choosing.",
    fix="Use the v1 (v2, ...) of the API, or do without it.",
    standard="kube-linter no-extensions-v1beta, kube-score stable-version; Kubernetes' deprecation policy",
    unknown=Unknown.IS_VIOLATION,
    severity=Severity.MEDIUM,
    check=check_api_versions,
)
CUSTOM_RESOURCES: Final = StackRule(
    name="custom-resources",
    title="Custom resources fit their definition, field by field.",
    why="The API server drops a misspelt field without a word, and refuses a wrong value when half of the site is up.",
    fix="Compare it with the definition (components/crds); a field that it does not know has a typing mistake.",
    standard="ours; what kubeconform does for files",
    unknown=Unknown.WAITS,
    severity=Severity.HIGH,
    check=check_custom_resources,
    limits="Definitions are those of the stack: a site whose operator installs them (install.crds false), in a stack "
    "where no site does, is judged by its API server only. Rules in CEL (x-kubernetes-validations) are the API "
    "server's as well; a local one evaluates them (tests/components).",
)
