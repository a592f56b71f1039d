"""Dangers: what is let go of, and the data plane. A row per case."""

from typing import Any

import pytest

from isthmus import names
from isthmus.graph import Graph, Node
from isthmus.graph.diff.comparison import compare
from tests.graph.diff.graphs import CLUSTER, CONFIG_MAP, DEPLOYMENT, GROUP, NAMESPACE, ROLE, SERVICE, graph, kube, node

LEVEL = "pod-security.kubernetes.io/enforce"
PINNED = "registry.example/dask:1@sha256:" + "a" * 64


def service(**spec: Any) -> Node:
    return kube(SERVICE, "it", {"spec": spec})


def pod(**spec: Any) -> Node:
    return kube(DEPLOYMENT, "it", {"spec": {"template": {"spec": spec}}})


def container(name: str = "main", **fields: Any) -> Node:
    return pod(containers=[{"name": name} | fields])


def namespace(level: str = "") -> Node:
    return kube(NAMESPACE, "it", {"metadata": {"name": "it", "labels": {LEVEL: level} if level else {}}})


def group(replicas: int = 1, scheduler: str = "tcp://s", **slots: Any) -> Node:
    given = {"first": 0, "count": 4, "addressPrefix": "fd00:0:0:2::/64", "secretPrefix": "slot-"} | slots
    return kube(
        GROUP, "it", {"spec": {"slots": given, "schedulerAddress": scheduler, "worker": {"replicas": replicas}}}
    )


LB = "exposed: its type becomes `LoadBalancer`: whoever reaches its load balancer's address reaches it"
NODE_PORT = "exposed: its type becomes `NodePort`: whoever reaches a port of every node reaches it"
RESTART = "every worker must restart, and running ones keep what they have till then"
SEATED = "no other is touched: who sits there is cut off and stays so; scale down first, or end its pod after"
BALANCER = "the address of its load balancer is lost"
TABLE: dict[str, tuple[Node | None, Node, list[str]]] = {
    "a Service becomes a load balancer": (service(type="ClusterIP"), service(type="LoadBalancer"), [LB]),
    "a load balancer becomes a Service": (
        service(type="LoadBalancer"),
        service(type="ClusterIP"),
        [f"address lost: its type becomes `ClusterIP`: {BALANCER}"],
    ),
    "a load balancer becomes a port of the nodes": (
        service(type="LoadBalancer"),
        service(type="NodePort"),
        [f"address lost: its type becomes `NodePort`: {BALANCER}"],
    ),
    "a port of the nodes becomes a Service": (
        service(type="NodePort"),
        service(),
        ["address lost: its type becomes `ClusterIP`: its port of every node is lost"],
    ),
    "the scheduler's load balancer becomes a Service": (
        kube(CLUSTER, "it", {"spec": {"scheduler": {"service": {"type": "LoadBalancer"}}}}),
        kube(CLUSTER, "it", {"spec": {"scheduler": {"service": {"type": "ClusterIP"}}}}),
        [f"address lost: its type becomes `ClusterIP`: {BALANCER}"],
    ),
    "a new load balancer": (None, service(type="LoadBalancer"), [LB.replace("becomes", "is")]),
    "a new Service": (None, service(), []),
    "a node port": (
        service(ports=[{"port": 1}]),
        service(type="NodePort", ports=[{"port": 1, "nodePort": 30001}]),
        ["exposed: it answers on port `30001` of every node", NODE_PORT],
    ),
    "an external address": (
        service(externalIPs=["192.0.2.1"]),
        service(externalIPs=["192.0.2.1", "192.0.2.2"]),
        ["exposed: it answers at the external address `192.0.2.2`"],
    ),
    "callers of a load balancer": (
        service(type="LoadBalancer", loadBalancerSourceRanges=["10.0.0.0/8"]),
        service(type="LoadBalancer"),
        ["exposed: its load balancer lets in more callers: everybody"],
    ),
    "the scheduler's Service": (
        kube(CLUSTER, "it", {"spec": {"scheduler": {"service": {"type": "ClusterIP"}}}}),
        kube(CLUSTER, "it", {"spec": {"scheduler": {"service": {"type": "NodePort"}}}}),
        [NODE_PORT],
    ),
    "an Ingress": (
        None,
        kube("networking.k8s.io/v1:Ingress", "it"),
        ["exposed: it is an Ingress: callers from outside reach a Service by it"],
    ),
    "the node's network": (
        pod(containers=[]),
        pod(containers=[], hostNetwork=True),
        ["exposed: its pods use the network of their node: no policy holds them"],
    ),
    "a port of the node": (
        container(ports=[{"containerPort": 80}]),
        container(ports=[{"containerPort": 80, "hostPort": 80}]),
        ["exposed: its pods answer on port `80` of their node"],
    ),
    "pod security one level down": (
        namespace("restricted"),
        namespace("baseline"),
        ["pod security: enforces only `baseline` instead of `restricted`: pods may do more to nodes"],
    ),
    "pod security gone": (
        namespace("baseline"),
        namespace(),
        ["pod security: enforces nothing instead of `baseline`: pods may do more to nodes"],
    ),
    "pod security up": (namespace("baseline"), namespace("restricted"), []),
    "an image without its digest": (
        container(image=PINNED),
        container(image="registry.example/dask:latest"),
        [("image not pinned: container `main` runs `registry.example/dask:latest`: what that is can change by itself")],
    ),
    "another digest": (container(image=PINNED), container(image=PINNED[:-1] + "b"), []),
    "an image that never was pinned": (container(image="a:1"), container(image="a:2"), []),
    "a site's id": (
        group(),
        group(addressPrefix="fd00:0:0:9::/64"),
        [f"addresses: the addresses of its workers change: {RESTART}"],
    ),
    "another scheduler": (
        group(),
        group(scheduler="tcp://t"),
        [f"addresses: the address of its scheduler changes: {RESTART}"],
    ),
    "other addresses and keys": (
        group(),
        group(addressPrefix="fd00:0:0:9::/64", secretPrefix="seat-"),
        [f"addresses: the addresses of its workers and the keys of its workers change: {RESTART}"],
    ),
    "other slots, and fewer": (
        group(),
        group(first=8, count=2),
        [f"addresses: slots 0 to 3 go, {SEATED}"],
    ),
    "one slot less": (group(), group(count=3), [f"addresses: slot 3 goes, {SEATED}"]),
    "slots at both ends": (group(), group(first=1, count=2), [f"addresses: slots 0 and 3 go, {SEATED}"]),
    "more slots": (group(), group(count=5), []),
}


@pytest.mark.parametrize(("before", "after", "expected"), TABLE.values(), ids=TABLE.keys())
def test_what_is_let_go_of_is_told(before: Node | None, after: Node, expected: list[str]) -> None:
    found = compare(graph(*([before] if before else [])), graph(after)).dangers

    assert [f"{one.kind}: {one.consequence}" for one in found if one.kind != "replace"] == expected


# -- the mesh


def gateway(site: str) -> list[Node]:
    return [node("isthmus:index:Gateway", site, component=True), node("isthmus:index:Site", site, component=True)]


def platform(*peers: str) -> Node:
    return node("isthmus:index:Platform", "isthmus", component=True, outputs={"peers": list(peers)})


@pytest.mark.parametrize(
    ("before", "after", "joined"),
    [
        (graph(*gateway("north")), graph(*gateway("north"), *gateway("west")), ["site west"]),
        (graph(*gateway("north")), graph(*gateway("north")), []),
        (graph(platform("north")), graph(platform("far", "north")), ["site far"]),
        (graph(platform("far", "north")), graph(platform("north")), []),
        (graph(*gateway("north")), graph(*gateway("north"), platform("far", "north")), []),
    ],
    ids=["an own site", "none", "another stack's", "one less", "peers are told for the first time"],
)
def test_who_joins_the_mesh_is_told(before: Graph, after: Graph, joined: list[str]) -> None:
    assert [one.what for one in compare(before, after).dangers if one.kind == "new peer"] == joined


@pytest.mark.parametrize(
    ("before", "after", "gone"),
    [
        (graph(platform("far", "north")), graph(platform("north")), ["site far"]),
        (graph(platform("north")), graph(platform("far", "north")), []),
        (graph(*gateway("west"), platform("north", "west")), graph(platform("north")), []),
        (graph(platform("far", "north")), graph(), []),
    ],
    ids=["another stack's", "one more", "an own site, which is deleted", "peers are told no longer"],
)
def test_whose_packets_are_dropped_is_told(before: Graph, after: Graph, gone: list[str]) -> None:
    assert [one.what for one in compare(before, after).dangers if one.kind == "peer leaves"] == gone


def tunnel(site: str, configuration: str = "a") -> Node:
    """A gateway's Deployment."""
    template = {"metadata": {"labels": GATEWAY, "annotations": {names.ANNOTATION_CONFIGURATION: configuration}}}
    return kube(DEPLOYMENT, f"{site}-gateway", {"spec": {"template": template}}, site=site)


def door(type_: str) -> Node:
    """A gateway's Service, at `north`."""
    return kube(SERVICE, "it", {"spec": {"type": type_, "selector": GATEWAY}})


GATEWAY = {names.LABEL_ROLE: "gateway"}
MUST = f"its type becomes `NodePort`: {BALANCER}; the `endpoint` that others dial must lead to what there is now"
SAME = f"{MUST}; none of the other gateways is told another one"


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ([], MUST),
        ([(tunnel("south"), tunnel("south"))], SAME),
        ([(tunnel("south"), tunnel("south", "b"))], MUST),
        ([(tunnel("north"), tunnel("north", "b"))], MUST),
        ([(tunnel("north"), tunnel("north", "b")), (tunnel("south"), tunnel("south"))], SAME),
    ],
    ids=["nobody else", "others as before", "others with another configuration", "its own one", "its own one alone"],
)
def test_whether_an_endpoint_followed_its_address_is_told(others: list[tuple[Node, Node]], told: str) -> None:
    before = graph(door("LoadBalancer"), *(old for old, _ in others))
    after = graph(door("NodePort"), *(new for _, new in others))

    assert [one.consequence for one in compare(before, after).dangers] == [told]


def test_another_prefix_moves_every_address() -> None:
    (found,) = compare(graph(exports={"prefix": "fd00:a::/48"}), graph(exports={"prefix": "fd00:b::/48"})).dangers

    assert (found.kind, found.what) == ("addresses", "prefix fd00:a::/48")
    assert "fd00:b::/48" in found.consequence


# -- what is no danger


def test_what_up_leaves_to_a_person_is_told() -> None:
    before = graph(kube(CLUSTER, "dask", {"spec": {"scheduler": {"a": 1}}}), group(replicas=1))
    after = graph(kube(CLUSTER, "dask", {"spec": {"scheduler": {"a": 2}}}), group(replicas=2))

    assert [one.what for one in compare(before, after).by_hand] == ["DaskCluster data/dask", "DaskWorkerGroup data/it"]


def pool(name: str, first: int, configuration: str, **worker: Any) -> Node:
    """A worker group of four slots."""
    metadata = {"annotations": {names.ANNOTATION_CONFIGURATION: configuration}}
    return kube(
        GROUP, name, {"spec": {"slots": {"first": first, "count": 4}, "worker": {"metadata": metadata} | worker}}
    )


POOLS = pool("a", 4, "x"), pool("b", 0, "z")


def cluster(configuration: str) -> Node:
    return kube(CLUSTER, "dask", {"spec": {"scheduler": {"annotations": configuration}}})


@pytest.mark.parametrize(
    ("before", "after", "left"),
    [
        (graph(pool("a", 4, "x"), cluster("x")), graph(pool("a", 5, "y"), cluster("x")), []),
        (graph(*POOLS), graph(pool("a", 5, "y"), pool("b", 0, "z")), []),
        (graph(*POOLS, cluster("x")), graph(pool("a", 5, "y"), pool("b", 1, "y"), cluster("x")), []),
        (graph(pool("a", 4, "x"), cluster("x")), graph(pool("a", 5, "y", spec={}), cluster("x")), ["a"]),
        (graph(pool("a", 4, "x"), cluster("x")), graph(pool("a", 5, "y"), cluster("y")), ["dask", "a"]),
        (graph(*POOLS), graph(pool("a", 5, "y"), pool("b", 0, "y")), ["a", "b"]),
        (graph(*POOLS), graph(pool("a", 5, "y"), pool("b", 1, "y")), ["a", "b"]),
        (graph(pool("a", 4, "x"), cluster("x")), graph(pool("a", 4, "y"), cluster("x")), ["a"]),
        (graph(pool("a", 4, "x")), graph(pool("a", 5, "y")), ["a"]),
    ],
    ids=[
        "another first slot",
        "another first slot, beside a pool",
        "other first slots of all pools",
        "and another template",
        "and another catalog",
        "and a pool with another configuration",
        "of all pools, and nobody to compare with",
        "the same first slot",
        "nobody to compare with",
    ],
)
def test_another_first_slot_makes_no_worker_old(before: Graph, after: Graph, left: list[str]) -> None:
    assert [one.what.rpartition("/")[2] for one in compare(before, after).by_hand] == left


def test_a_stack_that_is_new_joins_nothing_and_widens_nothing() -> None:
    found = compare(None, graph(*gateway("north"), service(type="LoadBalancer")))

    assert found.only == "after"
    assert [one.kind for one in found.dangers] == ["exposed"]


def test_a_stack_that_is_gone_deletes_nothing() -> None:
    found = compare(graph(service()), None)

    assert (found.only, found.changes, found.dangers) == ("before", (), ())


def test_what_a_paused_site_ignores_is_no_danger() -> None:
    def reader(*verbs: str) -> Graph:
        rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": list(verbs)}]
        return graph(kube(ROLE, "reader", {"rules": rules}, ignore_changes=("*",)))

    found = compare(reader("get"), reader("get", "delete"))

    assert (found.changes, found.dangers, found.paused) == ((), (), ("north",))


def test_a_resource_belongs_to_the_site_above_it_or_else_to_its_provider() -> None:
    site = node("isthmus:index:Site", "west", component=True)
    box = node("test:index:Box", "box", component=True, parent=site.urn)
    below = kube(CONFIG_MAP, "below", parent=box.urn)
    beside = kube(CONFIG_MAP, "beside", site="south")
    alone = node("test:index:Thing", "alone")
    found = compare(graph(), graph(site, box, below, beside, alone))

    assert found.site_of == {site.urn: "west", box.urn: "west", below.urn: "west", beside.urn: "south", alone.urn: ""}


def paused(data: str, *, ignore: bool) -> Graph:
    options = {"ignore_changes": ("*",)} if ignore else {}
    return graph(
        kube(CONFIG_MAP, "a", {"data": {"a": data}}, **options),  # type: ignore[arg-type]
        kube(CONFIG_MAP, "b", site="south"),
    )


@pytest.mark.parametrize(
    ("before", "after", "sites", "resumed", "operations"),
    [
        (paused("1", ignore=False), paused("2", ignore=True), ("north",), (), ["options"]),
        (paused("1", ignore=True), paused("2", ignore=True), ("north",), (), []),
        (paused("1", ignore=True), paused("2", ignore=False), (), ("north",), ["update"]),
        (paused("1", ignore=False), paused("1", ignore=False), (), (), []),
    ],
    ids=["pauses", "stays paused", "goes on", "never was"],
)
def test_a_paused_site_is_left_alone_and_told(
    before: Graph, after: Graph, sites: tuple[str, ...], resumed: tuple[str, ...], operations: list[str]
) -> None:
    found = compare(before, after)

    assert (found.paused, found.resumed) == (sites, resumed)
    assert [change.operation.value for change in found.changes] == operations
