"""The controller does everything with the rights of `isthmus.rights` and nothing without them."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from isthmus.rights import RULES
from tests.controller.admin import Admin, condition, phase
from tests.controller.dask_stub import DaskStub, identity
from tests.controller.kubelet import Kubelet
from tests.controller.objects import cluster, group, seated
from tests.controller.running import Call, Controller, Recorder
from tests.local_api import ApiServer
from tests.waiting import eventually

pytestmark = pytest.mark.cluster

Right = tuple[str, str, str]
"""API group, resource or resource/subresource, verb: as RBAC counts them."""

#: Needed only on a server with OwnerReferencesPermissionEnforcement: no call of its own is made for it.
WITHOUT_CALL = {
    ("kubernetes.dask.org", "daskclusters/finalizers", "update"),
    ("kubernetes.dask.org", "daskworkergroups/finalizers", "update"),
}
#: What Kubernetes grants every authenticated user (ClusterRole system:discovery).
DISCOVERY = re.compile(r"/(api|apis)(/[^/]+(/v[0-9a-z]+)?)?")


def granted() -> set[Right]:
    return {
        (group, resource, verb)
        for rule in RULES
        for group in rule.api_groups
        for resource in rule.resources
        for verb in rule.verbs
    }


def right_of(call: Call) -> Right | None:
    """What RBAC asks for a call; None for discovery."""
    if call.method == "GET" and DISCOVERY.fullmatch(call.path):
        return None
    match = re.fullmatch(
        r"/(?:api/v1|apis/(?P<group>[^/]+)/[^/]+)/namespaces/[^/]+/(?P<plural>[^/]+)(?:/(?P<name>[^/]+))?(?:/(?P<sub>[^/]+))?",
        call.path,
    )
    assert match is not None, f"{call} is not namespaced"
    verbs = {"POST": "create", "PATCH": "patch", "DELETE": "delete"}
    reading = "get" if match["name"] else "watch" if "watch=true" in call.query else "list"
    resource = match["plural"] + (f"/{match['sub']}" if match["sub"] else "")
    return match["group"] or "", resource, verbs.get(call.method, reading)


@pytest.fixture
def account(server: ApiServer, admin: Admin, namespace: str, tmp_path: Path) -> Path:
    """Kubeconfig of a ServiceAccount that has exactly the rights of RULES in the namespace, and none elsewhere."""
    meta = {"name": "controller", "namespace": namespace}
    admin.create("serviceaccounts", {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta})
    rules = [
        {"apiGroups": list(rule.api_groups), "resources": list(rule.resources), "verbs": list(rule.verbs)}
        for rule in RULES
    ]
    rbac = "rbac.authorization.k8s.io"
    admin.create("roles", {"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": meta, "rules": rules})
    admin.create(
        "rolebindings",
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "RoleBinding",
            "metadata": meta,
            "roleRef": {"apiGroup": rbac, "kind": "Role", "name": "controller"},
            "subjects": [{"kind": "ServiceAccount", **meta}],
        },
    )
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    token = admin.call("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts/controller/token", request)
    content: dict[str, Any] = json.loads(server.kubeconfig.read_text())
    content["users"] = [
        {"name": user["name"], "user": {"token": token["status"]["token"]}} for user in content["users"]
    ]
    file = tmp_path / "kubeconfig"
    file.write_text(json.dumps(content))
    file.chmod(0o600)
    return file


def test_the_whole_work_needs_every_right_of_the_list_and_no_other(
    admin: Admin, namespace: str, account: Path, kubelet: Kubelet, dask: DaskStub
) -> None:
    recorder = Recorder()
    foreign = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "taken-scheduler", "namespace": namespace},
        "spec": {"ports": [{"port": 80}]},
    }
    admin.create("services", foreign)
    left = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "taken-scheduler", "namespace": namespace},
    }
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    left["spec"] = {"replicas": 0, "selector": {"matchLabels": {"a": "b"}}, "template": template}
    admin.create("deployments", left)

    def make(plural: str, body: dict[str, Any]) -> None:
        admin.create(plural, {**body, "metadata": {**body["metadata"], "namespace": namespace}})

    def scaling(name: str) -> tuple[str, str]:
        return condition(admin.get("daskworkergroups", namespace, name), "ScalingLimited")

    def pods(name: str) -> int:
        return len(admin.list("pods", namespace, f"dask.org/workergroup-name={name}"))

    dask.workers = lambda: {
        f"tcp://127.0.0.1:{number}": identity(pod["metadata"]["name"])
        for number, pod in enumerate(admin.list("pods", namespace, "dask.org/workergroup-name=demo-far"))
    }
    with Controller(account, namespace, [recorder]):
        upstream = cluster(replicas=1)
        upstream["metadata"]["finalizers"] = ["kopf.zalando.org/KopfFinalizerMarker"]
        make("daskclusters", upstream)
        make("daskclusters", cluster("taken"))
        make("daskworkergroups", group(replicas=1))  # has no owner: is adopted
        make("daskworkergroups", seated("demo-far", replicas=2, schedulerHttpAddress=dask.url))
        eventually(lambda: [pods("demo-default"), pods("demo-north"), pods("demo-far")], [1, 1, 2])
        eventually(lambda: phase(admin.get("daskclusters", namespace, "taken")), "Error")
        eventually(lambda: (admin.get("daskclusters", namespace, "demo") or {})["metadata"].get("finalizers"), None)
        eventually(
            lambda: condition(admin.get("daskworkergroups", namespace, "demo-far"), "WorkersReady"), ("True", "Ready")
        )
        admin.scale("daskworkergroups", namespace, "demo-far", 1)
        eventually(lambda: pods("demo-far"), 1)
        eventually(lambda: scaling("demo-far"), ("False", "AsAsked"))

    used = {right for call in recorder.calls if (right := right_of(call)) is not None}
    assert used <= granted(), f"calls without a right: {sorted(used - granted())}"
    assert granted() - used == WITHOUT_CALL, "rights without a call"


def test_the_program_works_with_these_rights_tells_its_health_and_ends_on_sigterm(
    admin: Admin, namespace: str, account: Path, kubelet: Kubelet
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "isthmus.controller", "--namespace", namespace, "--port", str(port)]
    environment = {**os.environ, "KUBECONFIG": str(account)}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        body = cluster(replicas=1)
        admin.create("daskclusters", {**body, "metadata": {**body["metadata"], "namespace": namespace}})
        eventually(lambda: condition(admin.get("daskclusters", namespace, "demo"), "WorkersReady"), ("True", "Ready"))
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as answer:
            said = json.load(answer)
    finally:
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=30)

    assert process.returncode == 0
    assert set(said) == {"now", "lastEventAgeSeconds", "lastReadAgeSeconds", "queueLagSeconds", "queueLength"}
    assert 0 <= said["lastEventAgeSeconds"] < 30
    assert "Traceback" not in log
    assert "WARNING" not in log, log


def test_without_its_role_the_program_says_what_it_lacks(
    admin: Admin, namespace: str, account: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin.delete("rolebindings", namespace, "controller")
    script = (
        "import isthmus.controller.work as work, sys; work.START_S = 1.0; "
        "from isthmus.controller.__main__ import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", script, "--namespace", namespace, "--port", "0"]
    ended = subprocess.run(
        command, env={**os.environ, "KUBECONFIG": str(account)}, capture_output=True, text=True, timeout=60
    )

    assert ended.returncode == 1
    assert f"cannot list daskclusters in namespace {namespace}" in ended.stderr
    assert "isthmus/rights.py" in ended.stderr
    assert "Traceback" not in ended.stderr
