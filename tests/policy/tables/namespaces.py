"""Rules `namespaces` and `default-deny`."""

from policy.plain import UNKNOWN
from policy.record import Resource
from tests.policy.cases import (
    CONFIG_MAP,
    DEPLOYMENT,
    EVERYWHERE,
    PLANTED,
    SOUTH,
    Case,
    Gone,
    Secret,
    Sort,
    certain,
    changed,
    kubernetes,
    rows,
)

ENFORCE = "pod-security.kubernetes.io/enforce"
NAMESPACE = kubernetes("core/v1", "Namespace", "isthmus-test", metadata={"labels": {ENFORCE: "restricted"}})
LABEL = f"metadata.labels.{ENFORCE}"

LABELLED: list[Case] = [
    Case("namespaces", Sort.GOOD, "restricted", (NAMESPACE,)),
    Case("namespaces", Sort.GOOD, "a namespace of something else", (Resource("cloud:index:Namespace", "x", {}),)),
    Case("namespaces", Sort.GOOD, "no pod outside of one", (changed(CONFIG_MAP, "metadata.namespace", "kube-public"),)),
    *(Case("namespaces", Sort.GOOD, f"a {one.kind} inside, {where}", (one,)) for one, where in EVERYWHERE),
    *rows(
        "namespaces",
        Sort.BAD,
        NAMESPACE,
        ("privileged", "metadata.labels", {ENFORCE: "privileged"}, (LABEL,)),
        ("baseline", "metadata.labels", {ENFORCE: "baseline"}, (LABEL,)),
        ("only a warning", "metadata.labels", {"pod-security.kubernetes.io/warn": "restricted"}, (LABEL,)),
    ),
    *rows(
        "namespaces",
        Sort.BAD,
        DEPLOYMENT,
        ("a pod in the default one", "metadata.namespace", "default", ("metadata.namespace",)),
        ("a pod in Kubernetes' own", "metadata.namespace", "kube-system", ("metadata.namespace",)),
        ("a pod in none", "metadata.namespace", Gone.GONE, ("metadata.namespace",)),
    ),
    *rows("namespaces", Sort.UNKNOWN, NAMESPACE, ("all labels", "metadata.labels", UNKNOWN, (LABEL,))),
    *rows("namespaces", Sort.UNKNOWN, DEPLOYMENT, ("where", "metadata.namespace", UNKNOWN, ("metadata.namespace",))),
    *rows("namespaces", Sort.SECRET, NAMESPACE, ("the level", "metadata.labels", {ENFORCE: Secret(PLANTED)}, (LABEL,))),
]

DENY = kubernetes(
    "networking.k8s.io/v1", "NetworkPolicy", "deny", spec={"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
)
OPEN = ("isthmus-test metadata.name",)


def _with(name: str, sort: Sort, path: str, value: object, finds: tuple[str, ...] = OPEN) -> Case:
    return Case("default-deny", sort, name, (NAMESPACE, changed(DENY, path, value)), finds)


CLOSED: list[Case] = [
    Case("default-deny", Sort.GOOD, "closed", (NAMESPACE, DENY)),
    Case(
        "default-deny",
        Sort.GOOD,
        "closed, with a flow beside it",
        (changed(DENY, "spec.egress", [{}]), NAMESPACE, DENY),
    ),
    Case("default-deny", Sort.GOOD, "no namespace of ours", (DEPLOYMENT,)),
    _with(
        "written out",
        Sort.GOOD,
        "spec",
        {"podSelector": {"matchLabels": {}}, "policyTypes": ["Egress", "Ingress"], "ingress": []},
        (),
    ),
    Case("default-deny", Sort.BAD, "open", (NAMESPACE,), OPEN),
    Case(
        "default-deny",
        Sort.BAD,
        "closed at another site",
        (NAMESPACE, kubernetes("networking.k8s.io/v1", "NetworkPolicy", "deny", SOUTH, spec=DENY.props["spec"])),
        OPEN,
    ),
    _with("closed elsewhere", Sort.BAD, "metadata.namespace", "isthmus-system"),
    _with("one way only", Sort.BAD, "spec.policyTypes", ["Ingress"]),
    _with("some pods only", Sort.BAD, "spec.podSelector", {"matchLabels": {"a": "b"}}),
    _with("a door in it", Sort.BAD, "spec.ingress", [{}]),
    *certain(_with("the policy", Sort.UNKNOWN, "spec", UNKNOWN)),
    Case(
        "default-deny",
        Sort.BAD,
        "closed by an object that Kubernetes does not obey",
        (NAMESPACE, kubernetes("example.com/v1", "Wish", "deny", spec=DENY.props["spec"])),
        OPEN,
    ),
    Case("default-deny", Sort.UNKNOWN, "the name", (changed(NAMESPACE, "metadata.name", UNKNOWN), DENY), OPEN),
    _with("a selector", Sort.SECRET, "spec.podSelector", Secret({"matchLabels": {"a": PLANTED}})),
]

CASES = [*LABELLED, *CLOSED]
