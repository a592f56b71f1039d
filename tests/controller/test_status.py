"""What is reported, and when it is worth writing."""

from typing import Any

import pytest

from isthmus.controller import observe
from isthmus.controller.plan import ClusterPlan, GroupPlan
from isthmus.controller.status import Condition, Trouble, cluster_status, group_status, news
from tests.controller.objects import cluster, group, stored
from tests.controller.views import a_group, a_pod

T0, T1 = 1795507200.0, 1795507260.0
READY = {"metadata": {"name": "demo-scheduler"}, "status": {"readyReplicas": 1}}
STARTING = {"metadata": {"name": "demo-scheduler"}, "status": {}}
SERVICE = {"spec": {"type": "ClusterIP"}}
BALANCED = {"spec": {"type": "LoadBalancer"}, "status": {"loadBalancer": {}}}
BALANCED_NOW = {"spec": {"type": "LoadBalancer"}, "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}}
DEFAULT = a_group(0, name="demo-default")

CLUSTERS = [
    ("nothing made yet", None, None, (), None, ("Created", False, "Creating", False)),
    ("made", STARTING, SERVICE, (DEFAULT,), None, ("Running", False, "NotReady", True)),
    ("waiting for its load balancer", STARTING, BALANCED, (DEFAULT,), None, ("Pending", False, "NotReady", True)),
    ("with its load balancer", READY, BALANCED_NOW, (DEFAULT,), None, ("Running", True, "Ready", True)),
    ("ready", READY, SERVICE, (DEFAULT,), None, ("Running", True, "Ready", True)),
    ("refused by a quota", None, None, (), Trouble("Refused", "quota"), ("Created", False, "Refused", False)),
    ("wrong", None, None, (), Trouble("Invalid", "no"), ("Error", False, "Invalid", False)),
]


@pytest.mark.parametrize(
    ("deployment", "service", "groups", "trouble", "expected"),
    [row[1:] for row in CLUSTERS],
    ids=[r[0] for r in CLUSTERS],
)
def test_running_means_made_and_readiness_is_a_condition(
    deployment: Any, service: Any, groups: Any, trouble: Trouble | None, expected: tuple[Any, ...]
) -> None:
    seen = observe.cluster(stored(cluster(), uid="c"))

    said = cluster_status(seen, ClusterPlan(), deployment=deployment, service=service, groups=groups, trouble=trouble)

    scheduler, workers, _ = said["conditions"]
    assert (said["phase"], scheduler.status, scheduler.reason, workers.status) == expected


def test_a_name_that_somebody_else_has_is_an_error_that_says_so() -> None:
    seen = observe.cluster(stored(cluster(), uid="c"))

    said = cluster_status(
        seen, ClusterPlan(foreign=("Service",)), deployment=READY, service=SERVICE, groups=(DEFAULT,), trouble=None
    )

    assert (said["phase"], said["conditions"][0].reason) == ("Error", "NameTaken")


GROUPS = [
    ("as asked", a_group(1), GroupPlan(), [a_pod("a")], None, ("Ready", "AsAsked")),
    ("starting", a_group(2), GroupPlan(), [a_pod("a"), a_pod("b", "pending")], None, ("NotReady", "AsAsked")),
    ("more than slots", a_group(3, slots=(0, 2)), GroupPlan(), [a_pod("a")], None, ("NotReady", "SlotsExhausted")),
    (
        "slots held by ending workers",
        a_group(2, slots=(0, 2)),
        GroupPlan(waits_for_seats=1),
        [a_pod("a"), a_pod("b", "ending")],
        None,
        ("SlotsEnding", "AsAsked"),
    ),
    ("no scheduler", a_group(1), GroupPlan(waits_for_scheduler=True), [], None, ("SchedulerDown", "AsAsked")),
    ("kept", a_group(0), GroupPlan(), [a_pod("a")], Trouble("DataStays", "x"), ("Ready", "DataStays")),
]


@pytest.mark.parametrize(
    ("group", "plan", "pods", "limited", "expected"), [row[1:] for row in GROUPS], ids=[row[0] for row in GROUPS]
)
def test_a_group_says_why_it_is_not_as_asked(
    group: Any, plan: GroupPlan, pods: Any, limited: Trouble | None, expected: tuple[str, str]
) -> None:
    said = group_status(group, plan, pods, missing=None, limited=limited)

    workers, scaling, _ = said["conditions"]
    assert (workers.reason, scaling.reason) == expected


APPLIED, OLDER = (True, "Applied"), (False, "OlderPods")
TEMPLATES = [
    ("no pods", [], (*APPLIED, "")),
    ("all of this template", ["now", "now"], (*APPLIED, "")),
    (
        "some of another",
        ["now", "then", "before"],
        (*OLDER, "2 of 3 pods run an older template; delete them to have them made anew"),
    ),
    ("one that does not say", ["now", ""], (*APPLIED, "1 of 2 pods do not say which template they were made from")),
    (
        "one that does not say beside an older one",
        ["", "then"],
        (*OLDER, "1 of 2 pods run an older template; delete them to have them made anew"),
    ),
]


@pytest.mark.parametrize(("templates", "expected"), [row[1:] for row in TEMPLATES], ids=[row[0] for row in TEMPLATES])
def test_a_group_says_whether_its_pods_are_of_its_template(
    templates: list[str], expected: tuple[bool, str, str]
) -> None:
    pods = [a_pod(f"pod-{at}", template=template) for at, template in enumerate(templates)]
    pods.append(a_pod("gone-soon", "ending", template="then"))

    applied = group_status(a_group(1), GroupPlan(), pods, missing=None, limited=None)["conditions"][-1]

    assert (applied.type, applied.status, applied.reason, applied.message) == ("SpecApplied", *expected)


def noted(body: dict[str, Any], template: str) -> dict[str, Any]:
    return {**body, "metadata": {"annotations": {"isthmus.dev/template": template}}}


SEEN = observe.cluster(stored(cluster(), uid="c"))
OTHER_SPEC = a_group(0).template
SAME_SPEC = observe.group(stored(group("demo-default"), uid="g")).template
ENDS = "; delete what is named to have it made anew, which ends what it runs"
PARTS = [
    ("nothing made yet", None, None, None, ""),
    ("parts that do not say", READY, SERVICE, DEFAULT, ""),
    (
        "parts of this spec",
        noted(READY, SEEN.scheduler.digest),
        noted(SERVICE, SEEN.service_digest),
        a_group(0, name="demo-default", made_from=SEEN.worker_digest, template=OTHER_SPEC),
        "",
    ),
    (
        "parts of another",
        noted(READY, "then"),
        noted(SERVICE, "then"),
        a_group(0, name="demo-default", made_from="then", template=OTHER_SPEC),
        f"of an older spec: Deployment demo-scheduler, Service demo-scheduler, DaskWorkerGroup demo-default{ENDS}",
    ),
    (
        "a default group brought to the same spec by hand",
        None,
        None,
        a_group(0, name="demo-default", made_from="then", template=SAME_SPEC),
        "",
    ),
]


@pytest.mark.parametrize(
    ("deployment", "service", "default", "older"), [row[1:] for row in PARTS], ids=[row[0] for row in PARTS]
)
def test_a_cluster_says_whether_its_parts_are_of_its_spec(
    deployment: Any, service: Any, default: Any, older: str
) -> None:
    groups = () if default is None else (default,)

    applied = cluster_status(SEEN, ClusterPlan(), deployment=deployment, service=service, groups=groups, trouble=None)[
        "conditions"
    ][-1]

    assert (applied.type, applied.status, applied.reason, applied.message) == (
        "SpecApplied",
        not older,
        "OlderParts" if older else "Applied",
        older,
    )


PHASES = [
    ("nothing is missing", None, "Running"),
    ("refused by a quota", Trouble("Refused", "quota"), "Running"),
    ("a wrong template", Trouble("Invalid", "no"), "Error"),
    ("a cluster that nobody can act on", Trouble("ClusterUnusable", "its name"), "Error"),
    ("no cluster yet", Trouble("ClusterNotFound", "make it"), "Pending"),
]


@pytest.mark.parametrize(("missing", "phase"), [row[1:] for row in PHASES], ids=[row[0] for row in PHASES])
def test_the_phase_of_a_group_follows_from_why_workers_are_missing(missing: Trouble | None, phase: str) -> None:
    said = group_status(a_group(2), GroupPlan(), [a_pod("a")], missing=missing, limited=None)

    workers, *_ = said["conditions"]
    assert (said["phase"], workers.status, workers.reason) == (phase, False, missing.reason if missing else "NotReady")


def test_counts_are_of_workers_that_live() -> None:
    pods = [a_pod("a"), a_pod("b", "pending"), a_pod("c", "ending"), a_pod("d", "finished")]

    said = group_status(a_group(4), GroupPlan(), pods, missing=None, limited=None)

    assert (said["replicas"], said["readyReplicas"]) == (2, 1)
    assert said["selector"] == "dask.org/workergroup-name=demo-north"


def said(status: bool, reason: str, generation: int = 1) -> dict[str, Any]:
    return {"phase": "Running", "observedGeneration": generation, "conditions": [Condition("X", status, reason)]}


def test_nothing_is_written_that_is_said_already() -> None:
    first = news({}, said(True, "Ready"), T0)

    assert first is not None
    assert news(first, said(True, "Ready"), T1) is None


def test_a_condition_keeps_its_time_until_its_status_changes() -> None:
    first = news({}, said(False, "Creating"), T0)
    assert first is not None
    second = news(first, said(False, "NotReady", 2), T1)
    assert second is not None
    third = news(second, said(True, "Ready", 2), T1)
    assert third is not None

    assert [status["conditions"][0]["lastTransitionTime"] for status in (first, second, third)] == [
        "2026-11-24T08:00:00Z",
        "2026-11-24T08:00:00Z",
        "2026-11-24T08:01:00Z",
    ]


def test_what_is_no_longer_said_is_taken_away() -> None:
    first = news({}, said(True, "Ready"), T0)
    assert first is not None

    patch = news({**first, "replicas": 3}, said(True, "Ready"), T0)

    assert patch is not None
    assert patch["replicas"] is None
