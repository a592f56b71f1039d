"""Custom resources and pods as the API server would give them, with what a test cares about spelled out."""

from typing import Any

NAMESPACE = "isthmus-test"
Object = dict[str, Any]


def pod_spec(*args: str, **more: Any) -> Object:
    return {
        "containers": [{"name": "dask", "image": "example/dask:1", "args": list(args) or ["dask", "worker"]}],
        **more,
    }


def cluster(name: str = "demo", *, replicas: int = 0, **spec: Any) -> Object:
    ports = [{"name": "tcp-comm", "port": 8786}, {"name": "http-dashboard", "port": 8787}]
    selector = {"dask.org/cluster-name": name, "dask.org/component": "scheduler"}
    return {
        "apiVersion": "kubernetes.dask.org/v1",
        "kind": "DaskCluster",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "scheduler": {
                "spec": pod_spec("dask", "scheduler"),
                "service": {"type": "ClusterIP", "selector": selector, "ports": ports},
            },
            "worker": {"replicas": replicas, "spec": pod_spec()},
            **spec,
        },
    }


def group(name: str = "demo-north", *, cluster: str = "demo", replicas: int = 0, **spec: Any) -> Object:
    """A group of a local cluster."""
    return {
        "apiVersion": "kubernetes.dask.org/v1",
        "kind": "DaskWorkerGroup",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"cluster": cluster, "worker": {"replicas": replicas, "spec": pod_spec()}, **spec},
    }


def slots(first: int, count: int) -> Object:
    return {
        "first": first,
        "count": count,
        "addressPrefix": "fd62:7c3f:cad5:2::/64",
        "secretPrefix": "demo-slot-",
    }


def seated(name: str = "demo-north", *, replicas: int, first: int = 0, count: int = 4, **spec: Any) -> Object:
    """A group of a multi-site environment: a scheduler elsewhere, numbered slots, a tunnel as native sidecar."""
    made = group(
        name,
        replicas=replicas,
        schedulerAddress="tcp://[fd62:7c3f:cad5:1::10]:8786",
        slots=slots(first, count),
        **spec,
    )
    worker = made["spec"]["worker"]
    worker["metadata"] = {"labels": {"isthmus.dev/site": "north"}}
    worker["spec"]["initContainers"] = [{"name": "tunnel", "image": "example/tunnel:1", "restartPolicy": "Always"}]
    return made


def stored(body: Object, *, uid: str, resource_version: str = "1", **meta: Any) -> Object:
    """The object as a watch shows it."""
    return {**body, "metadata": {**body["metadata"], "uid": uid, "resourceVersion": resource_version, **meta}}
