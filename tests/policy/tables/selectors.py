"""Rule `selectors`."""

from dataclasses import replace
from typing import Any

from policy.plain import UNKNOWN
from policy.record import Resource
from tests.policy.cases import (
    CLUSTER,
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
)

ROLE, NAME = "isthmus.dev/role", "kubernetes.io/metadata.name"
LABELS = {ROLE: "gateway"}
GATEWAY = kubernetes(
    "apps/v1",
    "Deployment",
    "gateway",
    spec={"selector": {"matchLabels": LABELS}, "template": {"metadata": {"labels": LABELS}, "spec": POD}},
)
SERVICE = kubernetes("core/v1", "Service", "door", spec={"selector": LABELS})
BUDGET = kubernetes("policy/v1", "PodDisruptionBudget", "budget", spec={"selector": {"matchLabels": LABELS}})
DENY = kubernetes("networking.k8s.io/v1", "NetworkPolicy", "deny", spec={"podSelector": {}})
ASKED = changed(CLUSTER, "spec.scheduler.service", {"selector": {"dask.org/component": "scheduler"}})
#: The namespace of another environment's clients.
CLIENTS = kubernetes("core/v1", "Namespace", "clients", metadata={"name": "clients", "labels": {"who": "clients"}})


def _flow(selector: object, *peers: object) -> Resource:
    return changed(DENY, "spec", {"podSelector": selector, "ingress": [{"from": list(peers)}]})


def _pods(labels: object, namespaces: object = None) -> dict[str, Any]:
    peer = {"podSelector": {"matchLabels": labels}}
    return peer if namespaces is None else peer | {"namespaceSelector": {"matchLabels": namespaces}}


def _expressed(operator: str, *values: str, key: str = ROLE) -> Resource:
    expression = {"key": key, "operator": operator, "values": list(values)}
    return changed(BUDGET, "spec.selector", {"matchExpressions": [expression]})


def _budget_of(**labels: str) -> Resource:
    return changed(BUDGET, "spec.selector.matchLabels", labels)


def _case(sort: Sort, name: str, *resources: Resource, finds: tuple[str, ...] = ()) -> Case:
    return Case("selectors", sort, name, resources, finds)


PEER = ("deny spec.ingress[0].from[0].podSelector",)
CASES: list[Case] = [
    _case(Sort.GOOD, "each its own", GATEWAY, SERVICE, BUDGET, DENY),
    _case(Sort.GOOD, "a scheduler by the controller's labels", ASKED),
    _case(Sort.GOOD, "a name of somebody else's", changed(SERVICE, "spec", {"type": "ExternalName"})),
    _case(
        Sort.GOOD,
        "workers by the controller's labels",
        changed(GROUP, "spec.cluster", "test"),
        changed(
            BUDGET, "spec.selector.matchLabels", {"dask.org/cluster-name": "test", "dask.org/workergroup-name": "group"}
        ),
    ),
    *(
        _case(
            Sort.GOOD,
            f"workers: {name}",
            changed(GROUP, path, own),
            _budget_of(**{"dask.org/component": "worker"}, **more),
        )
        for name, path, own, more in (
            ("the group's labels pass to its pods", "metadata.labels", {"a": "own"}, {"a": "own"}),
            ("the part's are over them", "spec.worker.metadata.labels", {"a": "part"}, {"a": "part"}),
            ("the controller's are over all", "spec.worker.metadata.labels", {"dask.org/component": "x"}, {}),
        )
    ),
    _case(
        Sort.BAD,
        "workers whose part has another label than their group",
        changed(changed(GROUP, "metadata.labels", {"a": "own"}), "spec.worker.metadata.labels", {"a": "part"}),
        changed(BUDGET, "spec.selector.matchLabels", {"a": "own"}),
        finds=("budget spec.selector",),
    ),
    *(
        _case(Sort.GOOD, f"{operator} {values}", GATEWAY, _expressed(operator, *values))
        for operator, values in (("In", ("a", "gateway")), ("NotIn", ("a",)), ("Exists", ()))
    ),
    _case(Sort.GOOD, "DoesNotExist", GATEWAY, _expressed("DoesNotExist", key="x")),
    _case(Sort.GOOD, "a peer", GATEWAY, _flow({"matchLabels": LABELS}, _pods(LABELS))),
    _case(Sort.GOOD, "a peer in the same namespace, named", GATEWAY, _flow({}, _pods(LABELS, {NAME: "isthmus-test"}))),
    _case(
        Sort.GOOD, "a peer of a namespace that is not ours", _flow({}, _pods({"k8s-app": "dns"}, {NAME: "kube-system"}))
    ),
    _case(Sort.GOOD, "clients, whom others bring", _flow({"matchLabels": {ROLE: "client"}}, _pods({ROLE: "scraper"}))),
    _case(Sort.GOOD, "addresses", _flow({}, {"ipBlock": {"cidr": "::/0"}})),
    _case(
        Sort.BAD,
        "a workload that loses its pods",
        changed(GATEWAY, "spec.template.metadata.labels", {ROLE: "x"}),
        finds=("gateway spec.selector",),
    ),
    _case(Sort.BAD, "no selector", changed(GATEWAY, "spec.selector", Gone.GONE), finds=("gateway spec.selector",)),
    _case(
        Sort.BAD, "a Service", GATEWAY, changed(SERVICE, "spec.selector", {ROLE: "x"}), finds=("door spec.selector",)
    ),
    _case(Sort.BAD, "a Service of nobody", changed(SERVICE, "spec.selector", Gone.GONE), finds=("door spec.selector",)),
    _case(Sort.BAD, "a Service elsewhere", GATEWAY, replace(SERVICE, provider=SOUTH), finds=("door spec.selector",)),
    _case(
        Sort.BAD,
        "a Service of another namespace",
        GATEWAY,
        changed(SERVICE, "metadata.namespace", "x"),
        finds=("door spec.selector",),
    ),
    _case(
        Sort.BAD,
        "a scheduler's Service",
        changed(ASKED, "spec.scheduler.service.selector", LABELS),
        finds=("test spec.scheduler.service.selector",),
    ),
    _case(Sort.BAD, "a budget", BUDGET, finds=("budget spec.selector",)),
    *(
        _case(Sort.BAD, f"{operator} {values}", GATEWAY, _expressed(operator, *values), finds=("budget spec.selector",))
        for operator, values in (("In", ("a",)), ("NotIn", ("gateway",)), ("DoesNotExist", ()))
    ),
    _case(Sort.BAD, "a policy", GATEWAY, _flow({"matchLabels": {ROLE: "x"}}), finds=("deny spec.podSelector",)),
    _case(Sort.BAD, "a peer", GATEWAY, _flow({}, _pods({ROLE: "x"})), finds=PEER),
    _case(
        Sort.BAD,
        "a peer in the same namespace",
        GATEWAY,
        _flow({}, _pods({ROLE: "x"}, {NAME: "isthmus-test"})),
        finds=PEER,
    ),
    _case(
        Sort.BAD,
        "a peer in a namespace of ours",
        GATEWAY,
        CLIENTS,
        _flow({}, _pods(LABELS, {"who": "clients"})),
        finds=PEER,
    ),
    _case(
        Sort.UNKNOWN,
        "a Service's",
        GATEWAY,
        changed(SERVICE, "spec.selector", {ROLE: UNKNOWN}),
        finds=("door spec.selector",),
    ),
    _case(
        Sort.UNKNOWN,
        "the labels of a pod",
        changed(GATEWAY, "spec.template.metadata.labels", UNKNOWN),
        SERVICE,
        finds=("gateway spec.selector", "door spec.selector"),
    ),
    _case(Sort.UNKNOWN, "a policy's", changed(DENY, "spec.podSelector", UNKNOWN), finds=("deny spec.podSelector",)),
    _case(
        Sort.UNKNOWN,
        "a peer's",
        GATEWAY,
        _flow({}, {"podSelector": UNKNOWN}),
        finds=("deny spec.ingress[0].from[0]",),
    ),
    _case(
        Sort.SECRET,
        "a Service's",
        GATEWAY,
        changed(SERVICE, "spec.selector", Secret({ROLE: PLANTED})),
        finds=("door spec.selector",),
    ),
]
