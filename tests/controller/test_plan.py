"""What is decided about one worker group, as literal tables."""

import pytest

from isthmus.controller.plan import GroupPlan, Retirement, Scheduler, plan_group
from isthmus.controller.views import PodView
from tests.controller.views import NOW, a_group, a_pod, a_worker

A, B, C, D = (a_pod(name) for name in "abcd")
#: b is busy, c and d are idle, d holds less than c; a never reached the scheduler.
WORKERS = {
    "b": a_worker("b", tasks=2),
    "c": a_worker("c", nbytes=200),
    "d": a_worker("d", nbytes=100),
}


def retires(*pods: PodView) -> tuple[Retirement, ...]:
    return tuple(Retirement(pod, WORKERS[pod.name]) for pod in pods)


SHRINK = [
    ("as many as asked for", 4, [A, B, C, D], GroupPlan()),
    (
        "one that never reached the scheduler goes before any that did",
        3,
        [A, B, C, D],
        GroupPlan(delete=(A,)),
    ),
    ("then the idle one with the least data", 2, [A, B, C, D], GroupPlan(delete=(A,), retire=retires(D))),
    ("then the other idle one", 1, [A, B, C, D], GroupPlan(delete=(A,), retire=retires(D, C))),
    ("at last the busy one", 0, [A, B, C, D], GroupPlan(delete=(A,), retire=retires(D, C, B))),
    (
        "one that has not started goes first of all",
        4,
        [A, B, C, D, a_pod("e", "pending")],
        GroupPlan(delete=(a_pod("e", "pending"),)),
    ),
    (
        "one that was marked before goes on, though another holds less",
        2,
        [B, a_pod("c", "marked"), D],
        GroupPlan(retire=(Retirement(a_pod("c", "marked"), WORKERS["c"]),)),
    ),
    (
        "a marked one that the scheduler does not list any more is deleted",
        1,
        [B, a_pod("z", "marked")],
        GroupPlan(delete=(a_pod("z", "marked"),)),
    ),
    (
        "a mark that is not needed any more is taken off",
        2,
        [B, a_pod("c", "marked")],
        GroupPlan(unmark=(a_pod("c", "marked"),)),
    ),
    (
        "ending and finished pods do not count",
        2,
        [B, C, a_pod("x", "ending"), a_pod("y", "finished")],
        GroupPlan(delete=(a_pod("y", "finished"),)),
    ),
]


@pytest.mark.parametrize(("replicas", "pods", "expected"), [row[1:] for row in SHRINK], ids=[row[0] for row in SHRINK])
def test_scale_down_takes_the_cheapest_first(replicas: int, pods: list[PodView], expected: GroupPlan) -> None:
    plan = plan_group(a_group(replicas), pods, taken=(), leaving=(), scheduler=Scheduler.UP, workers=WORKERS, now=NOW)

    assert plan == expected


def test_without_the_scheduler_only_pods_that_have_not_started_go() -> None:
    pods = [A, B, a_pod("e", "pending")]

    plan = plan_group(a_group(1), pods, taken=(), leaving=(), scheduler=Scheduler.UP, workers=None, now=NOW)

    assert plan == GroupPlan(delete=(a_pod("e", "pending"),), blind=True)


def test_what_is_being_retired_does_not_count_and_nothing_else_is_retired_meanwhile() -> None:
    plan = plan_group(a_group(1), [B, C, D], taken=(), leaving={"d"}, scheduler=Scheduler.UP, workers=WORKERS, now=NOW)

    assert plan == GroupPlan()


def test_a_scale_up_during_a_retirement_makes_new_workers() -> None:
    plan = plan_group(a_group(3), [B, C, D], taken=(), leaving={"d"}, scheduler=Scheduler.UP, workers={}, now=NOW)

    assert plan == GroupPlan(seats=(None,))


GROW = [
    ("nothing there", [], (), GroupPlan(seats=(2, 3, 4))),
    ("the lowest free slot is filled", [a_pod("a", slot=2), a_pod("c", slot=4)], (2, 4), GroupPlan(seats=(3,))),
    (
        "an ending worker still holds its slot",
        [a_pod("a", "ending", slot=2), a_pod("b", slot=3), a_pod("c", slot=4)],
        (2, 3, 4),
        GroupPlan(waits_for_seats=1),
    ),
    (
        "a finished worker still holds its slot until its object is gone",
        [a_pod("a", "finished", slot=2), a_pod("b", slot=3), a_pod("c", slot=4)],
        (2, 3, 4),
        GroupPlan(delete=(a_pod("a", "finished", slot=2),), waits_for_seats=1),
    ),
    (
        "a slot that a pod of another group took is not given",
        [],
        (3,),
        GroupPlan(seats=(2, 4), waits_for_seats=1),
    ),
]


@pytest.mark.parametrize(("pods", "taken", "expected"), [row[1:] for row in GROW], ids=[row[0] for row in GROW])
def test_a_worker_gets_a_slot_that_no_pod_object_holds(
    pods: list[PodView], taken: tuple[int, ...], expected: GroupPlan
) -> None:
    group = a_group(3, slots=(2, 3))

    plan = plan_group(group, pods, taken=taken, leaving=(), scheduler=Scheduler.UNKNOWN, workers={}, now=NOW)

    assert plan == expected


FINISHED = a_pod("a", "finished", created=NOW - 60)
YOUNG = a_pod("a", "finished", created=NOW - 4)
HEAL = [
    ("a finished worker is replaced", FINISHED, Scheduler.UP, GroupPlan(seats=(None,), delete=(FINISHED,))),
    (
        "also where nobody can say how the scheduler is",
        FINISHED,
        Scheduler.UNKNOWN,
        GroupPlan(seats=(None,), delete=(FINISHED,)),
    ),
    ("not while the scheduler is down", FINISHED, Scheduler.DOWN, GroupPlan(waits_for_scheduler=True)),
    ("one that ended at once is replaced after ten seconds", YOUNG, Scheduler.UP, GroupPlan(recheck_s=6.0)),
]


@pytest.mark.parametrize(("pod", "scheduler", "expected"), [row[1:] for row in HEAL], ids=[row[0] for row in HEAL])
def test_finished_workers_are_replaced_when_they_can_reach_a_scheduler(
    pod: PodView, scheduler: Scheduler, expected: GroupPlan
) -> None:
    plan = plan_group(a_group(1), [pod], taken=(), leaving=(), scheduler=scheduler, workers={}, now=NOW)

    assert plan == expected


def test_the_first_workers_do_not_wait_for_the_scheduler() -> None:
    plan = plan_group(a_group(2), [], taken=(), leaving=(), scheduler=Scheduler.DOWN, workers={}, now=NOW)

    assert plan == GroupPlan(seats=(None, None))
