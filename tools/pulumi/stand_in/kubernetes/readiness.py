"""When an object counts as ready: pure rules over the live object and what stands around it.

Kinds without a rule are ready as soon as they are made, as with the official plugin (provider/pkg/await/awaiters.go):
ConfigMaps, LimitRanges, NetworkPolicies, PodDisruptionBudgets, PriorityClasses, roles and custom resources among them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tools.pulumi.stand_in.kubernetes.conditions import parse_wait
from tools.pulumi.stand_in.kubernetes.objects import Object, notes


class Failed(Exception):
    """The object will not become ready: to wait longer is no use."""


@dataclass(frozen=True)
class Around:
    """What some kinds need to know beside themselves. Called only where needed: each is a request."""

    storage_class: Callable[[str], Mapping[str, Any] | None]
    """By name."""
    has_endpoint: Callable[[Mapping[str, Any]], bool]
    """Whether something stands behind a Service."""


def waiting_for(obj: Object, around: Around) -> str:
    """What the object still lacks, in a few words; empty when it is ready or its kind is not waited for.

    Raises Failed if it lacks it for good.
    """
    if text := notes(obj).get("waitFor"):
        return ", ".join(wait.text for wait in parse_wait(text) if not wait.holds(obj))
    rule = _RULES.get(obj["kind"])
    return rule(obj, around) if rule else ""


def _conditions(obj: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {condition["type"]: condition for condition in (obj.get("status") or {}).get("conditions") or []}


def _holds(obj: Mapping[str, Any], condition: str) -> bool:
    return bool(_conditions(obj).get(condition, {}).get("status") == "True")


def _unseen(obj: Mapping[str, Any]) -> bool:
    """Whether the controller still has to look at the latest spec."""
    seen = (obj.get("status") or {}).get("observedGeneration", 0)
    return bool(seen < obj["metadata"].get("generation", 0))


def _replicas(obj: Mapping[str, Any], _: Around) -> str:
    spec, status, conditions = obj["spec"], obj.get("status") or {}, _conditions(obj)
    if _unseen(obj):
        return "its controller to see the new spec"
    progressing = conditions.get("Progressing", {})
    if progressing.get("status") == "False":
        raise Failed(progressing.get("message", "it makes no progress"))
    refused = conditions.get("ReplicaFailure", {})
    why = f" ({refused.get('message')})" if refused.get("status") == "True" else ""
    want = spec.get("replicas", 1)
    ready = min(status.get("readyReplicas", 0), status.get("updatedReplicas", 0))
    if ready < want:
        return f"{ready} of {want} replicas are ready{why}"
    old = status.get("replicas", 0) - want
    return f"{old} old replicas to end" if old > 0 else ""


def _daemon_set(obj: Mapping[str, Any], _: Around) -> str:
    if _unseen(obj):
        return "its controller to see the new spec"
    status = obj.get("status") or {}
    want = status.get("desiredNumberScheduled", 0)
    ready = min(status.get("numberReady", 0), status.get("updatedNumberScheduled", 0))
    return f"{ready} of {want} pods are ready" if ready < want else ""


def _pod(obj: Mapping[str, Any], _: Around) -> str:
    phase = (obj.get("status") or {}).get("phase")
    if phase == "Failed":
        raise Failed((obj["status"].get("message")) or "its containers failed")
    return "" if phase == "Succeeded" or _holds(obj, "Ready") else f"it is {phase}"


def _job(obj: Mapping[str, Any], _: Around) -> str:
    if _holds(obj, "Failed"):
        raise Failed(_conditions(obj)["Failed"].get("message", "it failed"))
    return "" if _holds(obj, "Complete") or _holds(obj, "SuccessCriteriaMet") else "its pods to complete"


def _service(obj: Mapping[str, Any], around: Around) -> str:
    spec = obj["spec"]
    if spec.get("type") == "LoadBalancer" and not ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress"):
        return "an address of its load balancer"
    if spec.get("type") == "ExternalName" or not spec.get("selector"):
        return ""
    return "" if around.has_endpoint(obj) else "a pod behind it"


def _claim(obj: Mapping[str, Any], around: Around) -> str:
    phase = (obj.get("status") or {}).get("phase")
    if phase == "Bound":
        return ""
    if phase == "Lost":
        raise Failed("its volume is lost")
    name = obj["spec"].get("storageClassName")
    storage_class = around.storage_class(name) if name else None
    if storage_class and storage_class.get("volumeBindingMode") == "WaitForFirstConsumer":
        return ""  # it binds with its first pod, which may well wait for us
    return f"a volume (it is {phase}, storage class {name or 'by default'})"


def _quota(obj: Mapping[str, Any], _: Around) -> str:
    """Until its limits are in its status, the server refuses whatever would count against it."""
    limits = (obj.get("status") or {}).get("hard")
    return "" if limits == obj["spec"].get("hard") else "the server to count against it"


def _crd(obj: Mapping[str, Any], _: Around) -> str:
    refused = _conditions(obj).get("NamesAccepted", {})
    if refused.get("status") == "False":
        raise Failed(refused.get("message", "its names are taken"))
    return "" if _holds(obj, "Established") else "the server to establish it"


def _namespace(obj: Mapping[str, Any], _: Around) -> str:
    return "" if (obj.get("status") or {}).get("phase") == "Active" else "it to become active"


_RULES: Final[Mapping[str, Callable[[Mapping[str, Any], Around], str]]] = {
    "CustomResourceDefinition": _crd,
    "DaemonSet": _daemon_set,
    "Deployment": _replicas,
    "Job": _job,
    "Namespace": _namespace,
    "PersistentVolumeClaim": _claim,
    "Pod": _pod,
    "ResourceQuota": _quota,
    "Service": _service,
    "StatefulSet": _replicas,
}
