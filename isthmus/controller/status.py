"""What is reported of a cluster and of a group. Pure; written last in a pass, and only if it says something new.

    DaskCluster      phase Created -> Pending -> Running, or Error.   SchedulerReady, WorkersReady, SpecApplied
    DaskWorkerGroup  phase Pending -> Running, or Error.              WorkersReady, ScalingLimited, SpecApplied

`Running` does not mean ready: clients of the Dask operator wait for exactly that word before they look themselves.
`observedGeneration` means seen, not applied: what is there already keeps the spec that it was made from, and
`SpecApplied` says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from isthmus.controller.kinds import Body
from isthmus.controller.observe import deployment_ready, load_balancer_pending, made_from
from isthmus.controller.plan import ClusterPlan, GroupPlan, live
from isthmus.controller.redact import redact
from isthmus.controller.views import Cluster, Group, PodView
from isthmus.names import LABEL_WORKER_GROUP, default_group, scheduler

SCHEDULER_READY: Final = "SchedulerReady"
WORKERS_READY: Final = "WorkersReady"
SCALING_LIMITED: Final = "ScalingLimited"
SPEC_APPLIED: Final = "SpecApplied"
ACCEPTED: Final = "Accepted"


@dataclass(frozen=True)
class Condition:
    """One condition: its reason is CamelCase and an interface, its message is for people."""

    type: str
    status: bool
    reason: str
    message: str = ""


@dataclass(frozen=True)
class Trouble:
    """Why something that was planned did not happen."""

    reason: str
    message: str


def cluster_status(
    cluster: Cluster,
    plan: ClusterPlan,
    *,
    deployment: Body | None,
    service: Body | None,
    groups: Sequence[Group],
    trouble: Trouble | None,
) -> dict[str, Any]:
    """Status of a DaskCluster without times."""
    default = next((group for group in groups if group.name == default_group(cluster.name)), None)
    phase = "Created"
    if plan.foreign or (trouble is not None and trouble.reason == "Invalid"):
        phase = "Error"
    elif deployment is not None and service is not None and default is not None:
        phase = "Pending" if load_balancer_pending(service) else "Running"
    return {
        "phase": phase,
        "observedGeneration": cluster.generation,
        "replicas": int(default.status.get("replicas") or 0) if default is not None else 0,
        "selector": f"{LABEL_WORKER_GROUP}={default_group(cluster.name)}",
        "conditions": [
            _scheduler_ready(cluster, plan, deployment, trouble),
            _all_workers_ready(groups, made=default is not None),
            _parts_applied(cluster, deployment, service, default),
        ],
    }


def _scheduler_ready(
    cluster: Cluster, plan: ClusterPlan, deployment: Body | None, trouble: Trouble | None
) -> Condition:
    name = scheduler(cluster.name)
    if plan.foreign:
        kinds = " and ".join(plan.foreign)
        return Condition(
            SCHEDULER_READY,
            False,
            "NameTaken",
            f"{kinds} of this cluster's name belongs to somebody else and is left alone; rename the cluster",
        )
    if trouble is not None:
        return Condition(SCHEDULER_READY, False, trouble.reason, trouble.message)
    if deployment_ready(deployment):
        return Condition(SCHEDULER_READY, True, "Ready", f"Deployment {name} has a ready pod")
    reason = "Creating" if deployment is None else "NotReady"
    return Condition(SCHEDULER_READY, False, reason, f"Deployment {name} has no ready pod")


def _all_workers_ready(groups: Sequence[Group], made: bool) -> Condition:
    wanted = sum(group.replicas for group in groups)
    ready = sum(min(group.replicas, int(group.status.get("readyReplicas") or 0)) for group in groups)
    settled = made and ready >= wanted
    message = f"{ready} of {wanted} workers are ready; worker groups: {len(groups)}"
    return Condition(WORKERS_READY, settled, "Ready" if settled else "NotReady", message)


def _parts_applied(cluster: Cluster, deployment: Body | None, service: Body | None, default: Group | None) -> Condition:
    """Whether the parts were made from the spec as it is now. One that does not say is not counted."""
    older = []
    if made_from(deployment) not in ("", cluster.scheduler.digest):
        older.append(f"Deployment {scheduler(cluster.name)}")
    if made_from(service) not in ("", cluster.service_digest):
        older.append(f"Service {scheduler(cluster.name)}")
    # A group that has the same spec by now, by whatever hand, is as asked.
    if (
        default is not None
        and default.made_from
        and cluster.worker_digest
        not in (
            default.made_from,
            default.template.digest,
        )
    ):
        older.append(f"DaskWorkerGroup {default.name}")
    if not older:
        return Condition(SPEC_APPLIED, True, "Applied")
    message = (
        f"of an older spec: {', '.join(older)}; delete what is named to have it made anew, which ends what it runs"
    )
    return Condition(SPEC_APPLIED, False, "OlderParts", message)


def group_status(
    group: Group,
    plan: GroupPlan,
    pods: Sequence[PodView],
    *,
    missing: Trouble | None,
    limited: Trouble | None,
) -> dict[str, Any]:
    """Status of a DaskWorkerGroup without times.

    missing: why workers that are wanted are not made; limited: why workers that are not wanted stay.
    """
    counted = live(pods)
    return {
        "phase": _PHASES.get(missing.reason, "Running") if missing is not None else "Running",
        "observedGeneration": group.generation,
        "replicas": len(counted),
        "readyReplicas": sum(pod.ready for pod in counted),
        "selector": f"{LABEL_WORKER_GROUP}={group.name}",
        "conditions": [
            _workers_ready(group, plan, counted, missing),
            _scaling(group, limited),
            _pods_applied(group, counted),
        ],
    }


#: Reasons that stand for a phase of their own.
_PHASES: Final = {"Invalid": "Error", "ClusterUnusable": "Error", "ClusterNotFound": "Pending"}


def _workers_ready(group: Group, plan: GroupPlan, counted: Sequence[PodView], missing: Trouble | None) -> Condition:
    ready = sum(pod.ready for pod in counted)
    message = f"{ready} of {group.replicas} workers are ready"
    if ready >= group.replicas:
        return Condition(WORKERS_READY, True, "Ready", message)
    if missing is not None:
        return Condition(WORKERS_READY, False, missing.reason, f"{message}; {missing.message}")
    if plan.waits_for_scheduler:
        return Condition(WORKERS_READY, False, "SchedulerDown", f"{message}; the others wait until the scheduler is up")
    if plan.waits_for_seats and group.slots is not None and group.replicas <= group.slots.count:
        return Condition(
            WORKERS_READY, False, "SlotsEnding", f"{message}; workers that are ending hold the other slots"
        )
    return Condition(WORKERS_READY, False, "NotReady", message)


def _scaling(group: Group, limited: Trouble | None) -> Condition:
    if group.slots is not None and group.replicas > group.slots.count:
        slots = f"{group.slots.count} slots, from {group.slots.first}"
        message = f"{group.replicas} workers are asked for and there are {slots}; raise spec.slots.count or scale down"
        return Condition(SCALING_LIMITED, True, "SlotsExhausted", message)
    if limited is not None:
        return Condition(SCALING_LIMITED, True, limited.reason, limited.message)
    return Condition(SCALING_LIMITED, False, "AsAsked", "")


def _pods_applied(group: Group, counted: Sequence[PodView]) -> Condition:
    """Whether the pods were made from the template as it is now. One that does not say is not counted as older."""
    older = sum(pod.template not in ("", group.template.digest) for pod in counted)
    if older:
        message = f"{older} of {len(counted)} pods run an older template; delete them to have them made anew"
        return Condition(SPEC_APPLIED, False, "OlderPods", message)
    silent = sum(not pod.template for pod in counted)
    message = f"{silent} of {len(counted)} pods do not say which template they were made from" if silent else ""
    return Condition(SPEC_APPLIED, True, "Applied", message)


def unusable_status(generation: int, old: Mapping[str, Any], trouble: Trouble) -> dict[str, Any]:
    """Status of a custom resource that cannot be acted on. What was counted before stays."""
    return {
        **{key: value for key, value in old.items() if key in ("replicas", "readyReplicas", "selector")},
        "phase": "Error",
        "observedGeneration": generation,
        "conditions": [Condition(ACCEPTED, False, trouble.reason, trouble.message)],
    }


def news(old: Mapping[str, Any], new: Mapping[str, Any], now: float) -> dict[str, Any] | None:
    """What to write so that `old` says `new`; None if it does already.

    A condition keeps the time of its last transition while its status stays. Fields of `old` that `new` does not
    have are taken away: a merge patch needs null for that.
    """
    before = {condition.get("type"): condition for condition in old.get("conditions") or []}
    conditions = [_dated(condition, new["observedGeneration"], before, now) for condition in new["conditions"]]
    status = {**new, "conditions": conditions}
    if all(old.get(key) == value for key, value in status.items()) and old.keys() <= status.keys():
        return None
    return {**dict.fromkeys(old.keys() - status.keys()), **status}


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Conditions of `new` whose status or reason is another than in `old`: what a log line is worth."""
    before = {condition.get("type"): condition for condition in old.get("conditions") or []}

    def same(condition: Mapping[str, Any]) -> bool:
        last = before.get(condition["type"]) or {}
        return (last.get("status"), last.get("reason")) == (condition["status"], condition["reason"])

    return [condition for condition in new["conditions"] if not same(condition)]


def _dated(condition: Condition, generation: int, before: Mapping[Any, Any], now: float) -> dict[str, Any]:
    last = before.get(condition.type) or {}
    status = "True" if condition.status else "False"
    at = last.get("lastTransitionTime") if last.get("status") == status else None
    return {
        "type": condition.type,
        "status": status,
        "reason": condition.reason,
        "message": redact(condition.message),
        "lastTransitionTime": at or datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "observedGeneration": generation,
    }
