"""Rule `rights`."""

from policy.plain import UNKNOWN
from policy.record import Resource
from tests.policy.cases import PLANTED, Case, Secret, Sort, kubernetes, rows

RULE = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "create"]}
ROLE = kubernetes("rbac.authorization.k8s.io/v1", "Role", "controller", rules=[RULE])
CLUSTER_ROLE = kubernetes("rbac.authorization.k8s.io/v1", "ClusterRole", "reader", rules=[RULE])
BINDING = kubernetes(
    "rbac.authorization.k8s.io/v1", "RoleBinding", "controller", roleRef={"kind": "Role", "name": "controller"}
)

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
        Sort.BAD,
        ROLE,
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
    ),
    *rows(
        "rights",
        Sort.UNKNOWN,
        ROLE,
        ("all rules", "rules", UNKNOWN, ("rules",)),
        ("the verbs", "rules.0.verbs", UNKNOWN, ("rules[0].verbs",)),
        ("a verb", "rules.0.verbs", ["get", UNKNOWN], ("rules[0].verbs",)),
    ),
    *rows("rights", Sort.UNKNOWN, BINDING, ("the role", "roleRef.name", UNKNOWN, ("roleRef.name",))),
    *rows(
        "rights",
        Sort.SECRET,
        ROLE,
        ("a resource", "rules.0.resources", Secret([f"{PLANTED}/*"]), ("rules[0].resources",)),
    ),
]
