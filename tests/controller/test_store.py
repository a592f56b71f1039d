"""The store, and where events say to look."""

import pytest

from isthmus.controller.kinds import CLUSTERS, DEPLOYMENTS, GROUPS, PODS, Key, Kind
from isthmus.controller.store import Store, keys_of
from tests.controller.objects import NAMESPACE, Object, cluster, group, stored

CLUSTER = Key("daskclusters", NAMESPACE, "demo")
NORTH = Key("daskworkergroups", NAMESPACE, "demo-north")


def labelled(name: str, uid: str = "u", **labels: str) -> Object:
    named = {f"dask.org/{key.replace('_', '-')}": value for key, value in labels.items()}
    return {"metadata": {"name": name, "namespace": NAMESPACE, "uid": uid, "labels": named}}


POD = labelled("p", cluster_name="demo", component="worker", workergroup_name="demo-north")

EVENTS = [
    ("a cluster", CLUSTERS, stored(cluster(), uid="c"), {CLUSTER, NORTH}),
    ("a group", GROUPS, stored(group(), uid="g"), {CLUSTER, NORTH}),
    ("a worker pod", PODS, POD, {NORTH}),
    ("a scheduler pod", PODS, labelled("s", cluster_name="demo", component="scheduler"), set()),
    ("the Deployment", DEPLOYMENTS, labelled("d", cluster_name="demo", component="scheduler"), {CLUSTER, NORTH}),
]


@pytest.mark.parametrize(("kind", "body", "expected"), [row[1:] for row in EVENTS], ids=[row[0] for row in EVENTS])
def test_an_event_says_where_to_look(kind: Kind, body: Object, expected: set[Key]) -> None:
    store = Store()
    store.see(GROUPS, stored(group(), uid="g"))

    assert keys_of(kind, body, store) == expected


def test_pods_are_found_by_their_group_and_by_their_cluster() -> None:
    store = Store()
    store.see(PODS, POD)

    assert store.of_group(NAMESPACE, "demo-north") == [POD]
    assert store.of_cluster(PODS, NAMESPACE, "demo") == [POD]
    assert store.of_group("elsewhere", "demo-north") == []


def test_an_object_that_changes_its_parent_is_found_under_the_new_one_only() -> None:
    store = Store()
    store.see(PODS, POD)
    moved = labelled("p", cluster_name="demo", workergroup_name="demo-south")
    store.see(PODS, moved)

    assert store.of_group(NAMESPACE, "demo-north") == []
    assert store.of_group(NAMESPACE, "demo-south") == [moved]


def test_what_is_gone_is_found_nowhere() -> None:
    store = Store()
    store.see(PODS, POD)
    store.gone(PODS, POD)

    assert (store.get(PODS, NAMESPACE, "p"), store.of_group(NAMESPACE, "demo-north")) == (None, [])


def test_the_end_of_an_object_does_not_take_its_successor_of_the_same_name() -> None:
    store = Store()
    successor = labelled("p", "another", cluster_name="demo", workergroup_name="demo-north")
    store.see(PODS, successor)
    store.gone(PODS, POD)

    assert store.get(PODS, NAMESPACE, "p") == successor
