"""Pods that run as far as an API server can tell: enough for Deployments and Services to become ready.

It proves nothing about what a process does; the demo's own test shows that.
"""

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from tests.controller.admin import Admin, Object, Refusal
from tests.local_api import ApiServer

NODE = "node-of-engine-tests"


@contextmanager
def pods_run(server: ApiServer) -> Iterator[None]:
    """While the block runs, every pod of the server starts, and ends when it is deleted."""
    admin, stop = Admin(server), threading.Event()
    admin.create("nodes", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE}})
    watch = _Watch(server)
    thread = threading.Thread(target=_look_after, args=(admin, watch, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        watch.end()
        thread.join()
        admin.delete("nodes", "", NODE)


class _Watch:
    """One request that goes on: every pod that is there, then each change. To ask again and again costs ten times."""

    def __init__(self, server: ApiServer) -> None:
        url = urlsplit(server.url)
        self._connection = http.client.HTTPSConnection(url.hostname or "", url.port, context=server.tls())
        self._connection.connect()
        self._socket = self._connection.sock

    def pods(self) -> Iterator[Object]:
        """Goes on until `end` is called."""
        try:
            self._connection.request("GET", "/api/v1/pods?watch=true")
            answer = self._connection.getresponse()
            while line := answer.readline():
                event = json.loads(line)
                if event["type"] in ("ADDED", "MODIFIED"):
                    yield event["object"]
        finally:
            self._connection.close()

    def end(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)


def _look_after(admin: Admin, watch: _Watch, stop: threading.Event) -> None:
    try:
        for pod in watch.pods():
            try:
                _step(admin, pod)
            except Refusal as refusal:
                if refusal.status not in (404, 409):  # gone meanwhile, or changed: its next event follows
                    raise
    except (OSError, ValueError, http.client.HTTPException):
        if not stop.is_set():
            raise


def _step(admin: Admin, pod: Object) -> None:
    namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
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
