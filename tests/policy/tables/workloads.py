"""Rules `replicas`, `priority`, `jobs` and `disruptions`."""

from dataclasses import replace

from policy.plain import UNKNOWN
from policy.record import Resource
from tests.policy.cases import (
    CLUSTER,
    CONFIG_MAP,
    DEPLOYED,
    GROUP,
    PLANTED,
    POD,
    SOUTH,
    Case,
    Gone,
    Secret,
    Sort,
    changed,
    kubernetes,
    rows,
)

ROLE = "isthmus.dev/role"


def workload(role: str, replicas: object, strategy: str | None, kind: str = "Deployment", **pod: object) -> Resource:
    """A workload of one role."""
    template = {"metadata": {"labels": {ROLE: role}}, "spec": POD | pod}
    spec = {"replicas": replicas, "strategy": {"type": strategy}, "template": template}
    return kubernetes("apps/v1", kind, role, spec=spec)


GATEWAY = workload("gateway", 1, "Recreate")
SPREAD = [{"maxSkew": 1, "topologyKey": "kubernetes.io/hostname"}]
WEB = workload("web", 2, "RollingUpdate", topologySpreadConstraints=SPREAD)

REPLICAS: list[Case] = [
    *(Case("replicas", Sort.GOOD, f"a {name}", (one,)) for name, one in (("gateway", GATEWAY), ("web server", WEB))),
    Case("replicas", Sort.GOOD, "no workload", (CONFIG_MAP,)),
    Case("replicas", Sort.GOOD, "a worker group: its pool says how many", (GROUP,)),
    Case("replicas", Sort.GOOD, "a StatefulSet of one gateway", (workload("gateway", 1, None, "StatefulSet"),)),
    *rows(
        "replicas",
        Sort.GOOD,
        WEB,
        ("spread by affinity", DEPLOYED, POD | {"affinity": {"podAntiAffinity": {"required": []}}}, ()),
        ("Kubernetes' own strategy", "spec.strategy", Gone.GONE, ()),
    ),
    Case(
        "replicas",
        Sort.GOOD,
        "a declared singleton",
        (workload("web", 1, "Recreate"),),
        settings={"singletons": ["web"]},
    ),
    Case(
        "replicas",
        Sort.BAD,
        "one that is no longer declared",
        (GATEWAY,),
        ("spec.replicas", "spec.strategy.type", f"{DEPLOYED}.topologySpreadConstraints"),
        settings={"singletons": []},
    ),
    *rows(
        "replicas",
        Sort.BAD,
        GATEWAY,
        ("two gateways", "spec.replicas", 2, ("spec.replicas",)),
        ("two for a while", "spec.strategy.type", "RollingUpdate", ("spec.strategy.type",)),
        ("two for a while, unsaid", "spec.strategy", Gone.GONE, ("spec.strategy.type",)),
    ),
    *rows(
        "replicas",
        Sort.BAD,
        WEB,
        ("one", "spec.replicas", 1, ("spec.replicas",)),
        ("one, unsaid", "spec.replicas", Gone.GONE, ("spec.replicas",)),
        ("none for a while", "spec.strategy.type", "Recreate", ("spec.strategy.type",)),
        ("on one node", DEPLOYED, POD, (f"{DEPLOYED}.topologySpreadConstraints",)),
    ),
    *rows(
        "replicas",
        Sort.UNKNOWN,
        WEB,
        ("how many", "spec.replicas", UNKNOWN, ("spec.replicas",)),
        ("the strategy", "spec.strategy.type", UNKNOWN, ("spec.strategy.type",)),
        ("the role", "spec.template.metadata.labels", UNKNOWN, ("spec.template.metadata.labels",)),
    ),
    *rows("replicas", Sort.SECRET, GATEWAY, ("how many", "spec.replicas", Secret(PLANTED), ("spec.replicas",))),
]

CRD = kubernetes("apiextensions.k8s.io/v1", "CustomResourceDefinition", "crd")
FIRST = workload("gateway", 1, "Recreate", priorityClassName="isthmus-core")
CONTROLLER = workload("controller", 1, "Recreate", priorityClassName="isthmus-core")
SCHEDULED = changed(CLUSTER, "spec.scheduler.spec.priorityClassName", "isthmus-core")
CLASS = f"{DEPLOYED}.priorityClassName"
UNSAID = changed(FIRST, CLASS, Gone.GONE)

PRIORITY: list[Case] = [
    Case("priority", Sort.GOOD, "all first", (CRD, FIRST, CONTROLLER, SCHEDULED, GROUP)),
    Case("priority", Sort.GOOD, "where the stack may make no class", (UNSAID,)),
    Case("priority", Sort.GOOD, "which it may at another site", (replace(CRD, provider=SOUTH), UNSAID)),
    Case("priority", Sort.BAD, "a gateway", (CRD, UNSAID), (f"gateway {CLASS}",)),
    Case("priority", Sort.BAD, "a controller", (CRD, changed(CONTROLLER, CLASS, "")), (f"controller {CLASS}",)),
    Case("priority", Sort.BAD, "a scheduler", (CRD, CLUSTER), ("test spec.scheduler.spec.priorityClassName",)),
    Case("priority", Sort.UNKNOWN, "the class", (CRD, changed(FIRST, CLASS, UNKNOWN)), (f"gateway {CLASS}",)),
    Case("priority", Sort.SECRET, "the class", (CRD, changed(FIRST, CLASS, Secret(""))), (f"gateway {CLASS}",)),
]

ENDS = {
    "ttlSecondsAfterFinished": 60,
    "activeDeadlineSeconds": 60,
    "template": {"spec": POD | {"restartPolicy": "Never"}},
}
JOB = kubernetes("batch/v1", "Job", "job", spec=ENDS)
CRON = kubernetes("batch/v1", "CronJob", "cron", spec={"startingDeadlineSeconds": 9, "jobTemplate": {"spec": ENDS}})

JOBS: list[Case] = [
    *(Case("jobs", Sort.GOOD, f"a {one.kind}", (one,)) for one in (JOB, CRON, GATEWAY)),
    *rows("jobs", Sort.GOOD, JOB, ("tries again", "spec.template.spec.restartPolicy", "OnFailure", ())),
    *rows(
        "jobs",
        Sort.BAD,
        JOB,
        ("stays", "spec.ttlSecondsAfterFinished", Gone.GONE, ("spec.ttlSecondsAfterFinished",)),
        ("waits", "spec.activeDeadlineSeconds", None, ("spec.activeDeadlineSeconds",)),
        ("for ever", "spec.template.spec.restartPolicy", "Always", ("spec.template.spec.restartPolicy",)),
        ("unsaid", "spec.template.spec.restartPolicy", Gone.GONE, ("spec.template.spec.restartPolicy",)),
    ),
    *rows(
        "jobs",
        Sort.BAD,
        CRON,
        ("late", "spec.startingDeadlineSeconds", Gone.GONE, ("spec.startingDeadlineSeconds",)),
        (
            "its job stays",
            "spec.jobTemplate.spec.ttlSecondsAfterFinished",
            Gone.GONE,
            ("spec.jobTemplate.spec.ttlSecondsAfterFinished",),
        ),
    ),
    *rows(
        "jobs",
        Sort.UNKNOWN,
        JOB,
        ("how long", "spec.activeDeadlineSeconds", UNKNOWN, ("spec.activeDeadlineSeconds",)),
        ("its pod", "spec.template.spec", UNKNOWN, ("spec.template.spec.restartPolicy",)),
    ),
    *rows(
        "jobs",
        Sort.SECRET,
        JOB,
        ("the policy", "spec.template.spec.restartPolicy", Secret(PLANTED), ("spec.template.spec.restartPolicy",)),
    ),
]


def _budget(name: str, labels: object, **spec: object) -> Resource:
    rule = {"selector": {"matchLabels": labels}, **(spec or {"maxUnavailable": 1})}
    return kubernetes("policy/v1", "PodDisruptionBudget", name, spec=rule)


OF_GATEWAY = _budget("one", {ROLE: "gateway"})
OF_SCHEDULER = _budget("of-scheduler", {"dask.org/component": "scheduler"})
OF_WORKERS = _budget("of-workers", {"dask.org/cluster-name": "test", "dask.org/workergroup-name": "group"})
WORKERS = changed(GROUP, "spec.cluster", "test")

DISRUPTIONS: list[Case] = [
    Case("disruptions", Sort.GOOD, "a gateway", (GATEWAY, OF_GATEWAY)),
    Case("disruptions", Sort.GOOD, "a scheduler; no worker of the default group", (CLUSTER, OF_SCHEDULER)),
    Case("disruptions", Sort.GOOD, "workers", (WORKERS, OF_WORKERS, OF_SCHEDULER)),
    Case("disruptions", Sort.GOOD, "a share", (GATEWAY, _budget("one", {ROLE: "gateway"}, minAvailable="50%"))),
    Case("disruptions", Sort.GOOD, "a job", (JOB,)),
    Case("disruptions", Sort.GOOD, "one of two stays", (WEB, _budget("one", {ROLE: "web"}, minAvailable=1))),
    *(
        Case("disruptions", Sort.BAD, name, (made, _budget("one", labels, minAvailable=1)), ("one spec.minAvailable",))
        for name, made, labels in (
            ("the only one stays", GATEWAY, {ROLE: "gateway"}),
            ("one of what a scaler numbers", changed(WEB, "spec.replicas", Gone.GONE), {ROLE: "web"}),
            ("one worker stays", changed(GROUP, "spec.worker.replicas", 4), {"dask.org/component": "worker"}),
        )
    ),
    Case(
        "disruptions",
        Sort.UNKNOWN,
        "of how many one stays",
        (changed(WEB, "spec.replicas", UNKNOWN), _budget("one", {ROLE: "web"}, minAvailable=1)),
        ("one spec.minAvailable",),
    ),
    Case("disruptions", Sort.BAD, "none", (GATEWAY,), ("gateway spec.template",)),
    Case("disruptions", Sort.BAD, "two", (GATEWAY, OF_GATEWAY, _budget("two", {})), ("gateway spec.template",)),
    Case("disruptions", Sort.BAD, "another's", (WORKERS, OF_GATEWAY), ("group spec.worker",)),
    Case(
        "disruptions",
        Sort.BAD,
        "at another site",
        (GATEWAY, replace(OF_GATEWAY, provider=SOUTH)),
        ("gateway spec.template",),
    ),
    Case(
        "disruptions",
        Sort.BAD,
        "a default group with workers",
        (changed(CLUSTER, "spec.worker.replicas", 2), OF_SCHEDULER),
        ("test spec.worker",),
    ),
    *(
        Case("disruptions", Sort.BAD, f"{rule}", (_budget("one", {}, **rule),), (f"one spec.{field}",))
        for field, rule in (
            ("maxUnavailable", {"maxUnavailable": 0}),
            ("maxUnavailable", {"maxUnavailable": "0%"}),
            ("minAvailable", {"minAvailable": "100%"}),
            ("minAvailable", {"minAvailable": 1}),
        )
    ),
    Case(
        "disruptions", Sort.BAD, "says nothing", (changed(OF_GATEWAY, "spec.maxUnavailable", Gone.GONE),), ("one spec",)
    ),
    Case(
        "disruptions",
        Sort.UNKNOWN,
        "how many",
        (GATEWAY, changed(OF_GATEWAY, "spec.maxUnavailable", UNKNOWN)),
        ("one spec.maxUnavailable",),
    ),
    Case(
        "disruptions",
        Sort.UNKNOWN,
        "of whom",
        (GATEWAY, changed(OF_GATEWAY, "spec.selector", UNKNOWN)),
        ("gateway spec.template",),
    ),
    Case(
        "disruptions",
        Sort.SECRET,
        "of whom",
        (GATEWAY, _budget("one", Secret({ROLE: PLANTED}))),
        ("gateway spec.template",),
    ),
]

CASES = [*REPLICAS, *PRIORITY, *JOBS, *DISRUPTIONS]
