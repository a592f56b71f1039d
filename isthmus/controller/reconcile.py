"""One pass over one DaskCluster: gather, decide, act, report. Groups have theirs in `reconcile_group`."""

from dataclasses import dataclass, replace
from typing import Final

from isthmus.controller import builders, observe
from isthmus.controller.apply import Outcome, Refused
from isthmus.controller.kinds import CLUSTERS, DEPLOYMENTS, GROUPS, SERVICES, Body, Key, Kind
from isthmus.controller.observe import Unusable
from isthmus.controller.plan import ClusterPlan, plan_cluster
from isthmus.controller.status import Trouble, cluster_status, unusable_status
from isthmus.controller.store import metadata
from isthmus.controller.views import Cluster, Group
from isthmus.controller.world import Done, World, log
from isthmus.names import default_group, scheduler

#: HTTP statuses by which the API server says that the object itself is wrong; 403 is a quota or a policy.
_WRONG: Final = (400, 422)


def trouble_of(refused: Refused) -> Trouble:
    """The reason for a condition that a refusal stands for."""
    return Trouble("Invalid" if refused.status in _WRONG else "Refused", refused.message)


@dataclass(frozen=True)
class _Seen:
    """What the store holds of a cluster's parts."""

    deployment: Body | None
    service: Body | None
    groups: tuple[Group, ...]
    default: Group | None


async def reconcile_cluster(world: World, key: Key) -> Done:
    """Bring one DaskCluster closer to what is asked for. Raises ApiError if the API server cannot be asked."""
    body = world.store.get(CLUSTERS, key.namespace, key.name)
    if body is None:
        world.expectations.drop(key)
        return Done()
    if "deletionTimestamp" in metadata(body):
        return Done()
    if wait_s := world.expectations.wait_s(key):
        return Done(again_s=wait_s)
    try:
        cluster = observe.cluster(body)
    except Unusable as error:
        old, generation = body.get("status") or {}, int(metadata(body).get("generation", 0))
        await world.report(CLUSTERS, key, old, unusable_status(generation, old, Trouble(error.reason, str(error))))
        return Done()
    seen = _see(world, cluster)
    plan = plan_cluster(
        cluster,
        deployment_owner=None if seen.deployment is None else observe.owner(seen.deployment),
        service_owner=None if seen.service is None else observe.owner(seen.service),
        default=seen.default,
        groups=seen.groups,
    )
    trouble = None
    try:
        plan = await _act(world, key, cluster, plan, seen)
    except Refused as error:
        trouble = trouble_of(error)
    status = cluster_status(
        cluster, plan, deployment=seen.deployment, service=seen.service, groups=seen.groups, trouble=trouble
    )
    await world.report(CLUSTERS, key, cluster.status, status)
    return Done(failed=trouble is not None)


def _see(world: World, cluster: Cluster) -> _Seen:
    name = scheduler(cluster.name)
    default = world.store.get(GROUPS, cluster.namespace, default_group(cluster.name))
    groups = [_group(body) for body in world.store.of_cluster(GROUPS, cluster.namespace, cluster.name)]
    return _Seen(
        deployment=world.store.get(DEPLOYMENTS, cluster.namespace, name),
        service=world.store.get(SERVICES, cluster.namespace, name),
        groups=tuple(group for group in groups if group is not None),
        default=_group(default) if default is not None else None,
    )


def _group(body: Body) -> Group | None:
    """The view of a group; None if it is one that cannot be acted on, which its own pass reports."""
    try:
        return observe.group(body)
    except Unusable:
        return None


async def _act(world: World, key: Key, cluster: Cluster, plan: ClusterPlan, seen: _Seen) -> ClusterPlan:
    """Carry out the plan. Returns it with what turned out to belong to somebody else."""
    parts = (
        (plan.deployment, DEPLOYMENTS, builders.scheduler_deployment),
        (plan.service, SERVICES, builders.scheduler_service),
        (plan.default_group, GROUPS, builders.default_worker_group),
    )
    wanted = [(kind, build(cluster)) for missing, kind, build in parts if missing]
    if wanted and not await world.is_there(CLUSTERS, key, cluster.uid):
        return plan
    foreign = set(plan.foreign)
    for kind, body in wanted:
        if await world.create(key, kind, body) is Outcome.EXISTS and await _is_foreign(world, kind, body, cluster):
            foreign.add(kind.name)
    if seen.default is not None and (plan.hand_down or plan.note):
        patch = (
            builders.hand_down(cluster, seen.default)
            if plan.hand_down
            else builders.note_handed_down(cluster, seen.default)
        )
        outcome = await world.api.patch(GROUPS, key.namespace, seen.default.name, patch)
        if plan.hand_down:
            log.info("replicas handed down cluster=%s replicas=%d outcome=%s", key, cluster.replicas, outcome.value)
    for group in plan.adopt:
        outcome = await world.api.patch(GROUPS, key.namespace, group.name, builders.adopt(cluster, group))
        log.info("group adopted cluster=%s group=%s outcome=%s", key, group.name, outcome.value)
    return replace(plan, foreign=tuple(sorted(foreign)))


async def _is_foreign(world: World, kind: Kind, body: Body, cluster: Cluster) -> bool:
    """Whether the object that took the name is somebody else's: without our labels no watch shows it."""
    found = await world.api.get(kind, cluster.namespace, str(metadata(body)["name"]))
    return found is not None and observe.owner(found) != cluster.uid
