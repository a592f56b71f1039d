"""Untyped objects become typed views, here and nowhere else. No I/O.

A custom resource that the controller cannot act on raises `Unusable`: it becomes one condition of that object and
touches nothing else. The API server has checked the schema; this is what a schema cannot say.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from ipaddress import IPv6Network
from typing import Any, Final

from isthmus.controller.kinds import Body
from isthmus.controller.store import labels, metadata, uid
from isthmus.controller.views import Cluster, Group, PodView, Slots, Template
from isthmus.errors import IsthmusError
from isthmus.names import (
    ANNOTATION_HANDED_DOWN,
    ANNOTATION_RETIRING,
    ANNOTATION_TEMPLATE,
    ENV_WORKER_NAME,
    LABEL_SITE,
    LABEL_SLOT,
    LABEL_WORKER_GROUP,
    TUNNEL_CONTAINER,
)

#: Upstream's rule (dask-kubernetes 2026.3.0, constants.py): `{name}-scheduler` must be a DNS label of at most 63.
CLUSTER_NAME: Final = re.compile(r"(?=.{1,53}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?")
#: A group's name is a label value of its pods (63 characters) and the stem of their names (RFC 1123).
GROUP_NAME: Final = re.compile(r"(?=.{1,63}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?")


class Unusable(IsthmusError):
    """A custom resource that cannot be acted on. `reason` is CamelCase, for the condition."""

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


def seconds(timestamp: Any) -> float:
    """Kubernetes' RFC 3339 time as seconds since the epoch; 0 if there is none."""
    try:
        return datetime.fromisoformat(str(timestamp)).timestamp()
    except ValueError:
        return 0.0


def owner(body: Body) -> str:
    """uid of the controlling owner; empty without one."""
    references = _maps(metadata(body).get("ownerReferences"))
    return next((str(reference.get("uid")) for reference in references if reference.get("controller")), "")


def digest(part: Mapping[str, Any]) -> str:
    """What tells one version of a part of a custom resource from another: of its metadata and its spec, 16 hex digits.

    Neither its replicas, nor the metadata of the resource, where tools keep their books.
    """
    looked_at = {"metadata": _map(part.get("metadata")), "spec": _map(part.get("spec"))}
    return hashlib.sha256(json.dumps(looked_at, sort_keys=True).encode()).hexdigest()[:16]


def made_from(body: Body | None) -> str:
    """Digest of what an object of ours was made from; empty if it does not say, or there is no object."""
    return str(_map(metadata(body or {}).get("annotations")).get(ANNOTATION_TEMPLATE, ""))


def cluster(body: Body) -> Cluster:
    """The view of a DaskCluster. Raises Unusable if its name cannot carry a scheduler."""
    meta, spec = metadata(body), _map(body.get("spec"))
    name, scheduler_part = str(meta.get("name")), _map(spec.get("scheduler"))
    if not CLUSTER_NAME.fullmatch(name):
        raise Unusable(
            "InvalidName",
            f"a DaskCluster's name has at most 53 of a-z, 0-9 and '-', none of '-' at its ends; got {name!r}",
        )
    worker, service = _map(spec.get("worker")), _map(scheduler_part.get("service"))
    return Cluster(
        namespace=str(meta.get("namespace")),
        name=name,
        uid=uid(body),
        generation=int(meta.get("generation", 0)),
        deleting="deletionTimestamp" in meta,
        replicas=int(worker.get("replicas", 1)),
        own=_template(body, {}),
        scheduler=_template(body, scheduler_part),
        service=service,
        service_digest=digest({"spec": service}),
        worker=worker,
        worker_digest=digest(worker),
        status=_map(body.get("status")),
    )


def group(body: Body) -> Group:
    """The view of a DaskWorkerGroup. Raises Unusable for a name or slots that no pod could have."""
    meta, spec = metadata(body), _map(body.get("spec"))
    name, worker = str(meta.get("name")), _map(spec.get("worker"))
    if not GROUP_NAME.fullmatch(name):
        raise Unusable(
            "InvalidName",
            f"a DaskWorkerGroup's name has at most 63 of a-z, 0-9 and '-', none of '-' at its ends; got {name!r}",
        )
    template = _template(body, worker)
    return Group(
        namespace=str(meta.get("namespace")),
        name=name,
        uid=uid(body),
        generation=int(meta.get("generation", 0)),
        resource_version=str(meta.get("resourceVersion", "")),
        created=seconds(meta.get("creationTimestamp")),
        deleting="deletionTimestamp" in meta,
        cluster=str(spec.get("cluster", "")),
        owner=owner(body),
        replicas=int(worker.get("replicas", 1)),
        handed_down=str(_map(meta.get("annotations")).get(ANNOTATION_HANDED_DOWN, "")),
        made_from=made_from(body),
        scheduler_address=str(spec.get("schedulerAddress") or ""),
        scheduler_http=str(spec.get("schedulerHttpAddress") or "").rstrip("/"),
        slots=_slots(spec, template),
        template=template,
        status=_map(body.get("status")),
    )


def pod(body: Body) -> PodView:
    """The view of a worker pod."""
    meta, status = metadata(body), _map(body.get("status"))
    conditions = {condition.get("type"): condition.get("status") for condition in _maps(status.get("conditions"))}
    slot = labels(body).get(LABEL_SLOT, "")
    name = str(meta.get("name"))
    return PodView(
        name=name,
        uid=uid(body),
        worker=_worker_name(body) or name,
        ip=str(status.get("podIP") or ""),
        slot=int(slot) if slot.isdecimal() else None,
        created=seconds(meta.get("creationTimestamp")),
        running=status.get("phase") == "Running",
        ready=conditions.get("Ready") == "True",
        finished=status.get("phase") in ("Succeeded", "Failed"),
        ending="deletionTimestamp" in meta,
        retiring=ANNOTATION_RETIRING in _map(meta.get("annotations")),
        template=made_from(body),
    )


def pods(bodies: Sequence[Body], of: Group) -> list[PodView]:
    """The pods that a group owns, by name."""
    return [pod(body) for body in bodies if owner(body) == of.uid and labels(body).get(LABEL_WORKER_GROUP) == of.name]


def deployment_ready(body: Body | None) -> bool:
    """Whether a scheduler's Deployment has a pod that is ready."""
    return body is not None and int(_map(body.get("status")).get("readyReplicas") or 0) > 0


def load_balancer_pending(body: Body) -> bool:
    """Whether a Service waits for the address of its load balancer."""
    if _map(body.get("spec")).get("type") != "LoadBalancer":
        return False
    return not _map(_map(body.get("status")).get("loadBalancer")).get("ingress")


def _slots(spec: Mapping[str, Any], template: Template) -> Slots | None:
    given = spec.get("slots")
    if given is None:
        return None
    site = template.labels.get(LABEL_SITE, "")
    if not site:
        raise Unusable(
            "NoSite", f"spec.slots needs the label {LABEL_SITE} in spec.worker.metadata.labels: it names the seats"
        )
    names = [
        str(part.get("name")) for key in ("containers", "initContainers") for part in _maps(template.spec.get(key))
    ]
    if TUNNEL_CONTAINER not in names:
        raise Unusable(
            "NoTunnel", f"spec.slots needs a container named {TUNNEL_CONTAINER!r} to give the slot's Secret to"
        )
    slots = _map(given)
    try:
        prefix = IPv6Network(str(slots.get("addressPrefix")))
    except ValueError as error:
        raise Unusable("InvalidSlots", f"spec.slots.addressPrefix: {error}") from None
    return Slots(int(slots.get("first", 0)), int(slots["count"]), prefix, str(slots["secretPrefix"]), site)


def _template(body: Body, part: Mapping[str, Any]) -> Template:
    """Labels and annotations of the object, those of the part over them, and the part's spec."""
    top, own = metadata(body), _map(part.get("metadata"))
    return Template(
        labels={**_map(top.get("labels")), **_map(own.get("labels"))},
        annotations={**_map(top.get("annotations")), **_map(own.get("annotations"))},
        spec=_map(part.get("spec")),
        digest=digest(part),
    )


def _worker_name(body: Body) -> str:
    """DASK_WORKER_NAME of the first container that has it: a user may have set it."""
    for container in _maps(_map(body.get("spec")).get("containers")):
        for entry in _maps(container.get("env")):
            if entry.get("name") == ENV_WORKER_NAME:
                return str(entry.get("value") or "")
    return ""


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _maps(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
