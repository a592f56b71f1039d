"""Rule `rights`."""

from policy.plain import UNKNOWN
from policy.record import Resource
from tests.policy.cases import PLANTED, Case, Secret, Sort, kubernetes, rows

RULE = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "create"]}
ROLE = kubernetes("rbac.authorization.k8s.io/v1", "Role", "controller", rules=[RULE])
CLUSTER_ROLE = kubernetes("rbac.authorization.k8s.io/v1", "ClusterRole", "reader", rules=[RULE])
BINDING = kubernetes(
    "rbac.authorization.k8s.io/v1",
    "RoleBinding",
    "controller",
    roleRef={"kind": "Role", "name": "controller"},
    subjects=[{"kind": "ServiceAccount", "name": "controller", "namespace": "isthmus-system"}],
)
RBAC = "rbac.authorization.k8s.io"


def _rule(group: str, resource: str, *verbs: str) -> dict[str, list[str]]:
    return {"apiGroups": [group], "resources": [resource], "verbs": list(verbs)}


#: Name, rule, how many ways to more it holds.
UPWARD: list[tuple[str, dict[str, list[str]], int]] = [
    ("making roles", _rule(RBAC, "roles", "create", "update", "patch"), 3),
    ("making bindings", _rule(RBAC, "rolebindings", "get", "create"), 1),
    ("making cluster-wide roles", _rule(RBAC, "clusterroles", "patch"), 1),
    ("making cluster-wide bindings", _rule(RBAC, "clusterrolebindings", "update"), 1),
    ("a shell in others' pods", _rule("", "pods/exec", "create"), 1),
    ("a shell over WebSocket", _rule("", "pods/exec", "get"), 1),
    ("others' standard input", _rule("", "pods/attach", "create"), 1),
    ("others' ports", _rule("", "pods/portforward", "create"), 1),
    ("a container in others' pods", _rule("", "pods/ephemeralcontainers", "patch"), 1),
    ("kubelets", _rule("", "nodes/proxy", "get"), 1),
    ("others' tokens", _rule("", "serviceaccounts/token", "create"), 1),
    ("changing what is admitted", _rule("admissionregistration.k8s.io", "validatingwebhookconfigurations", "patch"), 1),
    ("what is admitted, changed", _rule("admissionregistration.k8s.io", "mutatingwebhookconfigurations", "create"), 1),
    ("approving certificates", _rule("certificates.k8s.io", "certificatesigningrequests/approval", "update"), 1),
    ("signing certificates", _rule("certificates.k8s.io", "signers", "approve", "sign"), 2),
    ("reading Secrets", _rule("", "secrets", "get", "list", "watch"), 3),
    ("amid others", {"apiGroups": ["apps", ""], "resources": ["pods", "secrets"], "verbs": ["create", "list"]}, 1),
]

CASES: list[Case] = [
    Case(
        "rights",
        Sort.GOOD,
        "a role of something else",
        (Resource("cloud:index:Role", "x", {"rules": [{"verbs": ["*"]}]}),),
    ),
    *(Case("rights", Sort.GOOD, f"a {one.kind}", (one,)) for one in (ROLE, CLUSTER_ROLE, BINDING)),
    *rows(
        "rights",
        Sort.GOOD,
        ROLE,
        ("reading roles", "rules.0", _rule(RBAC, "roles", "get", "list", "watch"), ()),
        ("making Secrets, unread", "rules.0", _rule("", "secrets", "create", "delete"), ()),
        ("somebody else's secrets", "rules.0", _rule("example.com", "secrets", "get"), ()),
    ),
    *rows(
        "rights",
        Sort.BAD,
        ROLE,
        *((name, "rules.0", rule, ("rules[0].resources",) * ways) for name, rule, ways in UPWARD),
        ("every verb", "rules.0.verbs", ["*"], ("rules[0].verbs",)),
        ("every resource", "rules.0.resources", ["*"], ("rules[0].resources",)),
        ("every group", "rules.0.apiGroups", ["*"], ("rules[0].apiGroups",)),
        ("every subresource", "rules.0.resources", ["pods", "pods/*"], ("rules[0].resources",)),
        (
            "in the second rule",
            "rules.1",
            {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "*"]},
            ("rules[1].verbs",),
        ),
        ("a way to more", "rules.0.verbs", ["bind", "escalate", "impersonate"], ("rules[0].verbs",) * 3),
    ),
    *rows(
        "rights",
        Sort.BAD,
        CLUSTER_ROLE,
        ("every path", "rules.0", {"nonResourceURLs": ["/metrics/*"], "verbs": ["get"]}, ("rules[0].nonResourceURLs",)),
        ("whatever others add", "aggregationRule", {"clusterRoleSelectors": []}, ("aggregationRule",)),
    ),
    *rows(
        "rights",
        Sort.BAD,
        BINDING,
        ("everything", "roleRef", {"kind": "ClusterRole", "name": "cluster-admin"}, ("roleRef.name",)),
        ("everything in a namespace", "roleRef", {"kind": "ClusterRole", "name": "edit"}, ("roleRef.name",)),
        *(
            (f"for {name}", "subjects.1", {"kind": "Group", "name": name}, ("subjects[1].name",))
            for name in (
                "system:masters",
                "system:authenticated",
                "system:unauthenticated",
                "system:serviceaccounts",
            )
        ),
        ("for who has no name", "subjects.1", {"kind": "User", "name": "system:anonymous"}, ("subjects[1].name",)),
    ),
    *rows(
        "rights",
        Sort.UNKNOWN,
        ROLE,
        ("all rules", "rules", UNKNOWN, ("rules",)),
        ("the verbs", "rules.0.verbs", UNKNOWN, ("rules[0].verbs",)),
        ("a verb", "rules.0.verbs", ["get", UNKNOWN], ("rules[0].verbs",)),
    ),
    *rows(
        "rights",
        Sort.UNKNOWN,
        BINDING,
        ("the role", "roleRef.name", UNKNOWN, ("roleRef.name",)),
        ("for whom", "subjects", UNKNOWN, ("subjects",)),
        ("for whom else", "subjects.0.name", UNKNOWN, ("subjects[0].name",)),
    ),
    *rows(
        "rights",
        Sort.SECRET,
        ROLE,
        ("a resource", "rules.0.resources", Secret([f"{PLANTED}/*"]), ("rules[0].resources",)),
    ),
]
