"""Pods that run as far as an API server can tell: enough for Deployments and Services to become ready.

It proves nothing about what a process does; the demo's own test shows that.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.controller.admin import Admin, Object, Refusal

NODE = "node-of-engine-tests"


@contextmanager
def pods_run(admin: Admin, namespaces: Sequence[str]) -> Iterator[None]:
    """While the block runs, every pod of the namespaces starts, and ends when it is deleted."""
    stop = threading.Event()
    admin.create("nodes", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE}})
    thread = threading.Thread(target=_look_after, args=(admin, namespaces, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        admin.delete("nodes", "", NODE)


def _look_after(admin: Admin, namespaces: Sequence[str], stop: threading.Event) -> None:
    while not stop.wait(0.1):
        for namespace in namespaces:
            for pod in admin.list("pods", namespace):
                try:
                    _step(admin, namespace, pod)
                except Refusal as refusal:
                    if refusal.status not in (404, 409):  # gone meanwhile, or changed: the next round sees
                        raise


def _step(admin: Admin, namespace: str, pod: Object) -> None:
    name = pod["metadata"]["name"]
    if "deletionTimestamp" in pod["metadata"]:
        admin.delete("pods", namespace, name, gracePeriodSeconds=0)
    elif "nodeName" not in pod["spec"]:
        target = {"apiVersion": "v1", "kind": "Node", "name": NODE}
        binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name}, "target": target}
        admin.call("POST", f"/api/v1/namespaces/{namespace}/pods/{name}/binding", binding)
    elif pod["status"].get("phase") == "Pending":
        ready = [{"type": kind, "status": "True"} for kind in ("Ready", "ContainersReady")]
        # Not a loopback address: the server takes none for an endpoint.
        status = {"phase": "Running", "podIP": "10.1.0.1", "conditions": ready}
        admin.patch("pods", namespace, name, {"status": status}, "status")
