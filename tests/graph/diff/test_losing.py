"""Dangers: what is lost, and what is no longer kept from being lost. A row per case, the whole line."""

from dataclasses import replace
from typing import Any

import pytest

from isthmus.graph import Graph
from isthmus.graph.diff.comment import gathered
from isthmus.graph.diff.comparison import compare
from tests.graph.diff.graphs import (
    CLAIM,
    CLUSTER,
    CONFIG_MAP,
    CRD,
    DEPLOYMENT,
    GROUP,
    NAMESPACE,
    PASSWORD,
    SECRET,
    graph,
    kube,
    node,
    provider,
    urn,
)


def lines(before: Graph, after: Graph) -> list[str]:
    return gathered(compare(before, after).dangers)


def selecting(label: str, **options: Any) -> Graph:
    return graph(kube(DEPLOYMENT, "it", {"spec": {"selector": {"a": label}}}, **options))


IN_PLACE = "cannot change in place"
PREVIEW = "so `pulumi up` fails: at its preview, or with `--skip-preview`"
REFUSED = f"it is protected, and a replacement deletes it, {PREVIEW} in its midst"
KEPT = f"it is protected, {PREVIEW} after it has deleted all that is not protected"
ANEW = "it is deleted, then made anew: missing in between"
DATA = "the data on it goes with it, unless its storage class retains it"
CRS = "all its custom resources at the site go with it, whoever made them"
RETAINED = "the old one is retained, so in the same Kubernetes one of its name cannot be made"
LEFT = f"it stays where it is, and no stack knows it any longer; {KEPT}"
MEMORY = "its workers end; what they hold in memory is computed anew"
KEYS = "every key that comes from it changes: no tunnel of the environment works until all pods are new"
ONE = "the one object made by it is replaced with it"
ALL = "all 3 objects made by it are replaced with it"
LATER = "a later change may delete or replace it without being refused"
LEAVES = "when it leaves the stack, it is deleted in the cluster too"
SCHEDULER = "the scheduler ends, and all running work with it"
NEW = "the new one is `PersistentVolumeClaim data/new`"
OTHER = "its provider is another one"
SEAT = "its slot loses its key, no other does: who sits there is cut off"
TABLE: dict[str, tuple[Graph, Graph, list[str]]] = {
    "nothing": (selecting("a"), selecting("a"), []),
    "an update": (graph(kube(CONFIG_MAP, "it", {"data": {"a": "1"}})), graph(kube(CONFIG_MAP, "it")), []),
    "a Deployment replaced": (
        selecting("a"),
        selecting("b"),
        [f"**replace** at `north`: `Deployment data/it`: `spec.selector.a` {IN_PLACE}; {ANEW}"],
    ),
    "a protected one replaced": (
        selecting("a", protect=True),
        selecting("b", protect=True),
        [f"**replace** at `north`: `Deployment data/it`: `spec.selector.a` {IN_PLACE}; {ANEW}; {REFUSED}"],
    ),
    "a retained one replaced": (
        selecting("a", retain_on_delete=True),
        selecting("b", retain_on_delete=True),
        [f"**replace** at `north`: `Deployment data/it`: `spec.selector.a` {IN_PLACE}; {RETAINED}"],
    ),
    "another name": (
        graph(kube(CLAIM, "it", {"metadata": {"name": "old", "namespace": "data"}})),
        graph(kube(CLAIM, "it", {"metadata": {"name": "new", "namespace": "data"}})),
        [f"**replace** at `north`: `PersistentVolumeClaim data/old`: `metadata.name` {IN_PLACE}; {DATA}; {NEW}"],
    ),
    "moved to another site": (
        graph(kube(CONFIG_MAP, "it"), kube(CONFIG_MAP, "kept", retain_on_delete=True)),
        graph(kube(CONFIG_MAP, "it", site="south"), kube(CONFIG_MAP, "kept", site="south", retain_on_delete=True)),
        [
            f"**replace** at `north`: `ConfigMap data/it`: {OTHER}; it is deleted there",
            f"**replace** at `north`: `ConfigMap data/kept`: {OTHER}; it stays there, and no stack knows it any longer",
        ],
    ),
    "a slot's key": (
        graph(replace(kube(SECRET, "slot-3"), urn=urn(f"isthmus:index:Slots$kubernetes:{SECRET}", "slot-3"))),
        graph(),
        [f"**delete** at `north`: `Secret data/slot-3`: {SEAT}"],
    ),
    "data": (
        graph(kube(CLAIM, "field", {"spec": {"storageClassName": "a"}})),
        graph(kube(CLAIM, "field", {"spec": {"storageClassName": "b"}})),
        [f"**replace** at `north`: `PersistentVolumeClaim data/field`: `spec.storageClassName` {IN_PLACE}; {DATA}"],
    ),
    "data, a namespace and a CRD gone": (
        graph(
            kube(CLAIM, "field"),
            kube(NAMESPACE, "data", {"metadata": {"name": "data"}}),
            kube(CRD, "crd", {"metadata": {"name": "daskclusters"}}, site="south"),
        ),
        graph(),
        [
            "**delete** at `north`: `Namespace data`: everything in it goes with it, data included",
            f"**delete** at `north`: `PersistentVolumeClaim data/field`: {DATA}",
            f"**delete** at `south`: `CustomResourceDefinition daskclusters`: {CRS}",
        ],
    ),
    "a protected and retained one gone": (
        graph(kube(NAMESPACE, "data", {"metadata": {"name": "data"}}, protect=True, retain_on_delete=True)),
        graph(),
        [f"**forget** at `north`: `Namespace data`: {LEFT}"],
    ),
    "scheduler and workers gone": (
        graph(kube(CLUSTER, "dask"), kube(GROUP, "group")),
        graph(),
        [
            f"**delete** at `north`: `DaskCluster data/dask`: {SCHEDULER}",
            f"**delete** at `north`: `DaskWorkerGroup data/group`: {MEMORY}",
        ],
    ),
    "many alike gone": (
        graph(*(kube(SECRET, f"slot-{slot}") for slot in range(12))),
        graph(),
        [
            "**delete** at `north`: "
            + ", ".join(f"`Secret data/slot-{slot}`" for slot in range(6))
            + " and 6 more: it is deleted"
        ],
    ),
    "the same at two sites": (
        graph(
            *(
                node("kubernetes:core/v1:Pod", f"{site}-it", {"metadata": {"name": "it"}}, site=site)
                for site in ("north", "south")
            )
        ),
        graph(),
        ["**delete** at `north`, `south`: `Pod it`: it is deleted"],
    ),
    "the seed": (
        graph(node(PASSWORD, "seed", {"length": 64})),
        graph(node(PASSWORD, "seed", {"length": 65})),
        [f"**replace**: `RandomPassword seed`: `length` {IN_PLACE}; {KEYS}"],
    ),
    "a provider, and what it takes along": (
        graph(kube(CONFIG_MAP, "small"), kube(CLAIM, "field"), kube(SECRET, "kept", protect=True)),
        graph(
            provider("north", clusterIdentifier="other"),
            kube(CONFIG_MAP, "small"),
            kube(CLAIM, "field"),
            kube(SECRET, "kept", protect=True),
        ),
        [
            f"**replace** at `north`: `PersistentVolumeClaim data/field`: its provider is replaced; {DATA}",
            f"**replace** at `north`: `Secret data/kept`: its provider is replaced; {ANEW}; {REFUSED}",
            f"**replace** at `north`: `kubernetes provider north`: `clusterIdentifier` {IN_PLACE}; {ALL}",
        ],
    ),
    "a provider, and the one thing that it made": (
        graph(kube(CONFIG_MAP, "small")),
        graph(provider("north", clusterIdentifier="other"), kube(CONFIG_MAP, "small")),
        [f"**replace** at `north`: `kubernetes provider north`: `clusterIdentifier` {IN_PLACE}; {ONE}"],
    ),
    "protection and retention lifted": (
        graph(kube(CRD, "crd", protect=True, retain_on_delete=True)),
        graph(kube(CRD, "crd")),
        [
            f"**protection lifted** at `north`: `CustomResourceDefinition data/crd`: {LATER}; then {CRS}",
            f"**retention lifted** at `north`: `CustomResourceDefinition data/crd`: {LEAVES}; then {CRS}",
        ],
    ),
    "protection added": (graph(kube(CRD, "crd")), graph(kube(CRD, "crd", protect=True)), []),
    "a component gone": (graph(node("test:index:Box", "box", component=True)), graph(), []),
}


@pytest.mark.parametrize(("before", "after", "expected"), TABLE.values(), ids=TABLE.keys())
def test_what_is_lost_is_told_first(before: Graph, after: Graph, expected: list[str]) -> None:
    assert lines(before, after) == expected
