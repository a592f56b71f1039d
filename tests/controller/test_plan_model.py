"""The plan of a group against a naive world: a scheduler, pods that come and go, and passes at any moment."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus.controller.plan import GroupPlan, Scheduler, Worker, asks_workers, live, plan_group
from isthmus.controller.views import PodView
from tests.controller.views import NOW, a_group, a_pod

FIRST, COUNT = 3, 4
STATES = ("pending", "running", "marked", "finished", "ending")


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[PodView], dict[str, Worker]]:
    """Pods in distinct slots, and some of the running ones known to the scheduler."""
    taken = draw(st.lists(st.integers(FIRST, FIRST + COUNT - 1), unique=True))
    pods = [a_pod(f"pod-{slot}", draw(st.sampled_from(STATES)), slot=slot) for slot in taken]
    workers = {
        pod.name: Worker(pod.name, f"tcp://{pod.name}:9000", draw(st.integers(0, 3)), draw(st.integers(0, 9)))
        for pod in pods
        if pod.running and draw(st.booleans())
    }
    return pods, workers


def plan(replicas: int, pods: list[PodView], workers: dict[str, Worker]) -> GroupPlan:
    return plan_group(
        a_group(replicas, slots=(FIRST, COUNT)),
        pods,
        taken=[pod.slot for pod in pods if pod.slot is not None],
        leaving=(),
        scheduler=Scheduler.UP,
        workers=workers,
        now=NOW,
    )


def enact(done: GroupPlan, pods: list[PodView], serial: list[int]) -> list[PodView]:
    """The world after a plan, with everybody obedient: deletions end pods, retirements work, new pods start."""
    going = {pod.name for pod in done.delete} | {retirement.pod.name for retirement in done.retire}
    left = [replace(pod, retiring=pod.retiring and pod not in done.unmark) for pod in pods if pod.name not in going]
    for seat in done.seats:
        serial[0] += 1
        left.append(a_pod(f"new-{serial[0]}", slot=seat))
    return [pod for pod in left if not pod.ending]


@given(worlds(), st.integers(0, COUNT + 2))
def test_a_plan_never_goes_beyond_what_is_asked_for(
    world: tuple[list[PodView], dict[str, Worker]], replicas: int
) -> None:
    pods, workers = world

    done = plan(replicas, pods, workers)

    alive = {pod.name for pod in live(pods)}
    going = {pod.name for pod in done.delete} & alive | {retirement.pod.name for retirement in done.retire}
    assert len(alive) - len(going) >= min(replicas, len(alive)), "more go than are too many"
    assert len(alive) - len(going) + len(done.seats) <= max(replicas, 0), "more come than are missing"
    assert not (done.seats and going), "nobody comes while somebody goes"


@given(worlds(), st.integers(0, COUNT + 2))
def test_a_seat_is_free_and_of_the_group(world: tuple[list[PodView], dict[str, Worker]], replicas: int) -> None:
    pods, workers = world

    seats = plan(replicas, pods, workers).seats

    assert len(set(seats)) == len(seats)
    assert not set(seats) & {pod.slot for pod in pods}
    assert set(seats) <= set(range(FIRST, FIRST + COUNT))


@given(worlds(), st.integers(0, COUNT + 2))
def test_a_connected_worker_is_never_deleted_only_retired(
    world: tuple[list[PodView], dict[str, Worker]], replicas: int
) -> None:
    pods, workers = world

    done = plan(replicas, pods, workers)

    assert not {pod.name for pod in done.delete} & workers.keys()


@given(worlds(), st.integers(0, COUNT + 2))
def test_nobody_goes_while_somebody_cheaper_stays(
    world: tuple[list[PodView], dict[str, Worker]], replicas: int
) -> None:
    """The naive twin: price every subset of victims, and see that none of that size is cheaper."""
    pods, workers = world

    def price(pod: PodView) -> tuple[bool, bool, bool, int, int]:
        worker = workers.get(pod.name)
        cost = (worker is not None, worker.tasks if worker else 0, worker.nbytes if worker else 0)
        return (pod.running, not pod.retiring, *cost)

    done = plan(replicas, pods, workers)

    going = {pod.name for pod in done.delete} | {retirement.pod.name for retirement in done.retire}
    prices = [price(pod) for pod in live(pods) if pod.name in going]
    kept = [price(pod) for pod in live(pods) if pod.name not in going]
    assert not prices or not kept or max(prices) <= min(kept)


@settings(max_examples=200)
@given(worlds(), st.lists(st.integers(0, COUNT + 2), min_size=1, max_size=4))
def test_passes_settle_at_what_is_asked_for_and_then_do_nothing(
    world: tuple[list[PodView], dict[str, Worker]], wishes: list[int]
) -> None:
    pods, workers = world
    serial = [0]
    for wish in wishes:
        for _ in range(3):  # finished pods hold their slots for one more pass
            pods = enact(plan(wish, pods, workers), pods, serial)

        assert len(live(pods)) == min(wish, COUNT)
        assert plan(wish, pods, workers) == GroupPlan(waits_for_seats=max(0, wish - COUNT))


@given(worlds(), st.integers(0, COUNT + 2))
def test_the_scheduler_is_asked_exactly_when_started_workers_must_go(
    world: tuple[list[PodView], dict[str, Worker]], replicas: int
) -> None:
    pods, _ = world
    group = a_group(replicas, slots=(FIRST, COUNT))
    blind = plan_group(group, pods, taken=(), leaving=(), scheduler=Scheduler.UP, workers=None, now=NOW).blind

    assert asks_workers(group, pods, ()) == blind
