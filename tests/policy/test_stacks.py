"""The whole pack over the recorded graph of every stack: nothing to object to; and each rule bites on a spoilt one."""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from isthmus.environment import load, stack_names
from isthmus.graph import SECRET, Graph, Node, record
from isthmus.graph import UNKNOWN as NOT_KNOWN
from policy.plain import UNKNOWN
from policy.record import Provider, Resource, ResourceRule
from policy.rules import RULES
from tests.policy.cases import Gone, changed
from tests.policy.wire import PACK, in_process

ROOT = PACK.parent


@cache
def _resources(env: str) -> tuple[Resource, ...]:
    """What the first preview of a stack registers: nothing is known that only a deployment tells."""
    graph = record(ROOT, env, preview=True)
    return tuple(_resource(node, graph) for node in graph.nodes)


def _resource(node: Node, graph: Graph) -> Resource:
    provider = graph[node.provider] if node.provider else None
    return Resource(
        type=node.type,
        name=node.name,
        urn=node.urn,
        props=_hidden(node.inputs),
        protect=node.options.protect,
        provider=Provider(provider.urn, provider.name) if provider else None,
    )


def _hidden(value: Any) -> Any:
    """A graph holds no secret, so for a rule that would look into one it is a value that is not known."""
    if value in (SECRET, NOT_KNOWN):
        return UNKNOWN
    if isinstance(value, dict):
        return {key: _hidden(inner) for key, inner in value.items()}
    return [_hidden(inner) for inner in value] if isinstance(value, list) else value


def _settings(env: str) -> Mapping[str, Any]:
    file = PACK / f"config.{env}.json"
    settings: Mapping[str, Any] = json.loads(file.read_text()) if file.is_file() else {}
    return settings


def _violated(resources: tuple[Resource, ...]) -> list[tuple[str, str]]:
    """Rule and URN of each violation in a stack whose environment asks for no exception."""
    found: list[tuple[str, str]] = []
    for rule in RULES:
        if isinstance(rule, ResourceRule):
            found += [(rule.name, one.urn) for one in resources for _ in rule.violations(one, {})]
        else:
            found += [(rule.name, finding.urn) for finding in rule.violations(resources, {})]
    return sorted(found)


@pytest.mark.parametrize("env", stack_names(ROOT))
def test_no_rule_objects_to_a_stack_of_this_repository(env: str) -> None:
    resources = _resources(env)

    assert in_process(settings=_settings(env)).judge(resources) == []
    # The barrier: every site's objects were there to be judged.
    assert {one.site for one in resources} - {None} == {site.name for site in load(ROOT, env).sites}


DEPLOYMENT = "kubernetes:apps/v1:Deployment"
CLUSTER = "kubernetes:kubernetes.dask.org/v1:DaskCluster"
GROUP = "kubernetes:kubernetes.dask.org/v1:DaskWorkerGroup"
NAMESPACE = "kubernetes:core/v1:Namespace"
PROVIDER = "pulumi:providers:kubernetes"
WORKER = "spec.worker.spec"
KEY = {"name": "key", "secret": {"secretName": "production-gateway-tunnel", "defaultMode": 0o440}}

SPOILT = [  # rule, type and name of a resource of `production`, path of the property, its new value
    ("capabilities", GROUP, "ecmwf-group", f"{WORKER}.containers.0.securityContext.capabilities.add", ["NET_RAW"]),
    ("restricted", DEPLOYMENT, "home-gateway", "spec.template.spec.hostNetwork", True),
    ("namespaces", NAMESPACE, "home-system", "metadata.labels", {}),
    ("volumes", GROUP, "ecmwf-group", f"{WORKER}.volumes.0", {"name": "data", "hostPath": {"path": "/data"}}),
    ("images", CLUSTER, "home-cluster", "spec.scheduler.spec.containers.0.image", "dask:latest"),
    ("resources", CLUSTER, "home-cluster", "spec.scheduler.spec.initContainers.0.resources", Gone.GONE),
    ("rights", "kubernetes:rbac.authorization.k8s.io/v1:Role", "ecmwf-controller", "rules.0.verbs", ["*"]),
    ("default-deny", "kubernetes:networking.k8s.io/v1:NetworkPolicy", "ecmwf-default-deny", "spec.ingress", [{}]),
    ("key-material", "kubernetes:core/v1:ConfigMap", "ecmwf-python", "data", {"tunnel.json": "{}"}),
    ("keys-mounted", GROUP, "ecmwf-group", f"{WORKER}.volumes.0", KEY),
    ("providers", DEPLOYMENT, "home-gateway", "metadata.labels", {"isthmus.dev/site": "ecmwf"}),
    ("cluster-identifiers", PROVIDER, "ecmwf", "clusterIdentifier", "production/home"),
    ("addresses", GROUP, "archive-group", "spec.slots.first", 8),
]


@pytest.mark.parametrize(("rule", "type_", "name", "path", "value"), SPOILT, ids=[row[0] for row in SPOILT])
def test_a_spoilt_resource_of_a_real_stack_is_caught(rule: str, type_: str, name: str, path: str, value: Any) -> None:
    resources = _resources("production")
    (target,) = [one for one in resources if (one.type, one.name) == (type_, name)]

    violated = _violated(tuple(changed(one, path, value) if one is target else one for one in resources))

    # It may be said of a neighbour: of two resources with one address either is wrong.
    kinds = {one.urn: one.type for one in resources}
    assert {(name, kinds[urn]) for name, urn in violated} == {(rule, NAMESPACE if rule == "default-deny" else type_)}


def test_a_resource_that_lost_its_protection_is_caught() -> None:
    resources = _resources("production")
    kept = [one for one in resources if one.protect]

    violated = _violated(tuple(replace(one, protect=False) for one in resources))

    assert violated == sorted(("protection", one.urn) for one in kept)
    assert {one.type.rpartition(":")[2] for one in kept} == {"CustomResourceDefinition", "Namespace", "RandomPassword"}


def test_every_rule_is_seen_to_bite_on_a_real_stack() -> None:
    assert {row[0] for row in SPOILT} | {"protection"} == {rule.name for rule in RULES}
