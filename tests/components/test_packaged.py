"""The components as a package: what programs in YAML, TypeScript or Go are offered, and that it takes what they send.

Those programs send plain mappings, and every number as a float; a description is the docstring of a field.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from pulumi.provider.experimental.component import ComponentProvider

from components.base import Component
from components.cluster import Cluster
from components.controller import Controller
from components.crds import Crds
from components.gateway import Gateway
from components.platform import Platform
from components.priorities import Priorities
from components.python_files import PythonFiles
from components.rights import Rights
from components.site import Site
from components.slots import Slots
from components.worker_group import WorkerGroup
from tests.graph.programs import recorded

PACKAGED: list[type[Component]] = [
    *(Cluster, Controller, Crds, Gateway, Platform, Priorities, PythonFiles, Rights, Site, Slots, WorkerGroup),
]
PLACE = {"cluster", "environment", "namespace", "prioritiesHere", "schedulerHere", "site", "workersHere"}

#: Fields whose name says it all; of inherited ones the SDK does not read the docstrings.
OBVIOUS = {"context", "cpu", "image", "memory", "pool", "slots", "threads", "tunnelImage"} | PLACE

PROGRAM = """
import pulumi_kubernetes as kubernetes
from pulumi.provider.experimental.component import ComponentProvider
from components import gateway, site, worker_group

offered = ComponentProvider([gateway.Gateway, site.Site, worker_group.WorkerGroup], "isthmus", None, "0.1.0")
there = pulumi.ResourceOptions(providers=[kubernetes.Provider("there", context="there")])
place = {"environment": "e", "namespace": "isthmus-e", "site": "there", "cluster": "c", "schedulerHere": False,
    "workersHere": True, "prioritiesHere": True}
offered.construct("there", "isthmus:index:Site", {**place, "installNamespaces": True, "installController": False,
    "claims": {"data": {"storage": "1Gi", "storageClass": "fast", "accessMode": "ReadOnlyMany"}},
    "slots": 4.0,
    "workers": [{"pods": 4.0, "cpu": "1", "memory": "1Gi"}], "core": [],
    "published": "ClusterIP", "keep": False, "context": "there"}, None)
offered.construct("there", "isthmus:index:Gateway", {**place, "image": "tunnel:1", "tunnelJson": "{}",
    "configuration": "digest", "dials": ["wg.example:51820"], "dialled": True, "serviceType": "NodePort",
    "neighbours": [], "neighboursDialled": [],
    "nodePort": 30820.0, "annotations": {}}, there)
offered.construct("pool", "isthmus:index:WorkerGroup", {**place, "pool": "pool", "image": "dask:1",
    "tunnelImage": "tunnel:1", "configuration": "digest", "prefix": "fd00:0:1::/48", "addressPrefix": "fd00:0:1:2::/64",
    "schedulerAddress": "tcp://[fd00:0:1:1::10]:8786", "firstSlot": 0.0, "slots": 4.0, "replicas": 2.0, "threads": 1.0,
    "memory": "1Gi", "cpu": "1", "volumes": [], "data": []}, there)
"""


def schema() -> Any:
    return json.loads(str(ComponentProvider([*PACKAGED], "isthmus", None, "0.1.0").schema))


def test_every_component_can_be_packaged() -> None:
    offered = schema()["resources"]

    assert {token: set(resource.get("requiredInputs", [])) - PLACE for token, resource in offered.items()} == {
        "isthmus:index:Cluster": {
            *("address", "configuration", "cpu", "image", "memory", "prefix", "tunnelImage", "tunnelJson"),
        },
        "isthmus:index:Controller": {"image", "serves", "watches"},
        "isthmus:index:Crds": {"keep"},
        "isthmus:index:Gateway": {
            *("annotations", "configuration", "dialled", "dials", "image", "neighbours", "neighboursDialled"),
            *("serviceType", "tunnelJson"),
        },
        "isthmus:index:Platform": {"project", "secrets", "settings", "sites"},
        "isthmus:index:Priorities": set(),
        "isthmus:index:PythonFiles": {"catalog"},
        "isthmus:index:Rights": set(),
        "isthmus:index:Site": {
            *("claims", "core", "installController", "installNamespaces", "keep", "published", "slots", "workers"),
        },
        "isthmus:index:Slots": {"tunnelJson"},
        "isthmus:index:WorkerGroup": {
            *("addressPrefix", "configuration", "cpu", "data", "firstSlot", "image", "memory", "pool", "prefix"),
            *("replicas", "schedulerAddress", "slots", "threads", "tunnelImage", "volumes"),
        },
    }
    assert set(offered) == {component.token for component in PACKAGED}


def test_every_input_says_what_it_is() -> None:
    silent = [
        f"{token}.{name}"
        for token, resource in schema()["resources"].items()
        for name, field in resource.get("inputProperties", {}).items()
        if not field.get("description") and name not in OBVIOUS
    ]

    assert silent == []


def test_components_take_what_other_languages_send(tmp_path: Path) -> None:
    graph = recorded(tmp_path, PROGRAM)
    service = graph.named("kubernetes:core/v1:Service", "there-gateway").inputs["spec"]
    quota = graph.named("kubernetes:core/v1:ResourceQuota", "there-quota").inputs["spec"]
    workers = graph.named("kubernetes:core/v1:ResourceQuota", "there-quota-workers").inputs["spec"]
    group = graph.named("kubernetes:kubernetes.dask.org/v1:DaskWorkerGroup", "pool-group").inputs["spec"]
    (worker,) = group["worker"]["spec"]["containers"]

    assert service["ports"][0]["nodePort"] == 30820
    assert quota["hard"]["pods"] == "24"
    assert workers["hard"]["requests.memory"] == f"{4 * (1024 + 64)}Mi"
    assert (group["slots"]["count"], group["worker"]["replicas"]) == (4, 2)
    assert worker["args"][worker["args"].index("--nthreads") + 1] == "1"
    assert graph.named("kubernetes:core/v1:Secret", "there-gateway-tunnel").secret_paths == ("stringData",)


def test_a_site_does_not_take_over_the_kubeconfig_of_whoever_runs_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK makes $KUBECONFIG an input of a provider that has none; then previews differ between machines.

    The recorder keeps that variable from programs, an engine does not: here the program sets it itself.
    """
    monkeypatch.setenv("KUBECONFIG", "")  # put back after the test, whatever the program does
    ambient = "import os\nos.environ['KUBECONFIG'] = '/home/somebody/kubeconfig'\n"

    graph = recorded(tmp_path, ambient + PROGRAM)

    providers = {node.urn: node.inputs.get("kubeconfig") for node in graph.of_type("pulumi:providers:kubernetes")}
    assert [kubeconfig for urn, kubeconfig in providers.items() if "isthmus:index:Site" in urn] == [None]
    # the control: the program's own provider does
    assert [kubeconfig for urn, kubeconfig in providers.items() if "Site" not in urn] == ["/home/somebody/kubeconfig"]
