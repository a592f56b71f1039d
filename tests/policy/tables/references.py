"""Rule `references`."""

from dataclasses import replace
from typing import Any

from policy.plain import UNKNOWN
from policy.record import Provider, Resource
from tests.policy.cases import DEPLOYED, NORTH, PLANTED, POD, SOUTH, Case, Gone, Secret, Sort, changed, kubernetes
from tests.policy.tables.selectors import GATEWAY

MAP = kubernetes("core/v1", "ConfigMap", "settings", data={"a": "1"}, binaryData={"zip": "UEs="})
SECRET = kubernetes("core/v1", "Secret", "key", stringData={"tunnel.json": Secret(PLANTED)})
CLAIM = kubernetes("core/v1", "PersistentVolumeClaim", "forecasts")
HEADLESS = kubernetes("core/v1", "Service", "workers", spec={"clusterIP": "None"})
FIRST = kubernetes("scheduling.k8s.io/v1", "PriorityClass", "first")
RBAC = "rbac.authorization.k8s.io/v1"
ROLE_ = kubernetes(RBAC, "Role", "rule")
ACCOUNT = kubernetes("core/v1", "ServiceAccount", "ruler")
BOUND = kubernetes(
    RBAC,
    "RoleBinding",
    "bound",
    roleRef={"kind": "Role", "name": "rule"},
    subjects=[{"kind": "ServiceAccount", "name": "ruler", "namespace": "isthmus-test"}],
)
OWN_CLAIMS = {"existingClaims": False}


def _volume(**source: Any) -> Resource:
    return changed(GATEWAY, f"{DEPLOYED}.volumes", [{"name": "v", **source}])


def _pod(**fields: Any) -> Resource:
    return changed(GATEWAY, DEPLOYED, POD | {"volumes": []} | fields)


def _container(**fields: Any) -> Resource:
    return _pod(containers=[{"name": "main", **fields}])


def _value(**reference: Any) -> Resource:
    return _container(env=[{"name": "X", "valueFrom": reference}])


#: What names it, where, what it names.
NAMING: list[tuple[str, Resource, str, Resource]] = [
    ("a map", _volume(configMap={"name": "settings"}), f"{DEPLOYED}.volumes[v].configMap", MAP),
    ("a Secret", _volume(secret={"secretName": "key"}), f"{DEPLOYED}.volumes[v].secret", SECRET),
    (
        "a projected map",
        _volume(projected={"sources": [{"configMap": {"name": "settings"}}]}),
        f"{DEPLOYED}.volumes[v].projected.sources[0].configMap",
        MAP,
    ),
    (
        "a projected Secret",
        _volume(projected={"sources": [{"secret": {"name": "key"}}]}),
        f"{DEPLOYED}.volumes[v].projected.sources[0].secret",
        SECRET,
    ),
    (
        "a variable",
        _value(configMapKeyRef={"name": "settings", "key": "a"}),
        f"{DEPLOYED}.containers[main].env[0].valueFrom.configMapKeyRef",
        MAP,
    ),
    (
        "a secret variable",
        _value(secretKeyRef={"name": "key", "key": "tunnel.json"}),
        f"{DEPLOYED}.containers[main].env[0].valueFrom.secretKeyRef",
        SECRET,
    ),
    (
        "all variables",
        _container(envFrom=[{"configMapRef": {"name": "settings"}}]),
        f"{DEPLOYED}.containers[main].envFrom[0].configMapRef",
        MAP,
    ),
    ("a registry's Secret", _pod(imagePullSecrets=[{"name": "key"}]), f"{DEPLOYED}.imagePullSecrets[0]", SECRET),
    ("a subdomain", _pod(subdomain="workers"), f"{DEPLOYED}.subdomain", HEADLESS),
    ("a priority", _pod(priorityClassName="first"), f"{DEPLOYED}.priorityClassName", FIRST),
]


def _named(sort: Sort, name: str, *resources: Resource, finds: tuple[str, ...] = (), own: bool = False) -> Case:
    return Case("references", sort, name, resources, finds, settings=OWN_CLAIMS if own else {})


KEYS = _volume(configMap={"name": "settings", "items": [{"key": "a"}, {"key": "zip"}]})
CLAIMED = _volume(persistentVolumeClaim={"claimName": "forecasts"})
CLAIMS = ("gateway spec.template.spec.volumes[v].persistentVolumeClaim",)
CASES: list[Case] = [
    *(_named(Sort.GOOD, name, by, there) for name, by, _, there in NAMING),
    *(_named(Sort.BAD, name, by, finds=(f"gateway {where}",)) for name, by, where, _ in NAMING),
    *(
        _named(Sort.BAD, f"{name}, at another site", by, replace(there, provider=SOUTH), finds=(f"gateway {where}",))
        for name, by, where, there in NAMING
        if there is not FIRST
    ),
    _named(Sort.GOOD, "keys", KEYS, MAP),
    _named(Sort.GOOD, "what may be missing", _volume(configMap={"name": "x", "optional": True})),
    _named(Sort.GOOD, "Kubernetes' own certificate", _volume(configMap={"name": "kube-root-ca.crt"})),
    _named(Sort.GOOD, "a priority of Kubernetes' own", _pod(priorityClassName="system-cluster-critical")),
    _named(Sort.GOOD, "a claim of the site's", CLAIMED),
    _named(Sort.GOOD, "a claim of ours", CLAIMED, CLAIM, own=True),
    _named(Sort.GOOD, "a role and its account", BOUND, ROLE_, ACCOUNT),
    _named(Sort.GOOD, "an account of another stack", BOUND, ROLE_),
    _named(Sort.GOOD, "a role of Kubernetes' own", changed(BOUND, "roleRef", {"kind": "ClusterRole", "name": "view"})),
    _named(Sort.BAD, "a claim that must be ours", CLAIMED, finds=CLAIMS, own=True),
    _named(
        Sort.BAD,
        "a key",
        changed(KEYS, f"{DEPLOYED}.volumes.0.configMap.items.1.key", "b"),
        MAP,
        finds=(f"gateway {DEPLOYED}.volumes[v].configMap.items[1]",),
    ),
    _named(
        Sort.BAD,
        "in another namespace",
        _volume(configMap={"name": "settings"}),
        changed(MAP, "metadata.namespace", "x"),
        finds=(f"gateway {DEPLOYED}.volumes[v].configMap",),
    ),
    _named(
        Sort.BAD,
        "a Service with an address of its own",
        _pod(subdomain="workers"),
        changed(HEADLESS, "spec.clusterIP", Gone.GONE),
        finds=(f"gateway {DEPLOYED}.subdomain",),
    ),
    _named(Sort.BAD, "a role", BOUND, ACCOUNT, finds=("bound roleRef.name",)),
    _named(
        Sort.BAD,
        "an account among ours",
        changed(BOUND, "subjects.0.name", "x"),
        ROLE_,
        ACCOUNT,
        finds=("bound subjects[0].name",),
    ),
    *(
        _named(Sort.UNKNOWN, name, by, finds=(f"gateway {where}",))
        for name, by, where in (
            ("a map", _volume(configMap={"name": UNKNOWN}), f"{DEPLOYED}.volumes[v].configMap"),
            ("a subdomain", _pod(subdomain=UNKNOWN), f"{DEPLOYED}.subdomain"),
            ("a priority", _pod(priorityClassName=UNKNOWN), f"{DEPLOYED}.priorityClassName"),
        )
    ),
    _named(Sort.UNKNOWN, "the keys of a map", KEYS, changed(MAP, "data", UNKNOWN)),
    _named(
        Sort.SECRET,
        "a name",
        _volume(configMap=Secret({"name": PLANTED})),
        finds=(f"gateway {DEPLOYED}.volumes[v].configMap",),
    ),
]


def _provider(of: Provider, identifier: str, **props: Any) -> Resource:
    return Resource("pulumi:providers:kubernetes", of.name, {"clusterIdentifier": identifier, **props}, urn=of.urn)


#: Two sites in one Kubernetes: each has a provider of its own, and what is of all of it is there once.
SHARED = [_provider(NORTH, "test/north", context="shared"), _provider(SOUTH, "test/south", context="shared")]
APART = [SHARED[0], _provider(SOUTH, "test/south", context="another")]
HIDDEN = [SHARED[0], _provider(SOUTH, "test/south", context=UNKNOWN)]
FROM_SOUTH = replace(MAP, provider=SOUTH)
MOUNTED = _volume(configMap={"name": "settings"})

CASES += [
    _named(Sort.GOOD, "made by the other site of one Kubernetes", *SHARED, MOUNTED, FROM_SOUTH),
    *(
        _named(Sort.BAD, name, *sites, MOUNTED, FROM_SOUTH, finds=(f"gateway {DEPLOYED}.volumes[v].configMap",))
        for name, sites in (("made in another Kubernetes", APART), ("made where nobody knows yet", HIDDEN))
    ),
]
