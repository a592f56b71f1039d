"""Waiting with a deadline: for an object to become ready, for an object to be gone. Nothing here waits for ever."""

import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tools.pulumi.stand_in.kubernetes.client import ApiError
from tools.pulumi.stand_in.kubernetes.cluster import Cluster
from tools.pulumi.stand_in.kubernetes.kinds import NoKind
from tools.pulumi.stand_in.kubernetes.objects import Object, notes, shown
from tools.pulumi.stand_in.kubernetes.readiness import Around, Failed, waiting_for

#: How long an object may take if neither `customTimeouts` nor pulumi.com/timeoutSeconds says so.
DEADLINE_S: Final = 300.0
#: Kinds whose dependents nobody else waits for: they need not outlive them, which saves the collector's round.
_LEAVES: Final = {
    *("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "ServiceAccount"),
    *("ConfigMap", "Secret", "PersistentVolumeClaim", "Service", "NetworkPolicy"),
    *("LimitRange", "PodDisruptionBudget", "PriorityClass", "ResourceQuota"),
    *("CustomResourceDefinition", "Namespace", "StorageClass"),  # these hold themselves until their content is gone
}


class NotReady(Exception):
    """The object exists but is not ready. `live`: its last state."""

    def __init__(self, live: Object, why: str) -> None:
        self.live, self.why = live, why
        super().__init__(f"{shown(live)} is not ready: {why}")


class StillThere(Exception):
    """An object that should be gone is not."""


class Clock:
    """How long one call may wait, and whether the person has pressed Ctrl-C meanwhile."""

    def __init__(self, seconds: float, cancelled: threading.Event) -> None:
        self._seconds, self._cancelled = seconds, cancelled

    def beats(self) -> Iterator[None]:
        """Yields now and then until time is up: at once, then ever more slowly, at the least twice a second."""
        until, pause = time.monotonic() + self._seconds, 0.02
        yield
        while time.monotonic() < until and not self._cancelled.wait(pause):
            pause = min(0.5, pause * 1.5)
            yield

    @property
    def why(self) -> str:
        """Why it ended."""
        return "the update was cancelled" if self._cancelled.is_set() else f"{self._seconds:.0f} s have passed"


def seconds(inputs: Mapping[str, Any], asked: float) -> float:
    """How long an object may take: the annotation, what the engine passes on, or the default."""
    return float(notes(inputs).get("timeoutSeconds") or asked or DEADLINE_S)


def ready(cluster: Cluster, inputs: Mapping[str, Any], live: Object, clock: Clock) -> Object:
    """The object once it is ready. Raises NotReady, at once if it is plain that it never will be."""
    if notes(inputs).get("skipAwait") == "true":
        return live
    around = _around(cluster)
    lacking = ""
    for _ in clock.beats():
        try:
            if lacking:
                live = cluster.get(live)
            lacking = waiting_for(live, around) or _unserved(cluster, live)
        except Failed as error:
            raise NotReady(live, _explained(cluster, live, str(error))) from None
        if not lacking:
            return live
    raise NotReady(live, _explained(cluster, live, f"it waits for {lacking}; {clock.why}"))


def gone(cluster: Cluster, state: Object, clock: Clock) -> None:
    """Deletes an object, dependents first, and returns when it is gone. Raises StillThere, ApiError, Unreachable."""
    default = "Background" if state["kind"] in _LEAVES else "Foreground"
    propagation = (notes(state).get("deletionPropagationPolicy") or default).capitalize()
    try:
        if cluster.delete(state, propagation).get("kind") == "Status":
            return
    except NoKind:
        return  # its CustomResourceDefinition went first
    except ApiError as error:
        if error.status == 404 or _is_another(error):
            return
        raise
    uid = state["metadata"].get("uid")
    live: Object | None = state
    for _ in clock.beats():
        live = cluster.find(state)
        if live is None or (uid and live["metadata"]["uid"] != uid):
            return
    raise StillThere(f"{shown(state)} is not gone: {_remaining(live or state)}; {clock.why}")


def _is_another(error: ApiError) -> bool:
    """Whether the name has passed to another object: a conflict about the uid that we gave as precondition."""
    return error.status == 409 and "UID" in str(error)


def _remaining(live: Mapping[str, Any]) -> str:
    """What holds an ending object back."""
    found = [
        c["message"]
        for c in (live.get("status") or {}).get("conditions") or []
        if c.get("status") == "True" and c.get("message")
    ]
    finalizers = [*(live["metadata"].get("finalizers") or []), *((live.get("spec") or {}).get("finalizers") or [])]
    if finalizers:
        found.append(f"finalizers {', '.join(finalizers)}")
    return "; ".join(found) or "the server does not say why"


def _unserved(cluster: Cluster, live: Mapping[str, Any]) -> str:
    """An established CustomResourceDefinition takes a moment more until its kind can be used."""
    if live["kind"] != "CustomResourceDefinition":
        return ""
    spec = live["spec"]
    for version in spec["versions"]:
        if version.get("served"):
            try:
                cluster.kinds.find(f"{spec['group']}/{version['name']}", spec["names"]["kind"])
            except NoKind:
                return f"the server to serve {version['name']}"
    return ""


def _around(cluster: Cluster) -> Around:
    def storage_class(name: str) -> Object | None:
        return cluster.find({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name}})

    def has_endpoint(service: Mapping[str, Any]) -> bool:
        meta = service["metadata"]
        slices = cluster.client.get(
            f"/apis/discovery.k8s.io/v1/namespaces/{meta['namespace']}/endpointslices",
            {"labelSelector": f"kubernetes.io/service-name={meta['name']}"},
        )
        endpoints = (endpoint for part in slices["items"] for endpoint in part.get("endpoints") or [])
        return any((endpoint.get("conditions") or {}).get("ready") is not False for endpoint in endpoints)

    return Around(storage_class, has_endpoint)


def _explained(cluster: Cluster, live: Mapping[str, Any], why: str) -> str:
    """`why`, and what the pods of a workload say about it."""
    labels = ((live.get("spec") or {}).get("selector") or {}).get("matchLabels") if live["kind"] != "Service" else None
    if not labels:
        return why
    path = f"/api/v1/namespaces/{live['metadata']['namespace']}/pods"
    try:
        pods = cluster.client.get(path, {"labelSelector": ",".join(f"{k}={v}" for k, v in labels.items())})["items"]
    except ApiError:
        return why
    return "; ".join([why, *(f"pod {pod['metadata']['name']}: {text}" for pod in pods for text in _pod_says(pod))])


def _pod_says(pod: Mapping[str, Any]) -> Iterator[str]:
    status = pod.get("status") or {}
    for condition in status.get("conditions") or []:
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            yield str(condition.get("message"))
    for container in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        waiting = (container.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") not in (None, "PodInitializing", "ContainerCreating"):
            ended = (container.get("lastState") or {}).get("terminated") or {}
            status_text = f", last exit status {ended['exitCode']}" if "exitCode" in ended else ""
            yield f"{container['name']} {waiting['reason']} {waiting.get('message', '')}{status_text}"
