"""The whole pack over the recorded graph of every stack: nothing to object to; and each rule bites on a spoilt one."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from isthmus.environment import load, stack_names
from isthmus.graph import SECRET, UNKNOWN
from isthmus.graph.store import dump
from policy import stored
from policy.judge import judge
from policy.record import Resource
from policy.rules import RULES
from tests.components.recorded import graph
from tests.policy.cases import Gone, changed, kubernetes
from tests.policy.wire import PACK, in_process

ROOT = PACK.parent


@cache
def _recorded(env: str) -> str:
    """What the first preview of a stack registers: nothing is known that only a deployment tells."""
    return dump(graph(env, preview=True))


def _resources(env: str) -> tuple[Resource, ...]:
    return tuple(stored.resources(json.loads(_recorded(env))))


def _settings(env: str) -> Mapping[str, Any]:
    file = PACK / f"config.{env}.json"
    settings: Mapping[str, Any] = json.loads(file.read_text()) if file.is_file() else {}
    return settings


@pytest.mark.parametrize("env", stack_names(ROOT))
def test_no_rule_objects_to_a_stack_of_this_repository(env: str) -> None:
    resources = _resources(env)

    assert in_process(settings=_settings(env)).judge(resources) == []
    assert judge(resources, _settings(env)) == []
    # The barrier: every site's objects were there to be judged.
    assert {one.site for one in resources} - {None} == {site.name for site in load(ROOT, env).sites}


DEPLOYMENT = "kubernetes:apps/v1:Deployment"
CLUSTER = "kubernetes:kubernetes.dask.org/v1:DaskCluster"
GROUP = "kubernetes:kubernetes.dask.org/v1:DaskWorkerGroup"
NAMESPACE = "kubernetes:core/v1:Namespace"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
SERVICE = "kubernetes:core/v1:Service"
MAP = "kubernetes:core/v1:ConfigMap"
RBAC = "kubernetes:rbac.authorization.k8s.io/v1"
PROVIDER = "pulumi:providers:kubernetes"
WORKER, POD = "spec.worker.spec", "spec.template.spec"
SCHEDULER = "spec.scheduler.spec"
OF_ECMWF = {
    "app.kubernetes.io/part-of": "isthmus",
    "isthmus.dev/environment": "production",
    "isthmus.dev/site": "ecmwf",
}
KEY = {"name": "key", "secret": {"secretName": "production-gateway-tunnel", "defaultMode": 0o440}}
TWICE = [{"name": "X", "value": value} for value in "ab"]

SPOILT = [  # rule, type and name of a resource of `production`, path of the property, its new value
    ("capabilities", GROUP, "ecmwf-group", f"{WORKER}.containers.0.securityContext.capabilities.add", ["NET_RAW"]),
    ("restricted", DEPLOYMENT, "home-gateway", f"{POD}.hostNetwork", True),
    ("read-only", CLUSTER, "home-cluster", f"{SCHEDULER}.containers.0.securityContext.readOnlyRootFilesystem", False),
    ("namespaces", NAMESPACE, "home-system", "metadata.labels", {"app.kubernetes.io/part-of": "isthmus"}),
    ("volumes", GROUP, "ecmwf-group", f"{WORKER}.volumes.0", {"name": "data", "hostPath": {"path": "/data"}}),
    ("images", CLUSTER, "home-cluster", f"{SCHEDULER}.containers.0.image", "dask:latest"),
    ("resources", CLUSTER, "home-cluster", f"{SCHEDULER}.initContainers.0.resources", Gone.GONE),
    ("variables", DEPLOYMENT, "home-gateway", f"{POD}.containers.0.env", TWICE),
    ("probes", DEPLOYMENT, "home-gateway", f"{POD}.containers.0.livenessProbe", Gone.GONE),
    ("ports", SERVICE, "ecmwf-workers", "spec.ports.0.port", 22),
    ("replicas", DEPLOYMENT, "home-gateway", "spec.replicas", 2),
    ("priority", DEPLOYMENT, "home-gateway", f"{POD}.priorityClassName", Gone.GONE),
    ("accounts", GROUP, "ecmwf-group", f"{WORKER}.automountServiceAccountToken", True),
    ("rights", f"{RBAC}:Role", "ecmwf-controller", "rules.0.verbs", ["*"]),
    ("exposure", SERVICE, "ecmwf-workers", "spec.type", "NodePort"),
    ("default-deny", POLICY, "ecmwf-default-deny", "spec.policyTypes", ["Egress"]),
    ("flows", POLICY, "ecmwf-gateway", "spec.ingress.0.from", []),
    ("key-material", MAP, "ecmwf-python", "data", {"tunnel.json": "{}"}),
    ("keys-mounted", GROUP, "ecmwf-group", f"{WORKER}.volumes.0", KEY),
    ("credentials", MAP, "ecmwf-python", "data", {"password": "hunter2"}),
    ("selectors", SERVICE, "ecmwf-workers", "spec.selector", {"dask.org/component": "walker"}),
    ("references", GROUP, "ecmwf-group", f"{WORKER}.subdomain", "nowhere"),
    ("labels", GROUP, "ecmwf-group", "spec.worker.metadata.labels", {"x": "a b"}),
    ("api-versions", MAP, "ecmwf-python", "apiVersion", "v1beta1"),
    ("custom-resources", GROUP, "ecmwf-group", "spec.slotz", {}),
    ("pool-tags", GROUP, "ecmwf-group", f"{WORKER}.containers.0.args", ["dask", "worker"]),
    ("providers", DEPLOYMENT, "home-gateway", "metadata.labels", OF_ECMWF),
    ("cluster-identifiers", PROVIDER, "ecmwf", "clusterIdentifier", "production/home"),
    ("addresses", GROUP, "archive-group", "spec.slots.first", 8),
]


def _violated(resources: Iterable[Resource]) -> set[tuple[str, str]]:
    """Rule and kind of each violation in a stack whose environment asks for no exception."""
    given = tuple(resources)
    kinds = {one.urn: one.kind for one in given}
    return {(violation.rule, kinds[violation.urn]) for violation in judge(given)}


@pytest.mark.parametrize(("rule", "type_", "name", "path", "value"), SPOILT, ids=[row[0] for row in SPOILT])
def test_a_spoilt_resource_of_a_real_stack_is_caught(rule: str, type_: str, name: str, path: str, value: Any) -> None:
    resources = _resources("production")
    (target,) = [one for one in resources if (one.type, one.name) == (type_, name)]

    violated = _violated(changed(one, path, value) if one is target else one for one in resources)

    # It is said of the namespace that lost its guard; of two resources with one address of either.
    assert violated == {(rule, "Namespace" if rule == "default-deny" else target.kind)}


MISSING = [  # rule, type and name of a resource of `production` without which it objects, the kind that it objects to
    ("quotas", "kubernetes:core/v1:ResourceQuota", "ecmwf-quota", "Namespace"),
    ("quotas", "kubernetes:core/v1:LimitRange", "ecmwf-limits", "Namespace"),
    ("disruptions", "kubernetes:policy/v1:PodDisruptionBudget", "ecmwf-workers", "DaskWorkerGroup"),
    ("references", MAP, "ecmwf-python", "DaskWorkerGroup"),
    ("addresses", "kubernetes:core/v1:Secret", "ecmwf-slot-7", "DaskWorkerGroup"),
    ("default-deny", POLICY, "ecmwf-default-deny", "Namespace"),
    ("accounts", "kubernetes:core/v1:ServiceAccount", "ecmwf-worker", "DaskWorkerGroup"),
]


@pytest.mark.parametrize(("rule", "type_", "name", "kind"), MISSING, ids=[f"{row[0]} {row[2]}" for row in MISSING])
def test_a_resource_that_a_real_stack_lacks_is_missed(rule: str, type_: str, name: str, kind: str) -> None:
    resources = _resources("production")
    left = [one for one in resources if (one.type, one.name) != (type_, name)]

    assert len(left) == len(resources) - 1
    assert _violated(left) == {(rule, kind)}


def _added(env: str, kind: str, api: str, **props: Any) -> Resource:
    """An object more at the site `ecmwf`, in its namespace and with its labels."""
    like = next(one for one in _resources(env) if (one.type, one.name) == (GROUP, "ecmwf-group"))
    metadata = {key: like.props["metadata"][key] for key in ("namespace", "labels")}
    return kubernetes(api, kind, "more", like.provider, metadata=metadata, **props)


def _job() -> Resource:
    group = next(one for one in _resources("production") if (one.type, one.name) == (GROUP, "ecmwf-group"))
    return _added("production", "Job", "batch/v1", spec={"template": group.props["spec"]["worker"]})


def _maker() -> Resource:
    role = next(one for one in _resources("production") if one.kind == "RoleBinding" and one.world.endswith("::ecmwf"))
    subjects = [{"kind": "ServiceAccount", "name": "production-worker", "namespace": role.namespace}]
    api = "rbac.authorization.k8s.io/v1"
    return _added("production", "RoleBinding", api, roleRef=role.props["roleRef"], subjects=subjects)


@pytest.mark.parametrize(("rule", "more"), [("jobs", _job), ("pod-makers", _maker)], ids=["jobs", "pod-makers"])
def test_what_is_added_to_a_real_stack_is_caught(rule: str, more: Callable[[], Resource]) -> None:
    added = more()

    assert _violated([*_resources("production"), added]) == {(rule, added.kind)}


def test_a_resource_that_lost_its_protection_is_caught() -> None:
    resources = _resources("production")
    kept = [one for one in resources if one.protect]

    violated = judge(replace(one, protect=False) for one in resources)

    assert sorted((one.rule, one.urn) for one in violated) == sorted(("protection", one.urn) for one in kept)
    assert {one.kind for one in kept} == {"CustomResourceDefinition", "Namespace", "RandomPassword"}


def test_every_rule_is_seen_to_bite_on_a_real_stack() -> None:
    seen = {row[0] for row in (*SPOILT, *MISSING)} | {"jobs", "pod-makers", "protection"}

    assert seen == {rule.name for rule in RULES}


def test_a_recorded_graph_is_read_with_the_recorders_own_signs() -> None:
    assert stored.HIDDEN == (SECRET, UNKNOWN)


def test_a_recorded_graph_is_judged_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    graph, settings = tmp_path / "local.json", PACK / "config.local.json"
    graph.write_text(_recorded("local"))

    assert stored.main([str(graph), str(settings)]) == 0
    assert capsys.readouterr() == ("", "")
    assert stored.main([str(graph)]) == 1
    assert "images: urn:pulumi:local::isthmus::" in capsys.readouterr().out


def test_settings_that_are_not_there_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "graph.json").write_text(_recorded("local"))

    assert stored.main([str(tmp_path / "graph.json"), str(tmp_path / "config.none.json")]) == 2
    first, usage = capsys.readouterr().err.splitlines()
    assert (first, usage[:6]) == (f"{tmp_path}/config.none.json: No such file or directory", "usage:")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"nodes": [{}]}'], ids=["empty", "a list", "no graph", "no node"])
def test_what_is_no_recorded_graph_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    (tmp_path / "graph.json").write_text(text)

    assert stored.main([str(tmp_path / "graph.json")]) == 2
    assert "usage: python -m policy.stored GRAPH.json" in capsys.readouterr().err
