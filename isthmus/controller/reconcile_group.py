"""One pass over one DaskWorkerGroup: gather, ask the scheduler if the plan needs it, decide, act, report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from isthmus.controller import builders, observe
from isthmus.controller.apply import Refused
from isthmus.controller.kinds import CLUSTERS, DEPLOYMENTS, GROUPS, PODS, Key
from isthmus.controller.observe import Unusable
from isthmus.controller.plan import GroupPlan, Scheduler, Worker, asks_health, asks_workers, plan_group
from isthmus.controller.reconcile import trouble_of
from isthmus.controller.retire import Retirements
from isthmus.controller.scheduler import SchedulerError, by_pod
from isthmus.controller.status import Trouble, group_status, unusable_status
from isthmus.controller.store import metadata
from isthmus.controller.views import Group, PodView
from isthmus.controller.world import Done, World
from isthmus.names import scheduler

#: Ours: how soon something that no event announces (a scheduler elsewhere, another group's slots) is looked at again.
LOOK_AGAIN_S: Final = 3.0


@dataclass(frozen=True)
class _Dial:
    """How a group reaches its scheduler."""

    address: str = ""
    """What its workers dial."""
    http: str = ""
    """Where the controller asks; empty if nobody said."""
    state: Scheduler = Scheduler.UNKNOWN
    missing: Trouble | None = None
    """Why there is no scheduler to dial."""


async def reconcile_group(world: World, retirements: Retirements, key: Key) -> Done:
    """Bring one DaskWorkerGroup closer to what is asked for. Raises ApiError if the API server cannot be asked."""
    body = world.store.get(GROUPS, key.namespace, key.name)
    if body is None:
        world.expectations.drop(key)
        retirements.settle(key)
        return Done()
    if "deletionTimestamp" in metadata(body):
        return Done()
    if wait_s := world.expectations.wait_s(key):
        return Done(again_s=wait_s)
    try:
        group = observe.group(body)
        _refuse_overlap(world, group)
    except Unusable as error:
        old, generation = body.get("status") or {}, int(metadata(body).get("generation", 0))
        await world.report(GROUPS, key, old, unusable_status(generation, old, Trouble(error.reason, str(error))))
        return Done(again_s=LOOK_AGAIN_S if error.reason == "SlotsOverlap" else None)
    return await _bring_about(world, retirements, key, group)


async def _bring_about(world: World, retirements: Retirements, key: Key, group: Group) -> Done:
    pods = observe.pods(world.store.of_group(group.namespace, group.name), group)
    dial = _dial(world, group)
    if dial.missing is not None:
        await world.report(
            GROUPS, key, group.status, group_status(group, GroupPlan(), pods, missing=dial.missing, limited=None)
        )
        return Done()
    leaving = retirements.leaving(key)
    workers, unheard = await _workers(world, dial, group, pods, leaving)
    plan = plan_group(
        group,
        pods,
        taken=_taken(world, group),
        leaving=leaving,
        scheduler=await _state(world, dial, group, pods, leaving),
        workers=workers,
        now=world.now(),
    )
    missing, again_s = None, plan.recheck_s
    try:
        await _act(world, retirements, key, group, plan, dial)
    except Refused as error:
        missing = trouble_of(error)
    limited = unheard if plan.blind else None
    if plan.retire and (wait_s := retirements.wait_s(key)):
        again_s = wait_s
    if plan.retire or leaving:
        limited = limited or retirements.refusal(key)
    elif not plan.blind:
        retirements.settle(key)
    if plan.blind or (plan.waits_for_scheduler and group.scheduler_address):
        again_s = LOOK_AGAIN_S
    await world.report(GROUPS, key, group.status, group_status(group, plan, pods, missing=missing, limited=limited))
    return Done(again_s=again_s, failed=missing is not None)


async def _act(world: World, retirements: Retirements, key: Key, group: Group, plan: GroupPlan, dial: _Dial) -> None:
    for pod in plan.unmark:
        await retirements.unmark(key, pod)
    for pod in plan.delete:
        await world.delete_pod(key, pod, "finished" if pod.finished else "scaled down")
    if plan.retire and not retirements.wait_s(key):
        await retirements.start(key, dial.http, plan.retire)
    if plan.seats and await world.is_there(GROUPS, key, group.uid):
        for seat in plan.seats:
            name = f"{group.name}-worker-{world.suffix()}"
            await world.create(key, PODS, builders.worker_pod(group, name, dial.address, seat))


def _dial(world: World, group: Group) -> _Dial:
    if group.scheduler_address:
        return _Dial(group.scheduler_address, group.scheduler_http)
    body = world.store.get(CLUSTERS, group.namespace, group.cluster)
    if body is None:
        where = f"there is no DaskCluster {group.cluster} in namespace {group.namespace}"
        return _Dial(missing=Trouble("ClusterNotFound", f"{where}; make it, or give spec.schedulerAddress"))
    try:
        cluster = observe.cluster(body)
    except Unusable as error:
        return _Dial(missing=Trouble("ClusterUnusable", str(error)))
    deployment = world.store.get(DEPLOYMENTS, group.namespace, scheduler(cluster.name))
    state = Scheduler.UP if observe.deployment_ready(deployment) else Scheduler.DOWN
    return _Dial(cluster.scheduler_address, group.scheduler_http or cluster.scheduler_http, state)


async def _state(
    world: World, dial: _Dial, group: Group, pods: Sequence[PodView], leaving: frozenset[str]
) -> Scheduler:
    """Whether the scheduler is up; one at another site is asked only when the plan depends on it."""
    if dial.state is not Scheduler.UNKNOWN or not dial.http or not asks_health(group, pods, leaving):
        return dial.state
    return Scheduler.UP if await world.schedulers.is_up(dial.http) else Scheduler.DOWN


async def _workers(
    world: World, dial: _Dial, group: Group, pods: Sequence[PodView], leaving: frozenset[str]
) -> tuple[Mapping[str, Worker] | None, Trouble | None]:
    """Pod name -> worker, asked only when the plan depends on it; or why the scheduler does not say."""
    if not asks_workers(group, pods, leaving):
        return {}, None
    if not dial.http:
        return None, Trouble("NoSchedulerHttp", "connected workers can only be retired with spec.schedulerHttpAddress")
    try:
        return by_pod(await world.schedulers.workers(dial.http), pods, group), None
    except SchedulerError as error:
        return None, Trouble(error.reason, str(error))


def _taken(world: World, group: Group) -> frozenset[int]:
    """Slots that some pod object of the cluster holds, ending and finished ones too, whatever group it is of."""
    if group.slots is None:
        return frozenset()
    views = map(observe.pod, world.store.of_cluster(PODS, group.namespace, group.cluster))
    return frozenset(view.slot for view in views if view.slot is not None)


def _refuse_overlap(world: World, group: Group) -> None:
    """Raise Unusable if an older group hands out some of the same Secrets: a slot is one worker's."""
    if group.slots is None:
        return
    for body in world.store.every(GROUPS, group.namespace):
        try:
            other = observe.group(body)
        except Unusable:
            continue
        if other.slots is None or other.slots.secret_prefix != group.slots.secret_prefix or other.uid == group.uid:
            continue
        shared = sorted(set(other.slots.numbers) & set(group.slots.numbers))
        if shared and (other.created, other.name) < (group.created, group.name):
            raise Unusable(
                "SlotsOverlap",
                f"slots {shared[0]} to {shared[-1]} belong to group {other.name} already; choose another first",
            )
