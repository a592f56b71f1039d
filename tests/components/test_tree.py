"""What must hold for every resource of every stack, whoever adds one."""

import pytest

from components import base
from isthmus import names
from isthmus.graph import Graph, Node
from tests.components.recorded import SECRETS, STACKS, environment, graph, leaks, rows, secrets_of

CRD = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"
NAMESPACE = "kubernetes:core/v1:Namespace"
CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"
SECRET = "kubernetes:core/v1:Secret"
PROVIDER = "pulumi:providers:kubernetes"
CUSTOM = ("kubernetes:kubernetes.dask.org/v1:DaskCluster", "kubernetes:kubernetes.dask.org/v1:DaskWorkerGroup")
SEED = "random:index/randomPassword:RandomPassword"
STACK = "pulumi:pulumi:Stack"

both = pytest.mark.parametrize("stack", STACKS)


def site_of(recorded: Graph, node: Node) -> str:
    """The site whose component a node is below."""
    return next(above.name for above in recorded.ancestors(node) if above.type == "isthmus:index:Site")


def owner(stack: str, site: str) -> str:
    """The site that stands for a Kubernetes: the first of those that share it, which installs what all need."""
    configured = environment(stack)
    return configured.sharing(configured.site(site))[0].name


def short(urns: tuple[str, ...]) -> set[str]:
    """Type and name of each URN, without its ancestors."""
    return {urn.rsplit("$", 1)[-1].rsplit("::", 2)[-2].rsplit("$")[-1] + "::" + urn.rsplit("::", 1)[-1] for urn in urns}


@both
def test_everything_has_a_component_above_it(stack: str) -> None:
    recorded = graph(stack)

    beside = [node.urn for node in recorded.nodes if node.parent == recorded.of_type(STACK)[0].urn]

    assert beside == [recorded.named("isthmus:index:Platform", "isthmus").urn]


@both
def test_every_component_registers_its_outputs(stack: str) -> None:
    forgotten = [node.urn for node in graph(stack).nodes if not node.custom and node.outputs is None]

    assert forgotten == []


@both
def test_every_kubernetes_object_is_made_by_the_provider_of_its_own_site(stack: str) -> None:
    recorded = graph(stack)
    objects = [node for node in recorded.nodes if node.is_kubernetes]

    wrong = [node.urn for node in objects if recorded[node.provider].name != site_of(recorded, node)]

    assert wrong == []
    assert {recorded[node.provider].name for node in objects} == {site.name for site in environment(stack).sites}


@both
def test_a_provider_is_bound_to_its_cluster_and_applies_on_the_server(stack: str) -> None:
    made = {node.name: node.inputs for node in graph(stack).of_type(PROVIDER)}

    assert {inputs["skipUpdateUnreachable"] for inputs in made.values()} == {"false"}
    assert {name: inputs["clusterIdentifier"] for name, inputs in made.items()} == {
        site.name: f"{stack}/{site.name}" for site in environment(stack).sites
    }
    assert {inputs["enableServerSideApply"] for inputs in made.values()} == {"true"}


@both
def test_every_object_says_whose_it_is(stack: str) -> None:
    recorded = graph(stack)
    shared = {CRD, "kubernetes:scheduling.k8s.io/v1:PriorityClass"}

    for node in (node for node in recorded.nodes if node.is_kubernetes and node.type not in shared):
        labels = node.inputs["metadata"]["labels"]
        assert labels["app.kubernetes.io/part-of"] == "isthmus", node.urn
        if node.inputs["metadata"]["name"] != names.SYSTEM_NAMESPACE:
            assert labels[names.LABEL_ENVIRONMENT] == stack, node.urn
            assert labels[names.LABEL_SITE] == site_of(recorded, node), node.urn


@both
def test_no_two_objects_of_a_site_have_one_name(stack: str) -> None:
    recorded = graph(stack)
    places = [
        (node.provider, node.type, node.inputs["metadata"].get("namespace"), node.inputs["metadata"]["name"])
        for node in recorded.nodes
        if node.is_kubernetes
    ]

    assert sorted(places, key=str) == sorted(set(places), key=str)


@both
def test_whatever_lies_in_a_namespace_waits_for_it(stack: str) -> None:
    recorded = graph(stack)
    namespaces = {
        (owner(stack, site_of(recorded, node)), node.inputs["metadata"]["name"]): node.urn
        for node in recorded.of_type(NAMESPACE)
    }
    inside = [node for node in recorded.nodes if node.is_kubernetes and node.inputs["metadata"].get("namespace")]
    there = {
        node.urn: namespaces.get((owner(stack, site_of(recorded, node)), node.inputs["metadata"]["namespace"]))
        for node in inside
    }

    assert [node.urn for node in inside if there[node.urn] and there[node.urn] not in node.dependencies] == []
    # Without one: its operator made it.
    assert {site_of(recorded, node) for node in inside if not there[node.urn]} == {
        site.name for site in environment(stack).sites if not site.install.namespaces
    }


@both
def test_custom_resources_wait_for_their_kind_and_for_the_controller(stack: str) -> None:
    recorded = graph(stack)
    customs = [node for token in CUSTOM for node in recorded.of_type(token)]

    for node in customs:
        site = site_of(recorded, node)
        first = owner(stack, site)
        expected = {
            f"{CRD}::{first}-daskclusters",
            f"{CRD}::{first}-daskworkergroups",
            f"kubernetes:apps/v1:Deployment::{first}-controller",
            f"kubernetes:rbac.authorization.k8s.io/v1:RoleBinding::{site}-controller",
        }
        installed = environment(stack).site(first).install.controller
        assert (expected if installed else set()) <= short(node.dependencies), node.urn

    pools = {name for site in environment(stack).sites for name in site.pools}
    assert {node.name for node in customs} == {f"{environment(stack).scheduler.site}-cluster"} | {
        f"{pool}-group" for pool in pools
    }


@both
def test_a_group_waits_for_the_secrets_that_its_workers_will_mount(stack: str) -> None:
    recorded = graph(stack)

    for site in environment(stack).sites:
        for name, pool in site.pools.items():
            waits = short(recorded.named(CUSTOM[1], f"{name}-group").dependencies)
            assert {f"{SECRET}::{site.name}-slot-{slot}" for slot in pool.slots.numbers} <= waits
            assert {f"kubernetes:core/v1:PersistentVolumeClaim::{site.name}.{claim}" for claim in site.claims} <= waits


@both
def test_a_groups_size_is_left_to_whoever_scales_it(stack: str) -> None:
    assert {node.options.ignore_changes for node in graph(stack).of_type(CUSTOM[1])} == {("spec.worker.replicas",)}


@both
def test_what_cannot_be_made_again_is_kept_where_the_stack_says_so(stack: str) -> None:
    recorded = graph(stack)
    kept = {node.urn for node in recorded.nodes if node.options.protect and node.options.retain_on_delete}
    precious = {node.urn for token in (CRD, NAMESPACE, CLAIM, SEED) for node in recorded.of_type(token)}

    assert kept == (precious if environment(stack).protect else set())
    installs = [site.install for site in environment(stack).sites]
    namespaces = sum(each.namespaces + (each.namespaces and each.controller) for each in installs)
    claims = sum(len(site.claims) for site in environment(stack).sites)
    assert len(precious) == 2 * sum(each.crds for each in installs) + namespaces + claims + 1


@both
@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
def test_no_secret_is_seen_anywhere(stack: str, preview: bool) -> None:
    assert leaks(graph(stack, preview), secrets_of(stack)) == []


@both
def test_every_tunnel_and_only_a_tunnel_has_a_secret(stack: str) -> None:
    recorded = graph(stack)
    secrets = recorded.of_type(SECRET)

    assert {node.secret_paths for node in secrets} == {("stringData",)}
    assert {tuple(node.inputs["stringData"]) for node in secrets} == {(names.TUNNEL_CONFIG_KEY,)}
    others = {node.urn: node.secret_paths for node in recorded.nodes if node.secret_paths and node not in secrets}
    hidden = {node.name for node in recorded.of_type(PROVIDER) if "kubeconfig" in node.secret_paths}
    assert len(others) == len(hidden)
    assert hidden == {site.name for site in environment(stack).sites if site.kubernetes.kubeconfigSecret}


def test_the_search_for_secrets_would_find_one() -> None:
    recorded = graph("production")

    assert leaks(recorded, ["s3://ecmwf-open-data/", *SECRETS.values()]) == ["s3://ecmwf-open-data/"]
    assert len(set(secrets_of("production"))) > 100


@both
def test_a_preview_shows_what_the_update_does_but_for_what_nobody_knows_yet(stack: str) -> None:
    before, after = graph(stack, preview=True), graph(stack)

    for planned, made in zip(before.nodes, after.nodes, strict=True):
        assert (planned.urn, planned.dependencies, planned.options) == (made.urn, made.dependencies, made.options)
        assert planned.secret_paths == made.secret_paths
        if not planned.unknown_paths:
            assert planned.inputs == made.inputs
    unknown = {path.rsplit("/", 1)[-1] for node in before.nodes for path in node.unknown_paths}
    assert unknown <= {"configuration", f"stringData.{names.TUNNEL_CONFIG_KEY}", "stringData"}


@both
def test_outputs_tell_the_way_to_the_scheduler_and_no_secret(stack: str) -> None:
    recorded, configured = graph(stack), environment(stack)
    sites = [site.name for site in configured.sites]

    assert recorded.export_secrets == ()
    assert recorded.exports["schedulers"] == {
        site.name: f"tcp://{configured.cluster}-scheduler.{site.namespace}.svc:8786" for site in configured.sites
    }
    assert recorded.exports["prefix"] == str(configured.prefix)
    assert recorded.exports["namespaces"] == {
        site.name: [*(["isthmus-system"] if site.install.controller else []), site.namespace]
        for site in configured.sites
    }
    assert {name: len(key) for name, key in recorded.exports["publicKeys"].items()} == dict.fromkeys(sites, 44)


@both
def test_nothing_is_said_to_the_log(stack: str) -> None:
    assert graph(stack).log == ()


def test_logical_names_hold_no_value_that_can_move() -> None:
    """The cluster's name, images, sizes and addresses may change without one resource changing its URN."""
    moving = {"registry", "0.1.0", "16Gi", "::", "10.213", "51820", "30820"}

    for stack, node in rows():
        assert not [value for value in moving if value in node.name], (stack, node.name)


def test_type_tokens_are_what_a_state_holds() -> None:
    """A literal on purpose: another token is another resource in every state that exists."""
    tokens = {token for stack in STACKS for node in graph(stack).nodes if (token := node.type).startswith("isthmus:")}

    assert tokens == {
        "isthmus:index:Cluster",
        "isthmus:index:Controller",
        "isthmus:index:Crds",
        "isthmus:index:Gateway",
        "isthmus:index:Platform",
        "isthmus:index:Priorities",
        "isthmus:index:PythonFiles",
        "isthmus:index:Rights",
        "isthmus:index:Site",
        "isthmus:index:Slots",
        "isthmus:index:WorkerGroup",
    }
    assert base.PACKAGE == "isthmus:index"
