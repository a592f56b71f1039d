"""How pods live: how many, how they are replaced, what may interrupt them, when they end."""

from collections.abc import Iterator
from typing import Any, Final

from policy.matching import known, matches
from policy.plain import UNKNOWN, at
from policy.pods import Pod, pods_of
from policy.record import (
    Finding,
    Resource,
    ResourceRule,
    Setting,
    Settings,
    Severity,
    StackRule,
    Unknown,
    not_known,
)
from policy.stack import Placed, Stack

# -- replicas

SINGLETONS: Final = "singletons"


def check_replicas(resource: Resource, settings: Settings) -> Iterator[Finding]:
    if not resource.is_kubernetes or resource.kind not in ("Deployment", "StatefulSet"):
        return
    replicas, strategy = at(resource.props, "spec", "replicas"), at(resource.props, "spec", "strategy", "type")
    (pod,) = pods_of(resource)
    if UNKNOWN in (replicas, strategy, pod.role):
        where = "spec.replicas" if replicas is UNKNOWN else "spec.strategy.type"
        yield not_known("spec.template.metadata.labels" if pod.role is UNKNOWN else where)
    elif pod.role in settings[SINGLETONS]:
        if replicas not in (None, 0, 1):
            yield Finding("spec.replicas", "is more than one of what may be there once only")
        if resource.kind == "Deployment" and strategy != "Recreate":
            yield Finding("spec.strategy.type", "is not Recreate: for a while there would be two")
    else:
        yield from _several(replicas, strategy, pod)


def _several(replicas: Any, strategy: Any, pod: Pod) -> Iterator[Finding]:
    if not isinstance(replicas, int) or replicas < 2:
        yield Finding("spec.replicas", "is less than two: whoever drains its node stops it")
    if strategy == "Recreate":
        yield Finding("spec.strategy.type", "is Recreate: every change stops all of them")
    spread = (at(pod.spec, "topologySpreadConstraints"), at(pod.spec, "affinity", "podAntiAffinity"))
    if not any(spread):
        yield Finding(f"{pod.where}.topologySpreadConstraints", "is missing: all of them may be on one node")


# -- priority

#: Who may make a definition may make a PriorityClass: both are of the whole Kubernetes.
FOR_ALL: Final = ("CustomResourceDefinition", "PriorityClass")


def check_priority(stack: Stack, _: Settings) -> Iterator[Finding]:
    ours = {stack.kubernetes(one) for one in stack.of(*FOR_ALL)}
    for placed in stack.pods:
        pod, urn = placed.pod, placed.resource.urn
        first = pod.role in ("gateway", "controller") or pod.component == "scheduler"
        if not first or placed.where[0] not in ours:
            continue
        name, where = at(pod.spec, "priorityClassName"), f"{pod.where}.priorityClassName"
        if name is UNKNOWN:
            yield not_known(where, urn)
        elif not name:
            yield Finding(where, "is missing", urn)


# -- jobs


def check_jobs(resource: Resource, _: Settings) -> Iterator[Finding]:
    if not resource.is_kubernetes or resource.kind not in ("Job", "CronJob"):
        return
    job = ("spec", "jobTemplate", "spec") if resource.kind == "CronJob" else ("spec",)
    stated = [(*job, "ttlSecondsAfterFinished"), (*job, "activeDeadlineSeconds")]
    if resource.kind == "CronJob":
        stated.append(("spec", "startingDeadlineSeconds"))
    for path in stated:
        value = at(resource.props, *path)
        if value is UNKNOWN:
            yield not_known(".".join(path))
        elif value is None:
            yield Finding(".".join(path), "is missing")
    for pod in pods_of(resource):
        policy, where = at(pod.spec, "restartPolicy"), f"{pod.where}.restartPolicy"
        if policy is UNKNOWN or pod.spec is UNKNOWN:
            yield not_known(where)
        elif policy not in ("Never", "OnFailure"):
            yield Finding(where, "is neither Never nor OnFailure")


# -- disruptions

NO_BUDGET: Final = "is under no PodDisruptionBudget"
#: Kinds whose number of pods the stack alone decides.
FIXED: Final = ("Deployment", "StatefulSet")
SEVERAL_BUDGETS: Final = "is under several PodDisruptionBudgets: then no eviction works"


def check_disruptions(stack: Stack, _: Settings) -> Iterator[Finding]:
    budgets = stack.of("PodDisruptionBudget")
    for budget in budgets:
        yield from _satisfiable(stack, budget)
    for placed in stack.pods:
        if not _needs_budget(placed):
            continue
        here = [one for one in budgets if stack.where(one) == placed.where]
        selectors = [at(one.props, "spec", "selector") for one in here]
        verdicts = [matches(selector, placed.pod.labels) for selector in selectors]
        where, urn = placed.pod.where.rpartition(".")[0], placed.resource.urn
        if None in verdicts or not all(known(selector) for selector in selectors):
            yield not_known(where, urn)
        elif (several := verdicts.count(True)) != 1:
            yield Finding(where, SEVERAL_BUDGETS if several else NO_BUDGET, urn)


def _needs_budget(placed: Placed) -> bool:
    """Workloads, the scheduler, the workers of a pool; not the default group of a cluster, which has no workers."""
    kind = placed.resource.kind
    if kind == "DaskCluster":
        return placed.pod.component == "scheduler" or bool(at(placed.resource.props, "spec", "worker", "replicas"))
    return kind in ("Deployment", "StatefulSet", "DaskWorkerGroup")


def _satisfiable(stack: Stack, budget: Resource) -> Iterator[Finding]:
    most, least = (at(budget.props, "spec", part) for part in ("maxUnavailable", "minAvailable"))
    for part, value, never in (
        ("maxUnavailable", most, (0, "0", "0%")),
        ("minAvailable", least, ("100%",)),
    ):
        if value is UNKNOWN:
            yield not_known(f"spec.{part}", budget.urn)
        elif value in never:
            yield Finding(f"spec.{part}", "allows no interruption: its node can never be drained", budget.urn)
    if isinstance(least, int) and least > 0:
        yield from _more_than(least, stack, budget)
    if most is None and least is None:
        yield Finding("spec", "states neither maxUnavailable nor minAvailable", budget.urn)


def _more_than(least: int, stack: Stack, budget: Resource) -> Iterator[Finding]:
    """A number of pods that must stay is in nobody's way where there are always more; a pool's number is scaled."""
    selector, where = at(budget.props, "spec", "selector"), "spec.minAvailable"
    there = stack.pods_by_namespace.get(stack.where(budget), ())
    owners = [one.resource for one in there if matches(selector, one.pod.labels) is not False]
    numbers = [at(one.props, "spec", "replicas") if one.kind in FIXED else None for one in owners]
    if UNKNOWN in numbers:
        yield not_known(where, budget.urn)
    elif not numbers or not all(isinstance(number, int) and number > least for number in numbers):
        said = "counts pods: when there are no more than that, their nodes can never be drained"
        yield Finding(where, said, budget.urn)


REPLICAS: Final = ResourceRule(
    name="replicas",
    title="What may be there once only is replaced as a whole; everything else is there twice, on two nodes.",
    why="Two gateways would fight for one address, two controllers over one slot; one of anything else is an outage.",
    fix="A gateway or controller: replicas 1, strategy Recreate. Anything else: replicas 2 or more, RollingUpdate and "
    "topologySpreadConstraints; or declare its role a singleton in policy/config.<env>.json.",
    standard="kube-linter no-rolling-update-strategy and no-anti-affinity, kube-score deployment-replicas",
    unknown=Unknown.IS_VIOLATION,
    severity=Severity.MEDIUM,
    settings={SINGLETONS: Setting(("gateway", "controller"), "values of isthmus.dev/role that may be there once only")},
    check=check_replicas,
    limits="The scheduler's Deployment is the controller's to make: one, Recreate (tests/controller).",
)
PRIORITY: Final = StackRule(
    name="priority",
    title="Gateway, controller and scheduler come before what they serve.",
    why="On a full node workers would push out the scheduler that they work for, and all their results with it.",
    fix="Give them a priorityClassName.",
    standard="kube-linter priority-class-name, Polaris priorityClassNotSet",
    unknown=Unknown.IS_VIOLATION,
    severity=Severity.MEDIUM,
    check=check_priority,
    limits="A Kubernetes in which the stack may make nothing that is of the whole of it (install.crds false) is passed "
    "over. That the class is there is rule `references`; what comes first is decided by its value.",
)
JOBS: Final = ResourceRule(
    name="jobs",
    title="A job ends, and is cleared away.",
    why="A job without a deadline waits for ever for an image; one without a TTL keeps its pods and their logs.",
    fix="State ttlSecondsAfterFinished, activeDeadlineSeconds and restartPolicy Never or OnFailure; of a CronJob "
    "startingDeadlineSeconds too.",
    standard="kube-linter job-ttl-seconds-after-finished, kube-score cronjob-has-deadline and cronjob-restartpolicy",
    unknown=Unknown.IS_VIOLATION,
    severity=Severity.MEDIUM,
    check=check_jobs,
)
DISRUPTIONS: Final = StackRule(
    name="disruptions",
    title="Every workload is under one PodDisruptionBudget, and each budget lets nodes be drained.",
    why="Without one a drain takes all workers of a pool at once; with two, or with one that allows nothing, it hangs.",
    fix="Declare one PodDisruptionBudget with maxUnavailable 1 that selects the pods of that workload only.",
    standard="kube-linter pdb-max-unavailable and pdb-min-available, kube-score deployment-has-poddisruptionbudget",
    unknown=Unknown.IS_VIOLATION,
    severity=Severity.MEDIUM,
    check=check_disruptions,
    limits="A Dask cluster's default group without replicas needs none.",
)
