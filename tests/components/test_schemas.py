"""Every declared object against the schema of its kind: Kubernetes' own, and our definitions' for custom ones."""

import functools
from collections.abc import Iterator
from typing import Any

import jsonschema
import kubernetes_validate.utils
import pytest

from isthmus.graph import Node
from tests.components.recorded import STACKS, environment, graph, rows

KUBERNETES = "1.37"
CRD = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"
GROUP = "kubernetes.dask.org/v1"


@pytest.fixture(autouse=True, scope="module")
def _schemas_read_once() -> Iterator[None]:
    """The library reads all of Kubernetes' definitions anew for each object, which is a tenth of a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            kubernetes_validate.utils, "schema_contents", functools.cache(kubernetes_validate.utils.schema_contents)
        )
        yield


def manifests(stack: str) -> Iterator[dict[str, Any]]:
    for site in environment(stack).sites:
        yield from graph(stack).manifests(site.name)


def closed(schema: Any) -> Any:
    """A CRD's schema in which an unknown field is a mistake; the API server would drop it without a word."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(value) for key, value in schema.items()}
    known = isinstance(schema.get("properties"), dict) and schema.get("type") == "object"
    if known and not schema.get("x-kubernetes-preserve-unknown-fields"):
        inner["additionalProperties"] = False
    return inner


def schema_of(kind: str) -> Any:
    crd = next(node for node in graph("local").of_type(CRD) if node.inputs["spec"]["names"]["kind"] == kind)
    body = closed(crd.inputs["spec"]["versions"][0]["schema"]["openAPIV3Schema"])
    body["properties"] |= {"apiVersion": {}, "kind": {}, "metadata": {"type": "object"}}
    return body


def pods_in(node: Node) -> Iterator[tuple[str, Any]]:
    spec = node.inputs["spec"]
    yield from ((part, spec[part]["spec"]) for part in ("scheduler", "worker") if part in spec)


@pytest.mark.parametrize("stack", STACKS)
def test_built_in_objects_are_valid(stack: str) -> None:
    built_in = [manifest for manifest in manifests(stack) if manifest["apiVersion"] != GROUP]

    for manifest in built_in:
        kubernetes_validate.utils.validate(manifest, KUBERNETES, strict=True)

    assert {manifest["kind"] for manifest in built_in} >= {"Namespace", "NetworkPolicy", "Deployment", "Role", "Secret"}


@pytest.mark.parametrize("stack", STACKS)
def test_custom_objects_are_valid_for_our_definitions(stack: str) -> None:
    custom = [manifest for manifest in manifests(stack) if manifest["apiVersion"] == GROUP]

    for manifest in custom:
        jsonschema.validate(manifest, schema_of(manifest["kind"]))

    assert {manifest["kind"] for manifest in custom} == {"DaskCluster", "DaskWorkerGroup"}


def test_a_misspelt_field_of_a_custom_object_would_be_noticed() -> None:
    group = next(manifest for manifest in manifests("local") if manifest["kind"] == "DaskWorkerGroup")
    group["spec"]["slots"]["fist"] = 1

    with pytest.raises(jsonschema.ValidationError, match="fist"):
        jsonschema.validate(group, schema_of("DaskWorkerGroup"))


@pytest.mark.parametrize("stack", STACKS)
def test_pods_and_services_inside_custom_objects_are_valid(stack: str) -> None:
    seen = []
    for _, node in (row for row in rows() if row[0] == stack and row[1].inputs["apiVersion"] == GROUP):
        for part, spec in pods_in(node):
            pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "seen"}, "spec": spec}
            kubernetes_validate.utils.validate(pod, KUBERNETES, strict=True)
            seen.append(part)
        if "scheduler" in node.inputs["spec"]:
            service = node.inputs["spec"]["scheduler"]["service"]
            kubernetes_validate.utils.validate(
                {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "seen"}, "spec": service},
                KUBERNETES,
                strict=True,
            )

    assert {"scheduler", "worker"} == set(seen)
