"""What the controller makes, whole objects compared with literals."""

import ast
from typing import Any

import pytest

from isthmus import names
from isthmus.controller import builders, observe
from isthmus.controller.views import Cluster
from isthmus.wireguard import addresses
from tests.controller.objects import cluster, group, pod_spec, seated, stored

CLUSTER_OWNER = {
    "apiVersion": "kubernetes.dask.org/v1",
    "kind": "DaskCluster",
    "name": "demo",
    "uid": "cluster-uid",
    "controller": True,
    "blockOwnerDeletion": True,
}
ROUTES = (
    "['distributed.http.scheduler.prometheus', 'distributed.http.scheduler.info', 'distributed.http.scheduler.json', "
    "'distributed.http.health', 'distributed.http.proxy', 'distributed.http.statics', "
    "'distributed.http.scheduler.api']"
)

#: Literals: a release that digests otherwise would call everything that an older one made outdated.
DIGEST_OF_SCHEDULER, DIGEST_OF_WORKER = "37c240d803a1b104", "620b26214b2804c8"
DIGEST_OF_SERVICE = "18302c842bf24f1f"


def the_cluster(body: dict[str, Any]) -> Cluster:
    return observe.cluster(stored(body, uid="cluster-uid"))


def the_pod(body: dict[str, Any], slot: int | None = None) -> dict[str, Any]:
    made = observe.group(stored(body, uid="group-uid"))
    return builders.worker_pod(
        made, f"{made.name}-worker-0123456789", "tcp://demo-scheduler.isthmus-test.svc:8786", slot
    )


def test_the_scheduler_is_a_deployment_that_never_runs_twice() -> None:
    assert builders.scheduler_deployment(the_cluster(cluster())) == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "demo-scheduler",
            "namespace": "isthmus-test",
            "labels": {
                "dask.org/cluster-name": "demo",
                "dask.org/component": "scheduler",
                "sidecar.istio.io/inject": "false",
            },
            "annotations": {"isthmus.dev/template": DIGEST_OF_SCHEDULER},
            "ownerReferences": [CLUSTER_OWNER],
        },
        "spec": {
            "replicas": 1,
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": {"dask.org/cluster-name": "demo", "dask.org/component": "scheduler"}},
            "template": {
                "metadata": {
                    "labels": {
                        "dask.org/cluster-name": "demo",
                        "dask.org/component": "scheduler",
                        "sidecar.istio.io/inject": "false",
                    },
                    "annotations": {},
                },
                "spec": {
                    "containers": [
                        {
                            "name": "dask",
                            "image": "example/dask:1",
                            "args": ["dask", "scheduler"],
                            "env": [{"name": "DASK_DISTRIBUTED__SCHEDULER__HTTP__ROUTES", "value": ROUTES}],
                        }
                    ],
                    "enableServiceLinks": False,
                },
            },
        },
    }


def test_the_routes_are_the_defaults_of_dask_and_its_api() -> None:
    """Dask reads the variable as a Python literal, and it replaces Dask's own list."""
    from distributed.config import defaults

    own = defaults["distributed"]["scheduler"]["http"]["routes"]

    assert ast.literal_eval(str(list(names.SCHEDULER_ROUTES))) == [*own, "distributed.http.scheduler.api"]


def test_the_service_is_as_given_and_without_the_label_of_istio() -> None:
    made = builders.scheduler_service(the_cluster(cluster()))

    assert made["metadata"]["labels"] == {"dask.org/cluster-name": "demo", "dask.org/component": "scheduler"}
    assert made["metadata"]["annotations"] == {"isthmus.dev/template": DIGEST_OF_SERVICE}
    assert made["spec"] == cluster()["spec"]["scheduler"]["service"]


def test_the_default_group_has_its_owner_and_its_replicas_from_the_first_moment() -> None:
    assert builders.default_worker_group(the_cluster(cluster(replicas=3))) == {
        "apiVersion": "kubernetes.dask.org/v1",
        "kind": "DaskWorkerGroup",
        "metadata": {
            "name": "demo-default",
            "namespace": "isthmus-test",
            "labels": {"dask.org/cluster-name": "demo", "dask.org/component": "workergroup"},
            "annotations": {"isthmus.dev/replicas-handed-down": "3", "isthmus.dev/template": DIGEST_OF_WORKER},
            "ownerReferences": [CLUSTER_OWNER],
        },
        "spec": {"cluster": "demo", "worker": {"replicas": 3, "spec": pod_spec()}},
    }


def test_a_worker_of_a_local_cluster() -> None:
    assert the_pod(group()) == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "demo-north-worker-0123456789",
            "namespace": "isthmus-test",
            "labels": {
                "dask.org/cluster-name": "demo",
                "dask.org/component": "worker",
                "dask.org/workergroup-name": "demo-north",
                "sidecar.istio.io/inject": "false",
            },
            "annotations": {"isthmus.dev/template": DIGEST_OF_WORKER},
            "ownerReferences": [{**CLUSTER_OWNER, "kind": "DaskWorkerGroup", "name": "demo-north", "uid": "group-uid"}],
        },
        "spec": {
            "containers": [
                {
                    "name": "dask",
                    "image": "example/dask:1",
                    "args": ["dask", "worker"],
                    "env": [
                        {"name": "DASK_WORKER_NAME", "value": "demo-north-worker-0123456789"},
                        {"name": "DASK_SCHEDULER_ADDRESS", "value": "tcp://demo-scheduler.isthmus-test.svc:8786"},
                    ],
                }
            ],
            "restartPolicy": "OnFailure",
            "terminationGracePeriodSeconds": 5,
            "enableServiceLinks": False,
        },
    }


def test_a_worker_in_a_slot() -> None:
    body = seated(replicas=1)
    body["spec"]["worker"]["spec"]["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": "d"}}]

    made = the_pod(body, slot=3)

    seat = [{"name": "ISTHMUS_ADDRESS", "value": "fd62:7c3f:cad5:2::14"}, {"name": "ISTHMUS_SLOT", "value": "3"}]
    assert made["metadata"]["labels"]["isthmus.dev/slot"] == "3"
    assert made["spec"] == {
        "hostname": "north-3",
        "containers": [
            {
                "name": "dask",
                "image": "example/dask:1",
                "args": ["dask", "worker"],
                "env": [
                    *seat,
                    {"name": "DASK_WORKER_NAME", "value": "demo-north-worker-0123456789"},
                    {"name": "DASK_SCHEDULER_ADDRESS", "value": "tcp://demo-scheduler.isthmus-test.svc:8786"},
                ],
            }
        ],
        "initContainers": [
            {
                "name": "tunnel",
                "image": "example/tunnel:1",
                "restartPolicy": "Always",
                "env": seat,
                "volumeMounts": [{"name": "tunnel-config", "mountPath": "/etc/isthmus/tunnel", "readOnly": True}],
            }
        ],
        "volumes": [
            {"name": "data", "persistentVolumeClaim": {"claimName": "d"}},
            {"name": "tunnel-config", "secret": {"secretName": "demo-slot-3", "defaultMode": 0o440}},
        ],
        "restartPolicy": "OnFailure",
        "terminationGracePeriodSeconds": 5,
        "enableServiceLinks": False,
    }


@pytest.mark.parametrize("slot", [0, 3, 15, 240])
def test_the_address_of_a_slot_is_the_one_that_the_mesh_expects(slot: int) -> None:
    slots = observe.group(stored(seated(replicas=1), uid="u")).slots
    assert slots is not None
    site = int(slots.prefix.network_address) >> 64 & 0xFFFF

    assert builders.slot_address(slots, slot) == str(addresses.slot(slots.prefix.supernet(new_prefix=48), site, slot))


ENVIRONMENTS = [
    ("absent", None, ["DASK_WORKER_NAME=demo-north-worker-0123456789", "DASK_SCHEDULER_ADDRESS=tcp://demo"]),
    (
        "a user's own comes first, in its order",
        ["B=1", "A=2"],
        ["B=1", "A=2", "DASK_WORKER_NAME=demo-north-worker-0123456789", "DASK_SCHEDULER_ADDRESS=tcp://demo"],
    ),
    (
        "a user's own name stays",
        ["A=2", "DASK_WORKER_NAME=mine"],
        ["A=2", "DASK_WORKER_NAME=mine", "DASK_SCHEDULER_ADDRESS=tcp://demo"],
    ),
]


@pytest.mark.parametrize(("given", "expected"), [row[1:] for row in ENVIRONMENTS], ids=[row[0] for row in ENVIRONMENTS])
def test_environment_is_added_only_where_absent_and_never_reordered(
    given: list[str] | None, expected: list[str]
) -> None:
    body = group()
    entries = [dict(zip(("name", "value"), entry.split("="), strict=True)) for entry in given or []]
    body["spec"]["worker"]["spec"]["containers"][0]["env"] = None if given is None else entries

    env = the_pod(body)["spec"]["containers"][0]["env"]

    assert [
        f"{entry['name']}={entry['value']}"[: len(want)] for entry, want in zip(env, expected, strict=True)
    ] == expected


def test_the_seat_comes_before_the_users_environment_and_no_template_overrules_it() -> None:
    body = seated(replicas=1)
    body["spec"]["worker"]["spec"]["containers"][0]["env"] = [
        {"name": "HOST", "value": "tcp://[$(ISTHMUS_ADDRESS)]"},
        {"name": "ISTHMUS_ADDRESS", "value": "fd00::1"},
    ]

    env = the_pod(body, slot=0)["spec"]["containers"][0]["env"]

    assert [entry["name"] for entry in env][:3] == ["ISTHMUS_ADDRESS", "ISTHMUS_SLOT", "HOST"]
    assert [entry["value"] for entry in env if entry["name"] == "ISTHMUS_ADDRESS"] == ["fd62:7c3f:cad5:2::11"]


@pytest.mark.parametrize("given", ["Always", "Never"])
def test_a_worker_is_restarted_after_a_crash_and_not_after_its_retirement(given: str) -> None:
    body = group()
    body["spec"]["worker"]["spec"]["restartPolicy"] = given

    assert the_pod(body)["spec"]["restartPolicy"] == "OnFailure"


def test_a_grace_period_of_the_template_stays() -> None:
    body = group()
    body["spec"]["worker"]["spec"]["terminationGracePeriodSeconds"] = 120

    assert the_pod(body)["spec"]["terminationGracePeriodSeconds"] == 120


def test_labels_pass_down_the_part_over_the_resource_the_reserved_over_all() -> None:
    body = group()
    body["metadata"]["labels"] = {"team": "north", "tier": "resource", "dask.org/component": "mine"}
    body["spec"]["worker"]["metadata"] = {"labels": {"tier": "worker", "dask.org/cluster-name": "other"}}

    assert the_pod(body)["metadata"]["labels"] == {
        "team": "north",
        "tier": "worker",
        "dask.org/cluster-name": "demo",
        "dask.org/component": "worker",
        "dask.org/workergroup-name": "demo-north",
        "sidecar.istio.io/inject": "false",
    }


def test_annotations_of_kopf_kubectl_and_our_own_books_are_not_passed_down() -> None:
    body = group()
    body["metadata"]["annotations"] = {
        "kopf.zalando.org/last-handled-configuration": "{}",
        "kubectl.kubernetes.io/last-applied-configuration": "{}",
        "isthmus.dev/replicas-handed-down": "3",
        "isthmus.dev/template": "of the cluster's worker",
        "example.org/owner": "north",
    }

    assert the_pod(body)["metadata"]["annotations"] == {
        "isthmus.dev/template": DIGEST_OF_WORKER,
        "example.org/owner": "north",
    }


def test_the_template_is_not_changed_by_what_is_made_of_it() -> None:
    body = seated(replicas=1)
    before = repr(body)

    the_pod(body, slot=0)

    assert repr(body) == before


PORTS = [
    ("by name", [{"name": "tcp-comm", "port": 1}, {"name": "http-dashboard", "port": 2}], (1, 2)),
    ("as Flyte names it", [{"name": "tcp-comm", "port": 8786}, {"name": "dashboard", "port": 3}], (8786, 3)),
    ("by number where no name is known", [{"name": "x", "port": 4}], (8786, 8787)),
    ("without ports", None, (8786, 8787)),
]


@pytest.mark.parametrize(("ports", "expected"), [row[1:] for row in PORTS], ids=[row[0] for row in PORTS])
def test_the_scheduler_is_found_by_the_ports_of_its_service(ports: Any, expected: tuple[int, int]) -> None:
    body = cluster()
    body["spec"]["scheduler"]["service"]["ports"] = ports

    seen = the_cluster(body)

    assert (seen.scheduler_address, seen.scheduler_http) == (
        f"tcp://demo-scheduler.isthmus-test.svc:{expected[0]}",
        f"http://demo-scheduler.isthmus-test.svc:{expected[1]}",
    )
