"""Sites in one Kubernetes, and namespaces of other stacks that a controller serves."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from components.mesh import mesh_of
from isthmus.graph import Graph
from isthmus.graph.reachability import Flow, flows
from tests.components.recorded import environment, graph, manifests
from tests.components.test_variants import Files, variant

CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
ROLE_BINDING = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"
PROVIDER = "pulumi:providers:kubernetes"


def serving(recorded: Graph, name: str) -> list[str]:
    """Arguments of a controller."""
    pod = recorded.named(DEPLOYMENT, name).inputs["spec"]["template"]["spec"]
    arguments: list[str] = pod["containers"][0]["args"]
    return arguments


def test_one_controller_serves_every_site_of_its_kubernetes() -> None:
    staging = graph("staging")

    assert [node.name for node in staging.of_type(DEPLOYMENT) if node.name.endswith("-controller")] == [
        "home-controller"
    ]
    assert serving(staging, "home-controller") == [
        *("--namespace", "isthmus-staging"),
        *("--namespace", "isthmus-staging-ecmwf"),
    ]


def test_what_a_kubernetes_has_once_is_declared_once() -> None:
    staging = graph("staging")
    once = [node for node in staging.nodes if node.is_kubernetes and "namespace" not in node.inputs["metadata"]]
    system = [
        node
        for node in staging.nodes
        if node.is_kubernetes and node.inputs["metadata"].get("namespace") == "isthmus-system"
    ]

    assert {staging[node.provider].name for node in system} == {"home"}
    assert sorted(node.inputs["metadata"]["name"] for node in once) == [
        *("daskclusters.kubernetes.dask.org", "daskworkergroups.kubernetes.dask.org"),
        *("isthmus-core", "isthmus-staging", "isthmus-staging-ecmwf", "isthmus-system", "isthmus-worker"),
    ]


def test_sites_that_share_a_kubernetes_have_a_provider_each_that_is_never_taken_for_the_others() -> None:
    identifiers = {node.name: node.inputs["clusterIdentifier"] for node in graph("staging").of_type(PROVIDER)}

    assert identifiers == {name: f"staging/{name}" for name in ("home", "ecmwf", "eumetsat")}


@pytest.mark.parametrize("stack", ["local", "staging"])
def test_every_namespace_that_the_stack_makes_lets_the_controller_in(stack: str) -> None:
    """By its name, which is the same wherever it is and whoever installed it."""
    bindings = {
        (graph(stack)[node.provider].name, node.inputs["metadata"]["namespace"]): node.inputs["subjects"]
        for node in graph(stack).of_type(ROLE_BINDING)
    }
    controller = {"kind": "ServiceAccount", "name": "controller", "namespace": "isthmus-system"}

    assert bindings == {
        (site.name, site.namespace): [controller] for site in environment(stack).sites if site.install.namespaces
    }


def test_a_pod_dials_the_gateway_of_its_own_site_and_not_the_one_next_door() -> None:
    hosts = {site.name: site.gateway_host for site in mesh_of(environment("staging")).sites}

    assert hosts == {
        "home": "staging-gateway.isthmus-staging.svc",
        "ecmwf": "staging-gateway.isthmus-staging-ecmwf.svc",
        "eumetsat": "staging-gateway.weather-staging.svc",
        "dwd": None,
    }


def test_a_worker_group_asks_the_scheduler_in_its_own_namespace() -> None:
    groups = graph("staging").of_type("kubernetes:kubernetes.dask.org/v1:DaskWorkerGroup")

    assert {node.name: node.inputs["spec"]["schedulerHttpAddress"] for node in groups} == {
        "ecmwf-group": "http://staging-scheduler.isthmus-staging-ecmwf.svc:8787",
        "satellite-group": "http://staging-scheduler.weather-staging.svc:8787",
    }


def test_data_at_a_site_of_another_stack_is_in_the_catalog_of_every_pod() -> None:
    files = graph("staging").of_type(CONFIG_MAP)

    for node in files:
        catalog: Any = yaml.safe_load(node.inputs["data"]["isthmus.yaml"])["isthmus"]["catalog"]
        assert {"prefix": "/data/icon/", "pool": "icon"} in catalog, node.name
    assert len(files) == 3


def test_of_two_gateways_in_one_kubernetes_the_one_that_is_dialled_is_open_to_the_other(tmp_path: Path) -> None:
    """A network plugin that judges behind the Service sees pods, where an address block means none."""

    def change(files: Files) -> None:
        shared = files["home"]["kubernetes"]
        files["ecmwf"] |= {"kubernetes": shared, "namespace": "next-door", "gateway": {}}
        files["ecmwf"]["install"] = {"crds": False, "controller": False}

    recorded = variant(tmp_path, change)

    found = flows("local", [*recorded.manifests("home"), *recorded.manifests("ecmwf")])
    between = {flow for flow in found if flow.source.endswith("/gateway") and flow.target.endswith("/gateway")}
    assert between == {Flow("next-door/gateway", "isthmus-local/gateway", "51820/UDP")}


# -- namespaces of other stacks


@pytest.fixture(scope="module")
def watching(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    def change(files: Files) -> None:
        files["ecmwf"]["install"] = {"watches": ["weather", "climate"]}

    return variant(tmp_path_factory.mktemp("watching"), change)


def test_a_controller_looks_after_the_namespaces_that_it_is_told(watching: Graph) -> None:
    namespaces = ("climate", "isthmus-local", "weather")

    assert serving(watching, "ecmwf-controller") == [word for each in namespaces for word in ("--namespace", each)]
    assert serving(watching, "home-controller") == ["--namespace", "isthmus-local"]


def test_a_controller_may_ask_schedulers_of_other_stacks_and_nobody_else_there(watching: Graph) -> None:
    """Two stacks in one Kubernetes: the other one lets the controller in, as staging's namespaces do."""
    theirs = [
        each | {"metadata": each["metadata"] | {"namespace": "weather"}}
        for each in manifests("staging", "eumetsat")
        if each["kind"] in ("NetworkPolicy", "Deployment", "DaskWorkerGroup")
    ]

    found = flows("local", [*watching.manifests("ecmwf"), *theirs])

    asked = {flow for flow in found if flow.source == "isthmus-system/controller" and "weather" in flow.target}
    assert asked == {Flow("isthmus-system/controller", "weather/gateway", "8787/TCP")}


def test_a_new_controller_never_runs_beside_the_old_one() -> None:
    options = {node.name: node.options.delete_before_replace for node in graph("local").of_type(DEPLOYMENT)}

    assert {name for name, first in options.items() if first} == {
        f"{site}-controller" for site in ("home", "ecmwf", "eumetsat")
    }
