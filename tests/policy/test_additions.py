"""What somebody declares beside the platform, in its namespace and as he should, passes every rule."""

import json
from dataclasses import replace
from typing import Any

from isthmus.graph.store import dump
from policy import stored
from policy.judge import judge
from policy.record import Resource
from tests.components.recorded import graph
from tests.policy.cases import CONTAINER, POD, kubernetes
from tests.policy.wire import PACK

NAMESPACE = "isthmus-production"
LABELS = {
    "app.kubernetes.io/part-of": "isthmus",
    "isthmus.dev/environment": "production",
    "isthmus.dev/site": "ecmwf",
}
PROBE = {"httpGet": {"path": "/", "port": 8888}, "periodSeconds": 5}
MAIN = CONTAINER | {
    "image": f"registry.example/isthmus/more@sha256:{'0' * 64}",
    "ports": [{"name": "http", "containerPort": 8888}],
    "readinessProbe": PROBE,
    "livenessProbe": PROBE | {"failureThreshold": 9},
}
RBAC = "rbac.authorization.k8s.io"


def _object(api: str, kind: str, name: str, more: Any = None, **props: Any) -> Resource:
    metadata = {"namespace": NAMESPACE, "labels": LABELS | (more or {})}
    return kubernetes(api, kind, name, metadata=metadata, **props)


def _pod(account: str, **fields: Any) -> dict[str, Any]:
    own = {"serviceAccountName": account, "automountServiceAccountToken": False}
    return POD | {"initContainers": [], "containers": [MAIN], "volumes": []} | own | fields


def _twice(name: str, pod: dict[str, Any], more: Any = None) -> Resource:
    labels = {"app": name}
    spread = {"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "kubernetes.io/hostname"}]}
    template = {"metadata": {"labels": LABELS | labels | (more or {})}, "spec": pod | spread}
    strategy = {"type": "RollingUpdate"}
    spec = {"replicas": 2, "strategy": strategy, "selector": {"matchLabels": labels}, "template": template}
    return _object("apps/v1", "Deployment", name, spec=spec)


def _account(name: str) -> Resource:
    return _object("core/v1", "ServiceAccount", name, automountServiceAccountToken=False)


def _budget(name: str, **spec: Any) -> Resource:
    selector = {"matchLabels": {"app": name}}
    return _object("policy/v1", "PodDisruptionBudget", name, spec={"selector": selector, **spec})


CLIENT, SCRAPER = {"isthmus.dev/role": "client"}, {"isthmus.dev/role": "scraper"}
#: A token with rights, as one mounts it where it should be short-lived: beside Kubernetes' own certificate.
TOKEN = {"sources": [{"serviceAccountToken": {"path": "token"}}, {"configMap": {"name": "kube-root-ca.crt"}}]}
NIGHTLY = {
    "ttlSecondsAfterFinished": 60,
    "activeDeadlineSeconds": 600,
    "template": {"metadata": {"labels": LABELS | CLIENT}, "spec": _pod("web", restartPolicy="Never")},
}
READER = {"apiGroups": [""], "resources": ["pods", "services"], "verbs": ["get", "list", "watch"]}
FROM_CLIENTS = {"from": [{"podSelector": {"matchLabels": CLIENT}}], "ports": [{"protocol": "TCP", "port": 8888}]}
ADDED = [
    _account("web"),
    _object("core/v1", "Pod", "notebook", CLIENT, spec=_pod("web")),
    _object("batch/v1", "CronJob", "night", spec={"startingDeadlineSeconds": 60, "jobTemplate": {"spec": NIGHTLY}}),
    _twice("web", _pod("web")),
    _budget("web", minAvailable=1),
    _object("core/v1", "Service", "web", spec={"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80}]}),
    _object("core/v1", "Service", "store", spec={"type": "ExternalName", "externalName": "s3.example"}),
    _object(
        "networking.k8s.io/v1",
        "NetworkPolicy",
        "web",
        spec={"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Ingress"], "ingress": [FROM_CLIENTS]},
    ),
    _account("metrics"),
    _object(f"{RBAC}/v1", "Role", "metrics", rules=[READER]),
    _object(
        f"{RBAC}/v1",
        "RoleBinding",
        "metrics",
        roleRef={"apiGroup": RBAC, "kind": "Role", "name": "metrics"},
        subjects=[{"kind": "ServiceAccount", "name": "metrics", "namespace": NAMESPACE}],
    ),
    _twice("metrics", _pod("metrics", volumes=[{"name": "token", "projected": TOKEN}]), SCRAPER),
    _budget("metrics", maxUnavailable=1),
    _object("core/v1", "ConfigMap", "settings", data={"scrape.yaml": "bearer_token_file: /var/run/token\n"}),
]


def stack() -> tuple[list[Resource], list[Resource]]:
    """What is recorded of `production`, and what is added to it, at a site of it."""
    recorded = stored.resources(json.loads(dump(graph("production", preview=True))))
    site = next(one.provider for one in recorded if one.name == "ecmwf-group")
    return recorded, [replace(one, provider=site) for one in ADDED]


def test_what_is_rightly_declared_beside_the_platform_passes() -> None:
    recorded, added = stack()
    settings = json.loads((PACK / "config.production.json").read_text())

    assert judge([*recorded, *added], settings) == []


def test_it_is_judged_with_the_platform() -> None:
    """The control: without what it names, or with less of it, each would be said."""
    recorded, added = stack()
    left = [one for one in added if one.kind not in ("ServiceAccount", "PodDisruptionBudget", "RoleBinding")]

    said = {violation.rule for violation in judge([*recorded, *left])}

    assert said == {"accounts", "disruptions"}
