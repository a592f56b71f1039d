"""Environments other than the two that we ship: what changes in the graph when the stack files do."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.base import OrphanError
from components.mesh import mesh_of
from isthmus import names
from isthmus.errors import UnsetSecrets
from isthmus.graph import Graph, record
from isthmus.graph.reachability import flows
from tests.components.recorded import ROOT, environment, graph

pytestmark = pytest.mark.slow

Files = dict[str, Any]
CRD = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"
CLUSTER = "kubernetes:kubernetes.dask.org/v1:DaskCluster"
GROUP = "kubernetes:kubernetes.dask.org/v1:DaskWorkerGroup"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
SERVICE = "kubernetes:core/v1:Service"

#: A federation's other stack: what is known of a site that is not ours.
EXTERNAL = {"external": {"id": 9, "publicKey": "A" * 42 + "A=", "endpoint": "wg.far.example:51820"}}


def variant(folder: Path, change: Callable[[Files], None], *, program: str = "", **secrets: str) -> Graph:
    """The stack `local` after a change of its files: `stack` (its configuration), `home`, `ecmwf`, `eumetsat`, others.

    program: lines after those of the project's own program.
    """
    stacks = ROOT / "stacks"
    files: Files = {file.stem: yaml.safe_load(file.read_text()) for file in (stacks / "local").glob("*.yaml")}
    files["stack"] = yaml.safe_load((stacks / "Pulumi.local.yaml").read_text())["config"]
    change(files)
    (folder / "stacks" / "local").mkdir(parents=True)
    (folder / "stacks" / "Pulumi.local.yaml").write_text(yaml.safe_dump({"config": files.pop("stack")}))
    for name, content in files.items():
        (folder / "stacks" / "local" / f"{name}.yaml").write_text(yaml.safe_dump(content))
    shutil.copy(ROOT / "Pulumi.yaml", folder)
    (folder / "__main__.py").write_text((ROOT / "__main__.py").read_text() + program)
    return record(folder, "local", secrets=secrets)


def federated(files: Files, site: Any = EXTERNAL) -> None:
    """The change that adds a site of another stack, `far`, and the prefix that both have."""
    files["far"] = site
    files["stack"]["isthmus:sites"].append("far")
    files["stack"]["isthmus:network"] = {"prefix": "fd62:7c3f:cad5::/48"}  # what the names are hashed to


def of_site(recorded: Graph, token: str, site: str) -> set[str]:
    """Kubernetes names of the objects of a type at a site."""
    return {node.inputs["metadata"]["name"] for node in recorded.of_type(token) if recorded[node.provider].name == site}


def as_it_is(_: Files) -> None:
    """No change."""


def test_an_unchanged_copy_is_the_same_graph(tmp_path: Path) -> None:
    assert variant(tmp_path, as_it_is).nodes == graph("local").nodes


def test_another_name_of_the_cluster_renames_objects_and_no_resource(tmp_path: Path) -> None:
    """A logical name that held it would delete and make anew everything of the environment."""

    def change(files: Files) -> None:
        files["stack"]["isthmus:cluster"] = "ensemble"

    renamed = variant(tmp_path, change)

    assert [node.urn for node in renamed.nodes] == [node.urn for node in graph("local").nodes]
    assert of_site(renamed, SERVICE, "ecmwf") == {"ensemble-gateway", "ensemble-scheduler", "ensemble-workers"}


def test_a_site_whose_operator_installed_everything_gets_only_what_is_ours(tmp_path: Path) -> None:
    def change(files: Files) -> None:
        files["ecmwf"]["install"] = {"crds": False, "namespaces": False, "controller": False}

    recorded = variant(tmp_path, change)
    missing = {node.urn for node in graph("local").nodes} - {node.urn for node in recorded.nodes}

    assert {urn.rpartition("::")[2] for urn in missing} == {
        "ecmwf",  # the components Crds, Priorities, Rights and Controller
        "ecmwf-controller",
        "ecmwf-core",
        "ecmwf-daskclusters",
        "ecmwf-daskworkergroups",
        "ecmwf-environment",
        "ecmwf-limits",
        "ecmwf-limits-system",
        "ecmwf-quota",
        "ecmwf-quota-core",
        "ecmwf-quota-system",
        "ecmwf-quota-workers",
        "ecmwf-system",
        "ecmwf-default-deny-system",
        "ecmwf-worker",  # the PriorityClass
    }
    assert recorded.exports["namespaces"]["ecmwf"] == ["isthmus-local"]


def test_a_controller_in_a_namespace_of_somebody_else_is_closed_by_its_own_policy(tmp_path: Path) -> None:
    """Nobody may have closed isthmus-system there by default."""

    def change(files: Files) -> None:
        files["ecmwf"]["install"] = {"namespaces": False}

    found = flows("local", variant(tmp_path, change).manifests("ecmwf"))

    assert [flow for flow in found if flow.target == "isthmus-system/controller"] == []
    assert [flow for flow in found if flow.source == "isthmus-system/controller"]


def test_a_scheduler_at_a_site_of_another_stack_leaves_only_doors_here(tmp_path: Path) -> None:
    def change(files: Files) -> None:
        federated(files)
        files["stack"]["isthmus:scheduler"]["site"] = "far"

    recorded = variant(tmp_path, change)

    assert recorded.of_type(CLUSTER) == ()
    assert {site: "local-scheduler" in of_site(recorded, SERVICE, site) for site in ("home", "ecmwf", "eumetsat")} == {
        "home": True,
        "ecmwf": True,
        "eumetsat": True,
    }
    assert {node.inputs["spec"]["schedulerAddress"] for node in recorded.of_type(GROUP)} == {
        "tcp://[fd62:7c3f:cad5:9::10]:8786"
    }
    assert "far" not in recorded.exports["schedulers"]


def test_a_site_without_pods_that_nobody_dials_opens_its_gateway_to_nobody(tmp_path: Path) -> None:
    def change(files: Files) -> None:
        files["stack"]["isthmus:scheduler"]["site"] = "ecmwf"
        files["home"] = {key: value for key, value in files["home"].items() if key != "gateway"}

    rules = [
        (policy.name, rule)
        for policy in variant(tmp_path, change).of_type(POLICY)
        for rule in (*policy.inputs["spec"].get("ingress", ()), *policy.inputs["spec"].get("egress", ()))
    ]

    assert [rule for _, rule in rules if not (rule.get("from") or rule.get("to"))] == []  # none would mean everybody
    assert [
        port["port"] for name, rule in rules if name == "home-gateway" and "from" in rule for port in rule["ports"]
    ] == [*(names.SCHEDULER_PORT, names.DASHBOARD_PORT, names.DASHBOARD_PORT, names.TUNNEL_HTTP_PORT)]


def test_sites_whose_names_begin_alike_do_not_meet(tmp_path: Path) -> None:
    """A logical name of one that is also the other's would be refused by the engine, or take its place."""
    claim = {"storage": "1Gi", "storageClass": "isthmus-local"}

    def change(files: Files) -> None:
        files["ecmwf-system"] = files.pop("eumetsat") | {"claims": {"observations": claim}}
        files["ecmwf"]["claims"] |= {"system-observations": claim}
        files["stack"]["isthmus:sites"] = ["home", "ecmwf", "ecmwf-system"]

    recorded = variant(tmp_path, change)

    assert len(recorded.nodes) == len(graph("local").nodes) + 1


def test_a_gateway_may_call_a_site_of_another_stack(tmp_path: Path) -> None:
    def change(files: Files) -> None:
        federated(files, {"external": EXTERNAL["external"] | {"endpoint": "192.0.2.7:51820"}})

    policy = variant(tmp_path, change).named(POLICY, "ecmwf-gateway").inputs["spec"]

    assert {"to": [{"ipBlock": {"cidr": "192.0.2.7/32"}}], "ports": [{"protocol": "UDP", "port": 51820}]} in policy[
        "egress"
    ]


def test_a_key_that_two_stacks_agreed_on_stays_secret(tmp_path: Path) -> None:
    key = "c2hhcmVkLWJ5LXR3by1zdGFja3MtYW5kLW5vYm9keT0="

    def change(files: Files) -> None:
        federated(files, {"external": EXTERNAL["external"] | {"presharedKeySecret": "farKey"}})

    recorded = variant(tmp_path, change, farKey=key)

    assert key not in repr(recorded)
    assert recorded.named("kubernetes:core/v1:Secret", "ecmwf-gateway-tunnel").secret_paths == ("stringData",)


def digests(recorded: Graph) -> dict[str, str]:
    """The digest on the templates of a gateway, of workers and of the scheduler: another one, other pods."""
    templates = {
        "gateway": recorded.named("kubernetes:apps/v1:Deployment", "ecmwf-gateway").inputs["spec"]["template"],
        "workers": recorded.named(GROUP, "ecmwf-group").inputs["spec"]["worker"],
        "scheduler": recorded.named(CLUSTER, "home-cluster").inputs["spec"]["scheduler"],
    }
    return {name: part["metadata"]["annotations"]["isthmus.dev/configuration"] for name, part in templates.items()}


def restarted(before: Graph, after: Graph) -> set[str]:
    """Which of the three differ."""
    old, new = digests(before), digests(after)
    return {name for name in old if old[name] != new[name]}


def test_all_secrets_that_nobody_has_set_are_named_at_once(tmp_path: Path) -> None:
    def change(files: Files) -> None:
        federated(files, {"external": EXTERNAL["external"] | {"presharedKeySecret": "farKey"}})
        files["home"]["kubernetes"] = {"kubeconfigSecret": "homeKubeconfig"}

    program = 'Platform("another", arguments_of(environment, {}))'

    with pytest.raises(UnsetSecrets) as refused:
        variant(tmp_path, change, program=program)

    assert (refused.value.stack, refused.value.keys) == ("local", ("homeKubeconfig", "farKey"))
    assert "`pulumi config set --stack local --secret isthmus:farKey`" in str(refused.value)


def test_another_peer_restarts_a_gateway_and_no_worker(tmp_path: Path) -> None:
    """The digest on a pod's template is of what that pod reads: only gateways know all peers."""

    assert restarted(graph("local"), variant(tmp_path, federated)) == {"gateway"}


def test_another_key_that_two_stacks_agreed_on_restarts_a_gateway_and_no_worker(tmp_path: Path) -> None:
    keys = {
        "old": "b2xkLW9mLXR3by1zdGFja3MtYW5kLW5vYm9keXNrZXk=",
        "new": "bmV3LW9mLXR3by1zdGFja3MtYW5kLW5vYm9keXNrZXk=",
    }

    def change(files: Files) -> None:
        federated(files, {"external": EXTERNAL["external"] | {"presharedKeySecret": "farKey"}})

    old, new = (variant(tmp_path / age, change, farKey=key) for age, key in keys.items())

    assert restarted(old, new) == {"gateway"}
    assert not [key for key in keys.values() if key in repr(old) + repr(new)]


def test_no_name_holds_the_domain_of_a_cluster() -> None:
    """`cluster.local` is a default: a site may have chosen another one."""
    assert "cluster.local" not in repr(graph("production"))
    hosts = {site.gateway_host for site in mesh_of(environment("production")).sites}

    assert hosts == {"production-gateway.isthmus-production.svc"}


def test_a_resource_beside_the_platform_is_refused_where_it_is_declared(tmp_path: Path) -> None:
    program = """
import pulumi_kubernetes as kubernetes
kubernetes.core.v1.ConfigMap("lost", opts=pulumi.ResourceOptions(provider=kubernetes.Provider("stray")))
"""
    with pytest.raises(OrphanError) as refused:
        variant(tmp_path, as_it_is, program=program)

    assert (refused.value.token, refused.value.name) == ("pulumi:providers:kubernetes", "stray")
