"""A small kubelet for tests, on a real API server: it binds pods to its node and says that they run.

It proves nothing about images, probes or networks. Given a namespace with `processes`, a worker pod is a real process
on this machine: its first container's arguments with the pod's environment.
"""

import os
import re
import subprocess
import sys
import threading
import time

from tests.controller.admin import Admin, Object, Refusal

NODE = "fake"


class Kubelet:
    """Looks after the pods of one namespace, every 50 ms, until closed."""

    def __init__(self, admin: Admin, namespace: str, *, processes: bool = False) -> None:
        self._admin, self._namespace, self._processes = admin, namespace, processes
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._stop = threading.Event()
        self.starts = True
        """Off: pods stay pending."""
        self.ends = True
        """Off: deleted pods stay, ending."""
        self._thread = threading.Thread(target=self._run, name=f"kubelet of {namespace}", daemon=True)

    def __enter__(self) -> "Kubelet":
        try:
            node: Object = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE}}
            self._admin.create("nodes", node)
        except Refusal as refusal:
            if refusal.status != 409:
                raise
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        for child in self._children.values():
            child.terminate()
        for child in self._children.values():
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def finish(self, name: str, phase: str = "Succeeded") -> None:
        """The pod's containers have ended."""
        self._admin.patch("pods", self._namespace, name, {"status": {"phase": phase, "conditions": []}}, "status")

    def _run(self) -> None:
        while not self._stop.wait(0.05):
            for pod in self._admin.list("pods", self._namespace):
                try:
                    self._look_after(pod)
                except Refusal as refusal:
                    if refusal.status not in (404, 409):  # gone meanwhile, or changed: the next round sees
                        raise

    def _look_after(self, pod: Object) -> None:
        name, phase = pod["metadata"]["name"], pod["status"].get("phase")
        if "deletionTimestamp" in pod["metadata"]:
            if self.ends:
                self._end(name)
            return
        if "nodeName" not in pod["spec"]:
            target = {"apiVersion": "v1", "kind": "Node", "name": NODE}
            binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name}, "target": target}
            self._admin.call("POST", f"/api/v1/namespaces/{self._namespace}/pods/{name}/binding", binding)
        elif phase == "Pending" and self.starts:
            self._start(pod)
        elif phase == "Running" and name in self._children:
            status = self._children[name].poll()
            if status is not None:
                self.finish(name, "Succeeded" if status == 0 else "Failed")

    def _start(self, pod: Object) -> None:
        name = pod["metadata"]["name"]
        if self._processes and pod["metadata"]["labels"]["dask.org/component"] == "worker":
            self._children[name] = spawn(pod)
        status = {
            "phase": "Running",
            "podIP": "127.0.0.1",
            "startTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "conditions": [{"type": "Ready", "status": "True"}, {"type": "ContainersReady", "status": "True"}],
        }
        self._admin.patch("pods", self._namespace, name, {"status": status}, "status")

    def _end(self, name: str) -> None:
        child = self._children.get(name)
        if child is not None and child.poll() is None:
            child.terminate()
            return
        self._admin.delete("pods", self._namespace, name, gracePeriodSeconds=0)


def spawn(pod: Object) -> "subprocess.Popen[bytes]":
    """The pod's first container as a process, with $(NAME) expanded as a kubelet does."""
    container = pod["spec"]["containers"][0]
    env: dict[str, str] = {}
    for entry in container.get("env") or []:
        env[entry["name"]] = _expanded(entry["value"], env)
    arguments = [_expanded(argument, env) for argument in container["args"]]
    return subprocess.Popen(
        [sys.executable, "-m", *arguments],
        env={**os.environ, **env},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _expanded(text: str, env: dict[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        return env.get(match[1], match[0])

    return re.sub(r"\$\(([A-Za-z0-9_]+)\)", value, text)
