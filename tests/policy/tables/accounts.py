"""Rules `accounts` and `pod-makers`."""

from dataclasses import replace
from typing import Any

from policy.plain import UNKNOWN
from policy.record import Resource
from tests.policy.cases import DEPLOYED, PLANTED, POD, SOUTH, Case, Gone, Secret, Sort, changed, kubernetes

RBAC = "rbac.authorization.k8s.io/v1"
ACCOUNT = f"{DEPLOYED}.serviceAccountName"
TOKEN = f"{DEPLOYED}.automountServiceAccountToken"


def _account(name: str, **props: Any) -> Resource:
    return kubernetes("core/v1", "ServiceAccount", name, **{"automountServiceAccountToken": False} | props)


def _workload(name: str, account: str, *, token: object, role: str = "web") -> Resource:
    pod = POD | {"serviceAccountName": account, "automountServiceAccountToken": token}
    template = {"metadata": {"labels": {"isthmus.dev/role": role}}, "spec": pod}
    return kubernetes("apps/v1", "Deployment", name, spec={"template": template})


def _binding(name: str, role: str, *accounts: str, kind: str = "Role", namespace: str = "isthmus-test") -> Resource:
    subjects = [{"kind": "ServiceAccount", "name": account, "namespace": namespace} for account in accounts]
    return kubernetes(RBAC, "RoleBinding", name, roleRef={"kind": kind, "name": role}, subjects=subjects)


WEB, WEBS = _workload("web", "plain", token=False), _account("plain")
#: A controller that may do something, and what grants it.
CONTROLLER = _workload("controller", "ruler", token=True, role="controller")
RULER, BOUND = _account("ruler"), _binding("rule", "rule", "ruler")
PROJECTED = [{"name": "t", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}}]
PLAIN = (WEB, WEBS)
RULED = (CONTROLLER, RULER, BOUND)


def _case(sort: Sort, name: str, *resources: Resource, finds: tuple[str, ...] = ()) -> Case:
    return Case("accounts", sort, name, resources, finds)


ACCOUNTS: list[Case] = [
    _case(Sort.GOOD, "without rights, without a token", *PLAIN),
    _case(Sort.GOOD, "with both", *RULED),
    _case(Sort.GOOD, "what the account says holds", changed(WEB, TOKEN, Gone.GONE), WEBS),
    _case(Sort.GOOD, "one without rights for two", *PLAIN, _workload("other", "plain", token=False)),
    _case(
        Sort.GOOD,
        "bound from another namespace",
        CONTROLLER,
        RULER,
        changed(BOUND, "metadata.namespace", "isthmus-another"),
    ),
    _case(Sort.BAD, "none", changed(WEB, ACCOUNT, Gone.GONE), WEBS, finds=(f"web {ACCOUNT}",)),
    _case(Sort.BAD, "everybody's", changed(WEB, ACCOUNT, "default"), WEBS, finds=(f"web {ACCOUNT}",)),
    _case(Sort.BAD, "one that is not there", WEB, finds=(f"web {ACCOUNT}",)),
    _case(Sort.BAD, "one of another site", WEB, replace(WEBS, provider=SOUTH), finds=(f"web {ACCOUNT}",)),
    _case(Sort.BAD, "a token for nothing", changed(WEB, TOKEN, True), WEBS, finds=(f"web {TOKEN}",)),
    _case(
        Sort.BAD,
        "a token, as nobody says anything",
        changed(WEB, TOKEN, Gone.GONE),
        changed(WEBS, "automountServiceAccountToken", Gone.GONE),
        finds=("plain automountServiceAccountToken", f"web {TOKEN}"),
    ),
    _case(
        Sort.BAD,
        "a token of another kind",
        changed(WEB, f"{DEPLOYED}.volumes", PROJECTED),
        WEBS,
        finds=(f"web {DEPLOYED}.volumes[t].projected.sources[0].serviceAccountToken",),
    ),
    _case(
        Sort.BAD, "bound elsewhere", CONTROLLER, RULER, replace(BOUND, provider=SOUTH), finds=(f"controller {TOKEN}",)
    ),
    _case(
        Sort.BAD,
        "rights shared",
        *RULED,
        _workload("other", "ruler", token=False),
        finds=(f"other {ACCOUNT}",),
    ),
    _case(Sort.UNKNOWN, "the account", changed(WEB, ACCOUNT, UNKNOWN), WEBS, finds=(f"web {ACCOUNT}",)),
    _case(Sort.UNKNOWN, "the token", changed(WEB, TOKEN, UNKNOWN), WEBS, finds=(f"web {TOKEN}",)),
    _case(
        Sort.UNKNOWN,
        "the account's token",
        WEB,
        changed(WEBS, "automountServiceAccountToken", UNKNOWN),
        finds=("plain automountServiceAccountToken",),
    ),
    _case(Sort.SECRET, "the account", changed(WEB, ACCOUNT, Secret(PLANTED)), WEBS, finds=(f"web {ACCOUNT}",)),
]


def _role(name: str, group: str, resource: str, verb: str, kind: str = "Role") -> Resource:
    return kubernetes(RBAC, kind, name, rules=[{"apiGroups": [group], "resources": [resource], "verbs": [verb]}])


MAKER = _role("rule", "", "pods", "create")
OTHERS = _binding("others", "rule", "plain")
#: The controller of another stack, at a site where this one runs none.
FOREIGN = _binding("rule", "rule", "controller", namespace="isthmus-system")


def _made(sort: Sort, name: str, *resources: Resource, finds: tuple[str, ...] = ()) -> Case:
    return Case("pod-makers", sort, name, resources, finds)


MAKERS: list[Case] = [
    _made(Sort.GOOD, "the controller", *RULED, MAKER),
    _made(Sort.GOOD, "the controller of another stack", FOREIGN, MAKER),
    _made(Sort.GOOD, "a role that nobody has", *PLAIN, MAKER),
    _made(Sort.GOOD, "who only looks", *PLAIN, OTHERS, _role("rule", "", "pods", "get")),
    _made(Sort.GOOD, "for the whole Kubernetes, looking only", _role("look", "", "pods", "list", "ClusterRole")),
    *(
        _made(
            Sort.BAD,
            f"{verb} {group}/{kind}",
            *PLAIN,
            OTHERS,
            _role("rule", group, kind, verb),
            finds=("others subjects[0]",),
        )
        for group, kind, verb in (
            ("", "pods", "create"),
            ("", "pods", "patch"),
            ("apps", "deployments", "update"),
            ("apps", "statefulsets", "create"),
            ("batch", "cronjobs", "create"),
            ("kubernetes.dask.org", "daskclusters", "create"),
        )
    ),
    _made(Sort.BAD, "everywhere", _role("all", "", "pods", "create", "ClusterRole"), finds=("all rules[0].resources",)),
    _made(Sort.BAD, "somebody beside the controller", *RULED, *PLAIN, OTHERS, MAKER, finds=("others subjects[0]",)),
    _made(Sort.BAD, "another's beside an own controller", *RULED, MAKER, FOREIGN, finds=("rule subjects[0]",)),
    _made(
        Sort.BAD,
        "a person",
        *RULED,
        MAKER,
        changed(OTHERS, "subjects", [{"kind": "User", "name": "ruler"}]),
        finds=("others subjects[0]",),
    ),
    _made(Sort.UNKNOWN, "who", *RULED, MAKER, changed(OTHERS, "subjects", UNKNOWN), finds=("others subjects",)),
    _made(
        Sort.UNKNOWN, "whose", *RULED, MAKER, changed(OTHERS, "subjects.0.name", UNKNOWN), finds=("others subjects[0]",)
    ),
    _made(Sort.UNKNOWN, "what: rule `rights` says so", *PLAIN, OTHERS, changed(MAKER, "rules.0.verbs", UNKNOWN)),
    _made(
        Sort.SECRET,
        "who",
        *RULED,
        MAKER,
        changed(OTHERS, "subjects.0.name", Secret(PLANTED)),
        finds=("others subjects[0]",),
    ),
]

CASES = [*ACCOUNTS, *MAKERS]
