"""How a stack comes up and is taken down again, proven from the graph: no race, no hanging, no pod unguarded.

The engine makes a resource after all that it depends on, and deletes it before: what the closure of its dependencies
holds is there from before its making until after its end.
"""

import functools
import re

import pytest

from isthmus.graph import Graph, Node
from tests.components.recorded import STACKS, environment, graph

CLUSTER = "kubernetes:kubernetes.dask.org/v1:DaskCluster"
GROUP = "kubernetes:kubernetes.dask.org/v1:DaskWorkerGroup"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
CRD = "CustomResourceDefinition"

every_stack = pytest.mark.parametrize("stack", STACKS)


def outlived_by(recorded: Graph, node: Node) -> set[str]:
    """URNs of all that is there for as long as the node is: what it depends on, and what that depends on."""
    return _closure(recorded, node.urn) - {node.urn}


def _closure(recorded: Graph, urn: str) -> set[str]:
    found: set[str] = set()
    open_ends = [urn]
    while open_ends:
        if (one := open_ends.pop()) not in found:
            found.add(one)
            node = recorded[one]
            open_ends += [*node.dependencies, node.provider, node.parent]
            open_ends = [each for each in open_ends if each]
            open_ends += [each for urns in node.property_dependencies.values() for each in urns]
    return found


@functools.cache
def around(stack: str, urn: str) -> frozenset[str]:
    """Kind and logical name of what is there for as long as a resource is; slots as one."""
    recorded = graph(stack)
    found = [recorded[each] for each in outlived_by(recorded, recorded[urn])]
    return frozenset(
        f"{node.type.rpartition(':')[2]} {re.sub('slot-[0-9]+$', 'slot-N', node.name)}"
        for node in found
        if node.is_kubernetes
    )


def needed(stack: str, node: Node) -> set[str]:
    """What a custom resource needs, besides what is made for every site of its Kubernetes."""
    configured = environment(stack)
    site = configured.site(graph(stack)[node.provider].name)
    owner = configured.sharing(site)[0]
    wanted = {f"NetworkPolicy {site.name}-{called}" for called in ("default-deny", "dns")}
    wanted |= {f"ConfigMap {site.name}-python"}
    if site.install.namespaces:
        wanted |= {f"Namespace {site.name}-environment", f"ResourceQuota {site.name}-quota"}
    if owner.install.crds:
        wanted |= {f"{CRD} {owner.name}-daskclusters", f"{CRD} {owner.name}-daskworkergroups"}
        wanted |= {f"PriorityClass {owner.name}-core", f"PriorityClass {owner.name}-worker"}
    if owner.install.controller:
        kinds = ("Deployment", "ServiceAccount", "NetworkPolicy", "PodDisruptionBudget")
        wanted |= {f"{kind} {owner.name}-controller" for kind in kinds} | {f"Namespace {owner.name}-system"}
        wanted |= {f"{kind} {site.name}-controller" for kind in ("Role", "RoleBinding")}
    own: tuple[str, ...]
    if node.type == CLUSTER:
        own = ("ServiceAccount {}-scheduler", "Secret {}-scheduler-tunnel", "NetworkPolicy {}-scheduler")
    else:
        own = ("ServiceAccount {}-worker", "Secret {}-slot-N", "Service {}-workers", "NetworkPolicy {}-workers")
        wanted |= {f"PersistentVolumeClaim {site.name}.{claim}" for claim in site.claims}
    return wanted | {each.format(site.name) for each in own}


@every_stack
def test_nothing_that_a_custom_resource_needs_comes_later_or_goes_before_it(stack: str) -> None:
    customs = [node for token in (CLUSTER, GROUP) for node in graph(stack).of_type(token)]

    missing = {node.name: needed(stack, node) - around(stack, node.urn) for node in customs}

    assert {name: rows for name, rows in missing.items() if rows} == {}
    assert len(missing) == 1 + sum(len(site.pools) for site in environment(stack).sites)


@every_stack
def test_a_controller_is_let_in_everywhere_before_it_starts_and_until_it_has_ended(stack: str) -> None:
    """Where it is not let in it ends: its rights must be there in the namespace of every site that it serves."""
    configured, recorded = environment(stack), graph(stack)
    for site in (site for site in configured.sites if site.install.controller):
        found = around(stack, recorded.named(DEPLOYMENT, f"{site.name}-controller").urn)

        for other in configured.sharing(site):
            assert {f"Role {other.name}-controller", f"RoleBinding {other.name}-controller"} <= found
            assert f"Namespace {other.name}-environment" in found


@every_stack
def test_no_pod_of_ours_runs_before_its_namespace_is_closed_or_after_it_is_opened(stack: str) -> None:
    recorded, configured = graph(stack), environment(stack)
    pods = [node for token in (DEPLOYMENT, CLUSTER, GROUP) for node in recorded.of_type(token)]

    for node in pods:
        system = "-system" if node.inputs["metadata"]["namespace"] == "isthmus-system" else ""
        site = recorded[node.provider].name
        guards = {f"NetworkPolicy {site}-default-deny{system}"}
        if configured.site(site).install.namespaces:
            guards |= {f"LimitRange {site}-limits{system}", f"ResourceQuota {site}-quota{system}"}
        assert guards <= around(stack, node.urn), node.name


@every_stack
def test_the_order_is_one(stack: str) -> None:
    """No two resources wait for each other: the engine would refuse that, and a teardown would have no beginning."""
    recorded = graph(stack)

    assert [
        node.urn for node in recorded.nodes if any(node.urn in _closure(recorded, each) for each in node.dependencies)
    ] == []


def test_a_dependency_that_is_missing_is_seen() -> None:
    """The control: what a gateway waits for is not all that a group waits for."""
    recorded = graph("local")
    gateway = recorded.named(DEPLOYMENT, "ecmwf-gateway")
    group = recorded.named(GROUP, "ecmwf-group")

    assert needed("local", group) - around("local", gateway.urn) >= {"Secret ecmwf-slot-N", f"{CRD} ecmwf-daskclusters"}
