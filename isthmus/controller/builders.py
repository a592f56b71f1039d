"""What is made, as the API server is to receive it: views in, objects out. No I/O, no clock, no chance.

Labels and annotations pass from the custom resource to what it makes (the Dask operator's rule): those of the resource,
over them those of the part, over them the reserved ones. A user's environment keeps its order and wins over ours, but
for the seat: two workers with one address would be worse than a surprised user.
"""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any, Final

from isthmus.controller.kinds import CLUSTERS, DEPLOYMENTS, GROUPS, PODS, SERVICES, Kind
from isthmus.controller.views import Cluster, Group, Slots, Template
from isthmus.names import (
    ANNOTATION_HANDED_DOWN,
    ANNOTATION_TEMPLATE,
    DASK_GRACE_S,
    ENV_ADDRESS,
    ENV_SCHEDULER_ADDRESS,
    ENV_SCHEDULER_ROUTES,
    ENV_SLOT,
    ENV_WORKER_NAME,
    FIRST_SLOT_NUMBER,
    LABEL_CLUSTER,
    LABEL_COMPONENT,
    LABEL_SLOT,
    LABEL_WORKER_GROUP,
    SCHEDULER_ROUTES,
    TUNNEL_CONFIG_DIR,
    TUNNEL_CONTAINER,
    TUNNEL_VOLUME,
    default_group,
    scheduler,
    slot_hostname,
)

#: Upstream's: a mesh proxy between Dask's peers breaks their connections.
NO_ISTIO: Final = {"sidecar.istio.io/inject": "false"}
#: Annotations that speak of the object they are on and of nothing else.
NOT_COPIED: Final = ("kopf.zalando.org", "kubectl.kubernetes.io", ANNOTATION_HANDED_DOWN, ANNOTATION_TEMPLATE)

Object = dict[str, Any]
"""A Kubernetes object that is ours to change."""


def scheduler_deployment(cluster: Cluster) -> Object:
    """The scheduler. Recreate: clients fail on two scheduler pods, and two schedulers would share one Service."""
    reserved = _scheduler_labels(cluster)
    pod = _pod_spec(cluster.scheduler.spec)
    for container in pod["containers"]:
        container["env"] = _with_defaults(container.get("env"), {ENV_SCHEDULER_ROUTES: str(list(SCHEDULER_ROUTES))})
    described = _metadata(cluster.scheduler, {**reserved, **NO_ISTIO})
    noted = _made_from(described, cluster.scheduler.digest)
    return {
        **_head(DEPLOYMENTS, scheduler(cluster.name), cluster.namespace, noted, _owner(CLUSTERS, cluster)),
        "spec": {
            "replicas": 1,
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": reserved},
            "template": {"metadata": deepcopy(described), "spec": pod},
        },
    }


def scheduler_service(cluster: Cluster) -> Object:
    described = _made_from(_metadata(cluster.scheduler, _scheduler_labels(cluster)), cluster.service_digest)
    return {
        **_head(SERVICES, scheduler(cluster.name), cluster.namespace, described, _owner(CLUSTERS, cluster)),
        "spec": deepcopy(dict(cluster.service)),
    }


def default_worker_group(cluster: Cluster) -> Object:
    """The DaskWorkerGroup that a DaskCluster brings along, with the number of workers that it is handed."""
    labels = {LABEL_CLUSTER: cluster.name, LABEL_COMPONENT: "workergroup"}
    described = _made_from(_metadata(cluster.own, labels), cluster.worker_digest)
    described["annotations"][ANNOTATION_HANDED_DOWN] = str(cluster.replicas)
    return {
        **_head(GROUPS, default_group(cluster.name), cluster.namespace, described, _owner(CLUSTERS, cluster)),
        "spec": {"cluster": cluster.name, "worker": {**deepcopy(dict(cluster.worker)), "replicas": cluster.replicas}},
    }


def worker_pod(group: Group, name: str, scheduler_address: str, slot: int | None) -> Object:
    """One worker. `slot`: the seat that it takes; None for a group without slots."""
    reserved = {
        LABEL_CLUSTER: group.cluster,
        LABEL_COMPONENT: "worker",
        LABEL_WORKER_GROUP: group.name,
        **NO_ISTIO,
    }
    spec = _pod_spec(group.template.spec)
    spec["restartPolicy"] = "OnFailure"  # retired is exit 0: Always would revive it, Never would not heal a crash
    spec.setdefault("terminationGracePeriodSeconds", DASK_GRACE_S)
    for container in spec["containers"]:
        container["env"] = _with_defaults(
            container.get("env"), {ENV_WORKER_NAME: name, ENV_SCHEDULER_ADDRESS: scheduler_address}
        )
    if group.slots is not None and slot is not None:
        reserved[LABEL_SLOT] = str(slot)
        _seat(spec, group.slots, slot)
    described = _made_from(_metadata(group.template, reserved), group.template.digest)
    return {**_head(PODS, name, group.namespace, described, _owner(GROUPS, group)), "spec": spec}


def slot_address(slots: Slots, slot: int) -> str:
    """Data-plane address of a seat."""
    return str(slots.prefix.network_address + FIRST_SLOT_NUMBER + slot)


def hand_down(cluster: Cluster, group: Group) -> Object:
    """Merge patch that gives the default group the cluster's replicas; a conflict if the group has moved on."""
    return {
        "metadata": {
            "resourceVersion": group.resource_version,
            "annotations": {ANNOTATION_HANDED_DOWN: str(cluster.replicas)},
        },
        "spec": {"worker": {"replicas": cluster.replicas}},
    }


def note_handed_down(cluster: Cluster, group: Group) -> Object:
    """Merge patch that only remembers the cluster's replicas: for a default group that somebody else made."""
    patch = hand_down(cluster, group)
    del patch["spec"]
    return patch


def adopt(cluster: Cluster, group: Group) -> Object:
    """Merge patch that makes the cluster the owner of a group that has none."""
    return {"metadata": {"resourceVersion": group.resource_version, "ownerReferences": [_owner(CLUSTERS, cluster)]}}


def _seat(spec: Object, slots: Slots, slot: int) -> None:
    """Put a pod into its slot: host name, address and number in every container, the slot's Secret for the tunnel."""
    seat = {ENV_ADDRESS: slot_address(slots, slot), ENV_SLOT: str(slot)}
    spec["hostname"] = slot_hostname(slots.site, slot)
    for container in [*spec["containers"], *(spec.get("initContainers") or [])]:
        theirs = [entry for entry in container.get("env") or [] if entry.get("name") not in seat]
        # First: $(ISTHMUS_ADDRESS) expands only in entries that come after it.
        container["env"] = [*_entries(seat), *theirs]
        if container.get("name") == TUNNEL_CONTAINER:
            mounts = [mount for mount in container.get("volumeMounts") or [] if mount.get("name") != TUNNEL_VOLUME]
            mount = {"name": TUNNEL_VOLUME, "mountPath": TUNNEL_CONFIG_DIR, "readOnly": True}
            container["volumeMounts"] = [*mounts, mount]
    volumes = [volume for volume in spec.get("volumes") or [] if volume.get("name") != TUNNEL_VOLUME]
    secret = {"secretName": f"{slots.secret_prefix}{slot}", "defaultMode": 0o440}
    spec["volumes"] = [*volumes, {"name": TUNNEL_VOLUME, "secret": secret}]


def _pod_spec(template: Mapping[str, Any]) -> Object:
    """A PodSpec of our own. Service links: a namespace of thousands of Services overflows a process' environment."""
    spec: Object = deepcopy(dict(template))
    spec.setdefault("enableServiceLinks", False)
    return spec


def _scheduler_labels(cluster: Cluster) -> dict[str, str]:
    return {LABEL_CLUSTER: cluster.name, LABEL_COMPONENT: "scheduler"}


def _with_defaults(env: Any, defaults: Mapping[str, str]) -> list[Any]:
    """The user's environment as it stands, then each default that it lacks."""
    theirs = list(env or [])
    names = {entry.get("name") for entry in theirs}
    return [*theirs, *_entries({name: value for name, value in defaults.items() if name not in names})]


def _entries(values: Mapping[str, str]) -> Iterable[dict[str, str]]:
    return ({"name": name, "value": value} for name, value in values.items())


def _metadata(template: Template, reserved: Mapping[str, str]) -> Object:
    annotations = {name: value for name, value in template.annotations.items() if not name.startswith(NOT_COPIED)}
    return {"labels": {**template.labels, **reserved}, "annotations": annotations}


def _made_from(described: Object, digest: str) -> Object:
    """The same metadata with a note of what the object is made from."""
    return {**described, "annotations": {**described["annotations"], ANNOTATION_TEMPLATE: digest}}


def _head(kind: Kind, name: str, namespace: str, described: Mapping[str, Any], owner: Object) -> Object:
    """apiVersion, kind and metadata. With its owner from the first moment: no crash in between leaves an orphan."""
    return {
        "apiVersion": kind.api_version,
        "kind": kind.name,
        "metadata": {"name": name, "namespace": namespace, **deepcopy(dict(described)), "ownerReferences": [owner]},
    }


def _owner(kind: Kind, of: Cluster | Group) -> Object:
    """Owner reference. `controller`: kubectl drain and disruption budgets find the count through it."""
    return {
        "apiVersion": kind.api_version,
        "kind": kind.name,
        "name": of.name,
        "uid": of.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }
