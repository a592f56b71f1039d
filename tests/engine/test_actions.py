"""The kubernetes stand-in's actions on a real API server, without the engine around them: they take milliseconds."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.local_api import ApiServer
from tools.pulumi.stand_in.kubernetes import applying, drift, waiting
from tools.pulumi.stand_in.kubernetes.client import ApiError
from tools.pulumi.stand_in.kubernetes.cluster import Cluster
from tools.pulumi.stand_in.kubernetes.objects import Object
from tools.pulumi.stand_in.kubernetes.settings import Settings

pytestmark = [pytest.mark.engine, pytest.mark.cluster]
OURS = "pulumi-test"


@pytest.fixture(scope="module")
def cluster(server: ApiServer) -> Iterator[Cluster]:
    made = Cluster(Settings(kubeconfig=str(server.kubeconfig)))
    yield made
    made.client.close()


@pytest.fixture(scope="module")
def namespace(cluster: Cluster) -> Iterator[str]:
    made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "actions"}}
    applying.create(cluster, made, OURS, force=False, upsert=False)
    yield "actions"
    waiting.gone(cluster, made, clock(60))


def clock(seconds: float) -> waiting.Clock:
    return waiting.Clock(seconds, threading.Event())


def config_map(namespace: str, name: str, **data: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace},
        "data": data,
    }


def create(cluster: Cluster, obj: Object) -> Object:
    return applying.create(cluster, obj, OURS, force=False, upsert=False)


def deployment(namespace: str, name: str, **annotations: str) -> Object:
    labels = {"app": name}
    containers = [{"name": "main", "image": "registry.example/a:1"}]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "annotations": {f"pulumi.com/{k}": v for k, v in annotations.items()},
        },
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
        },
    }


def test_an_object_of_somebody_else_is_not_taken_over(cluster: Cluster, namespace: str) -> None:
    create(cluster, config_map(namespace, "taken", a="1"))

    with pytest.raises(applying.AlreadyExists, match=f"ConfigMap {namespace}/taken"):
        create(cluster, config_map(namespace, "taken", a="2"))


def test_a_field_of_another_manager_is_a_conflict_until_force_is_asked_for(cluster: Cluster, namespace: str) -> None:
    theirs = config_map(namespace, "shared", a="1")
    cluster.apply(theirs, "somebody")

    with pytest.raises(ApiError, match="somebody"):
        cluster.apply(config_map(namespace, "shared", a="2"), OURS)

    assert cluster.apply(config_map(namespace, "shared", a="2"), OURS, force=True)["data"] == {"a": "2"}


def test_an_object_that_a_finalizer_holds_is_named_at_the_deadline(cluster: Cluster, namespace: str) -> None:
    held = config_map(namespace, "held", a="1")
    held["metadata"]["finalizers"] = ["engine.test/held"]
    live = create(cluster, held)
    begin = time.monotonic()

    with pytest.raises(waiting.StillThere, match=r"ConfigMap actions/held.*engine\.test/held"):
        waiting.gone(cluster, live, clock(0.3))

    assert time.monotonic() - begin < 10
    cluster.apply(config_map(namespace, "held", a="1"), OURS)  # without the finalizer it may go
    waiting.gone(cluster, live, clock(30))
    assert cluster.find(live) is None


def test_deleting_what_is_gone_or_replaced_is_done_at_once(cluster: Cluster, namespace: str) -> None:
    first = create(cluster, config_map(namespace, "twice", a="1"))
    waiting.gone(cluster, first, clock(30))
    second = create(cluster, config_map(namespace, "twice", a="2"))

    waiting.gone(cluster, first, clock(30))  # the name has passed to another object: that one stays

    assert cluster.get(first)["metadata"]["uid"] == second["metadata"]["uid"]


def test_a_workload_that_does_not_come_up_is_explained(cluster: Cluster, namespace: str) -> None:
    wanted = deployment(namespace, "stuck")
    live = create(cluster, wanted)

    with pytest.raises(waiting.NotReady, match=r"Deployment actions/stuck.*0 of 1 replicas") as error:
        waiting.ready(cluster, wanted, live, clock(0.5))

    assert error.value.live["metadata"]["uid"] == live["metadata"]["uid"]


def test_pulumi_skip_await_does_not_wait(cluster: Cluster, namespace: str) -> None:
    wanted = deployment(namespace, "skipped", skipAwait="true")
    live = create(cluster, wanted)

    assert waiting.ready(cluster, wanted, live, clock(0)) == live


@pytest.mark.parametrize(
    ("binding", "is_ready"), [("WaitForFirstConsumer", True), ("Immediate", False)], ids=["first consumer", "at once"]
)
def test_a_claim_waits_for_its_volume_unless_the_volume_waits_for_a_pod(
    cluster: Cluster, namespace: str, binding: str, is_ready: bool
) -> None:
    name = f"actions-{binding.lower()}"
    storage_class: Object = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": binding,
    }
    claim: Object = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": name,
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }
    made = create(cluster, storage_class)
    live = create(cluster, claim)

    if is_ready:
        waiting.ready(cluster, claim, live, clock(0))
    else:
        with pytest.raises(waiting.NotReady, match=name):
            waiting.ready(cluster, claim, live, clock(0.2))

    waiting.gone(cluster, live, clock(30))
    waiting.gone(cluster, made, clock(30))


def test_a_service_waits_for_a_pod_behind_it(cluster: Cluster, namespace: str) -> None:
    service: Object = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "lonely", "namespace": namespace},
        "spec": {"selector": {"app": "nobody"}, "ports": [{"port": 80}]},
    }
    live = create(cluster, service)
    endpoint: Object = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": "lonely-test",
            "namespace": namespace,
            "labels": {"kubernetes.io/service-name": "lonely", "endpointslice.kubernetes.io/managed-by": "test"},
        },
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": True}}],
    }

    with pytest.raises(waiting.NotReady, match="a pod behind it"):
        waiting.ready(cluster, service, live, clock(0.2))

    create(cluster, endpoint)
    waiting.ready(cluster, service, live, clock(30))


def budget(namespace: str, allowed: int) -> Object:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "in-place", "namespace": namespace},
        "spec": {"maxUnavailable": allowed, "selector": {"matchLabels": {"app": "nobody"}}},
    }


def limits(namespace: str, pods: int) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": {"name": "in-place", "namespace": namespace},
        "spec": {"limits": [{"type": "Container", "max": {"cpu": str(pods)}}]},
    }


def quota(namespace: str, pods: int) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "in-place", "namespace": namespace},
        "spec": {"hard": {"pods": str(pods)}, "scopes": ["Terminating"]},
    }


@pytest.mark.parametrize("made", [budget, limits, quota], ids=["a budget", "limits", "a quota"])
def test_what_guards_a_namespace_is_ready_at_once_and_changed_in_place(
    cluster: Cluster, namespace: str, made: Callable[[str, int], Object]
) -> None:
    first = waiting.ready(cluster, made(namespace, 1), create(cluster, made(namespace, 1)), clock(30))

    second = waiting.ready(cluster, made(namespace, 2), cluster.apply(made(namespace, 2), OURS), clock(30))

    assert second["metadata"]["uid"] == first["metadata"]["uid"]
    assert second["spec"] != first["spec"]
    waiting.gone(cluster, second, clock(30))


def test_a_changed_priority_is_refused_by_a_preview_already(cluster: Cluster) -> None:
    wanted: Object = {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": "actions-test"},
        "value": 1,
        "description": "of the engine's tests",
    }
    live = waiting.ready(cluster, wanted, create(cluster, wanted), clock(0))

    with pytest.raises(ApiError, match="value"):
        applying.preview(cluster, wanted | {"value": 2}, OURS, force=False)

    assert cluster.apply(wanted | {"description": "changed"}, OURS)["metadata"]["uid"] == live["metadata"]["uid"]
    waiting.gone(cluster, live, clock(30))


def test_a_custom_resource_may_come_before_its_definition(cluster: Cluster, namespace: str) -> None:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    definition: Object = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.actions.test"},
        "spec": {
            "group": "actions.test",
            "scope": "Namespaced",
            "names": {"plural": "things", "singular": "thing", "kind": "Thing"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
    }
    thing: Object = {
        "apiVersion": "actions.test/v1",
        "kind": "Thing",
        # The server's collector learns of a new kind within half a minute; until then no foreground deletion ends.
        "metadata": {
            "name": "one",
            "namespace": namespace,
            "annotations": {"pulumi.com/deletionPropagationPolicy": "background"},
        },
        "spec": {"size": 3},
    }
    assert applying.preview(cluster, thing, OURS, force=False) is None  # its kind is not there yet

    with ThreadPoolExecutor(1) as other:
        early = other.submit(create, cluster, thing)  # nobody said that it must wait
        crd = waiting.ready(cluster, definition, create(cluster, definition), clock(30))

    live = early.result()
    assert live["spec"] == {"size": 3}
    waiting.gone(cluster, live, clock(30))
    waiting.gone(cluster, crd, clock(30))


@pytest.mark.parametrize(
    ("name", "ours", "live", "ignored", "expected"),
    [
        pytest.param(
            "managed-by-another", {"a": "1", "b": "1"}, {"a": "9"}, ["data.a"], {"b": "1"}, id="managed-by-another"
        ),
        pytest.param("managed-by-us", {"a": "1", "b": "1"}, {}, ["data.a"], {"a": "1", "b": "1"}, id="managed-by-us"),
        pytest.param("not-ignored", {"a": "1"}, {"a": "9"}, [], {"a": "1"}, id="not-ignored"),
        pytest.param("quoted-path", {"a": "1"}, {"a": "9"}, ['data["a"]'], {}, id="quoted-path"),
    ],
)
def test_an_ignored_field_is_left_to_whoever_manages_it(
    cluster: Cluster,
    namespace: str,
    name: str,
    ours: dict[str, str],
    live: dict[str, str],
    ignored: list[str],
    expected: Any,
) -> None:
    create(cluster, config_map(namespace, name, **ours))
    if live:
        cluster.apply(config_map(namespace, name, **live), "autoscaler", force=True)

    kept = applying.left_to_others(cluster, config_map(namespace, name, **ours), ignored, OURS)

    assert kept["data"] == expected


def test_a_refresh_sees_what_somebody_changed_and_not_the_servers_own_spelling(
    cluster: Cluster, namespace: str
) -> None:
    wanted = deployment(namespace, "drifting")
    containers = wanted["spec"]["template"]["spec"]["containers"]
    containers[0]["resources"] = {"requests": {"cpu": "1000m"}}
    live = create(cluster, wanted)
    assert drift.inputs_now(cluster, wanted, live, OURS) == wanted  # the server wrote "1"

    scaled = cluster.client.request(
        "PATCH",
        cluster.kinds.path(wanted),
        {"spec": {"replicas": 3}},
        content_type="application/merge-patch+json",
    )

    assert drift.inputs_now(cluster, wanted, scaled, OURS) == wanted | {"spec": wanted["spec"] | {"replicas": 3}}
