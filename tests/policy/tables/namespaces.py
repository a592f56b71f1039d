"""Rules `namespaces`, `default-deny` and `quotas`."""

from dataclasses import replace

from policy.plain import UNKNOWN
from policy.record import Resource
from tests.policy.cases import (
    CONFIG_MAP,
    DEPLOYED,
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
    Case(
        "namespaces", Sort.GOOD, "what is of the whole Kubernetes", (changed(CONFIG_MAP, "metadata.namespace", None),)
    ),
    Case(
        "namespaces",
        Sort.BAD,
        "anything in Kubernetes' own",
        (changed(CONFIG_MAP, "metadata.namespace", "kube-public"),),
        ("metadata.namespace",),
    ),
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
    Case("default-deny", Sort.GOOD, "a namespace of the site's own, closed", (DEPLOYMENT, DENY)),
    Case(
        "default-deny",
        Sort.GOOD,
        "of the site's own, each direction by another policy",
        (DEPLOYMENT, changed(DENY, "spec.policyTypes", ["Ingress"]), changed(DENY, "spec.policyTypes", ["Egress"])),
    ),
    Case("default-deny", Sort.BAD, "of the site's own, open", (DEPLOYMENT,), (f"gateway {DEPLOYED}",) * 2),
    Case(
        "default-deny",
        Sort.BAD,
        "of the site's own, open one way",
        (DEPLOYMENT, changed(DENY, "spec.policyTypes", Gone.GONE)),
        (f"gateway {DEPLOYED}",),
    ),
    Case(
        "default-deny",
        Sort.BAD,
        "of the site's own, closed for others",
        (DEPLOYMENT, changed(DENY, "spec.podSelector", {"matchLabels": {"a": "b"}})),
        (f"gateway {DEPLOYED}",) * 2,
    ),
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

QUOTA = kubernetes("core/v1", "ResourceQuota", "quota", spec={"hard": {"pods": "10"}})
LIMITS = kubernetes("core/v1", "LimitRange", "limits", spec={"limits": []})

GUARDED: list[Case] = [
    Case("quotas", Sort.GOOD, "both", (NAMESPACE, QUOTA, LIMITS)),
    Case("quotas", Sort.GOOD, "a namespace of the site's own", (DEPLOYMENT,)),
    Case("quotas", Sort.BAD, "no quota", (NAMESPACE, LIMITS), OPEN),
    Case(
        "quotas",
        Sort.BAD,
        "a quota for some",
        (NAMESPACE, changed(QUOTA, "spec.scopes", ["BestEffort"]), LIMITS),
        OPEN,
    ),
    Case(
        "quotas",
        Sort.BAD,
        "a quota for some, by their class",
        (
            NAMESPACE,
            changed(QUOTA, "spec.scopeSelector", {"matchExpressions": [{"scopeName": "PriorityClass"}]}),
            LIMITS,
        ),
        OPEN,
    ),
    Case("quotas", Sort.BAD, "no limits", (NAMESPACE, QUOTA), OPEN),
    Case("quotas", Sort.BAD, "those of another site", (NAMESPACE, replace(QUOTA, provider=SOUTH), LIMITS), OPEN),
    Case(
        "quotas", Sort.BAD, "in another namespace", (NAMESPACE, QUOTA, changed(LIMITS, "metadata.namespace", "x")), OPEN
    ),
    Case("quotas", Sort.UNKNOWN, "the name", (changed(NAMESPACE, "metadata.name", UNKNOWN), QUOTA, LIMITS), OPEN * 2),
    Case("quotas", Sort.SECRET, "the name", (changed(NAMESPACE, "metadata.name", Secret(PLANTED)),), OPEN * 2),
]

CASES = [*LABELLED, *CLOSED, *GUARDED]
