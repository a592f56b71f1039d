"""Custom resources that pass the schema and cannot be acted on, and what is read of pods."""

from collections.abc import Callable
from typing import Any

import pytest

from isthmus.controller import observe
from isthmus.controller.observe import Unusable
from isthmus.controller.views import PodView
from tests.controller.objects import cluster, group, pod_spec, seated, stored

Object = dict[str, Any]


def without_site() -> Object:
    body = seated(replicas=1)
    del body["spec"]["worker"]["metadata"]
    return body


def without_tunnel() -> Object:
    body = seated(replicas=1)
    del body["spec"]["worker"]["spec"]["initContainers"]
    return body


def with_prefix(prefix: str) -> Object:
    body = seated(replicas=1)
    body["spec"]["slots"]["addressPrefix"] = prefix
    return body


BAD = [
    ("a cluster with a dot", lambda: observe.cluster(stored(cluster("a.b"), uid="u")), "InvalidName", "'a.b'"),
    ("a cluster of 54", lambda: observe.cluster(stored(cluster("a" * 54), uid="u")), "InvalidName", "a" * 54),
    ("a group with a dot", lambda: observe.group(stored(group("a.b"), uid="u")), "InvalidName", "'a.b'"),
    ("slots without a site", lambda: observe.group(stored(without_site(), uid="u")), "NoSite", "isthmus.dev/site"),
    ("slots without a tunnel", lambda: observe.group(stored(without_tunnel(), uid="u")), "NoTunnel", "'tunnel'"),
    ("slots that are no network", lambda: observe.group(stored(with_prefix("fd00"), uid="u")), "InvalidSlots", "fd00"),
]


@pytest.mark.parametrize(("read", "reason", "datum"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_resource_that_no_pod_could_come_of_is_refused(read: Callable[[], object], reason: str, datum: str) -> None:
    with pytest.raises(Unusable) as refused:
        read()

    assert refused.value.reason == reason
    assert datum in str(refused.value)


def worker(**part: Any) -> Object:
    """`spec.worker` with something else than usual."""
    return {"replicas": 1, "spec": pod_spec(), **part}


DIGESTS = [
    ("other replicas", worker(replicas=9), False),
    ("keys in another order", dict(reversed(worker().items())), False),
    ("no metadata, spelled out", worker(metadata={}), False),
    ("another image", worker(spec={"containers": [{"name": "dask", "image": "example/dask:2"}]}), True),
    ("other arguments", worker(spec=pod_spec("dask", "worker", "--nthreads=2")), True),
    ("a volume", worker(spec=pod_spec(volumes=[{"name": "data"}])), True),
    ("an annotation", worker(metadata={"annotations": {"isthmus.dev/configuration": "1"}}), True),
    ("a label", worker(metadata={"labels": {"isthmus.dev/pool": "a"}}), True),
]


@pytest.mark.parametrize(("part", "differs"), [row[1:] for row in DIGESTS], ids=[row[0] for row in DIGESTS])
def test_another_template_has_another_digest(part: Object, differs: bool) -> None:
    assert (observe.digest(part) != observe.digest(worker())) is differs


def test_the_books_that_tools_keep_on_a_resource_are_no_part_of_its_template() -> None:
    kept = stored(group(), uid="u", annotations={"example.org/synced-at": "noon"})

    assert observe.group(kept).template.digest == observe.group(stored(group(), uid="u")).template.digest


def test_a_cluster_of_53_is_fine() -> None:
    assert observe.cluster(stored(cluster("a" * 53), uid="u")).name == "a" * 53


def pod(phase: str, **meta: Any) -> Object:
    return {
        "metadata": {"name": "p", "uid": "u", "creationTimestamp": "2026-11-24T08:00:00Z", **meta},
        "spec": pod_spec(),
        "status": {"phase": phase, "podIP": "10.0.0.9", "conditions": [{"type": "Ready", "status": "False"}]},
    }


def view(**differs: Any) -> PodView:
    values: dict[str, Any] = {
        "name": "p",
        "uid": "u",
        "worker": "p",
        "ip": "10.0.0.9",
        "slot": None,
        "created": 1795507200.0,
        "running": False,
        "ready": False,
        "finished": False,
        "ending": False,
        "retiring": False,
    }
    return PodView(**{**values, **differs})


PODS = [
    ("pending", pod("Pending"), view()),
    ("running", pod("Running"), view(running=True)),
    ("succeeded", pod("Succeeded"), view(finished=True)),
    ("failed, or evicted", pod("Failed"), view(finished=True)),
    ("ending", pod("Running", deletionTimestamp="2026-11-24T08:01:00Z"), view(running=True, ending=True)),
    ("marked", pod("Running", annotations={"isthmus.dev/retiring": "true"}), view(running=True, retiring=True)),
    ("seated", pod("Running", labels={"isthmus.dev/slot": "7"}), view(running=True, slot=7)),
    ("of a template", pod("Running", annotations={"isthmus.dev/template": "abc"}), view(running=True, template="abc")),
]


@pytest.mark.parametrize(("body", "expected"), [row[1:] for row in PODS], ids=[row[0] for row in PODS])
def test_what_counts_of_a_pod(body: Object, expected: PodView) -> None:
    assert observe.pod(body) == expected


def test_a_worker_is_known_by_the_name_that_its_user_gave_it() -> None:
    body = pod("Running")
    body["spec"]["containers"][0]["env"] = [{"name": "DASK_WORKER_NAME", "value": "test-worker"}]

    assert observe.pod(body).worker == "test-worker"


def test_pods_of_an_older_group_of_the_same_name_are_not_its_pods() -> None:
    seen = observe.group(stored(group(), uid="new"))
    labels = {"dask.org/workergroup-name": "demo-north"}
    bodies = [
        pod("Running", labels=labels, ownerReferences=[{"uid": owner, "controller": True}]) for owner in ("old", "new")
    ]

    assert len(observe.pods(bodies, seen)) == 1
