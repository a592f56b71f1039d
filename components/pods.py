"""Pod templates: what Pod Security `restricted` asks of every pod, the tunnel's container, and Dask's."""

from collections.abc import Mapping, Sequence
from typing import Final

from components.base import Place
from components.objects import Spec
from isthmus import names

#: Uid, gid and fsGroup of every pod; our images state the same one.
UID: Final = 1000
#: Decimal, as Kubernetes' JSON wants it. The owner of a Secret's file is root; fsGroup lets us read it.
GROUP_MAY_READ: Final = 0o440
#: One tunnel under load stays below 400 MB (100 streams, measured), idle it takes 11.
TUNNEL_RESOURCES: Final = {"requests": {"cpu": "20m", "memory": "64Mi"}, "limits": {"memory": "512Mi"}}
#: The Go runtime collects harder from here on, well before the limit ends the tunnel and with it a worker.
TUNNEL_GO_MEMORY: Final = "448MiB"
#: A pod's tunnel is ready once its gateway has answered; the gateway may still be on its way: two minutes.
TUNNEL_START_S: Final = 120


def pod_security() -> Spec:
    """A pod's securityContext."""
    return {
        "runAsNonRoot": True,
        "runAsUser": UID,
        "runAsGroup": UID,
        "fsGroup": UID,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def container_security() -> Spec:
    """A container's securityContext: no capability, nothing to write to but its volumes."""
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def pod(
    *,
    account: str,
    containers: Sequence[Spec],
    volumes: Sequence[Spec],
    sidecars: Sequence[Spec] = (),
    priority: str | None,
    token: bool = False,
    grace_s: int = 30,
) -> Spec:
    """A PodSpec.

    priority: name of a PriorityClass; None where there is none, see `core` and `worker`.
    token: mount the ServiceAccount's token; only the controller talks to the API server.
    """
    spec: Spec = {
        "serviceAccountName": account,
        "automountServiceAccountToken": token,
        # A Service that is called dask-... would otherwise turn up as DASK_..., which Dask takes for configuration.
        "enableServiceLinks": False,
        "securityContext": pod_security(),
        "terminationGracePeriodSeconds": grace_s,
        "containers": list(containers),
        "volumes": list(volumes),
    }
    return (
        spec
        | ({"priorityClassName": priority} if priority else {})
        | ({"initContainers": list(sidecars)} if sidecars else {})
    )


def core(place: Place) -> str | None:
    """The priority class of what a site cannot do without, where there is one to name."""
    return names.PRIORITY_CORE if place["priorities_here"] else None


def worker(place: Place) -> str | None:
    """The priority class of workers, where there is one to name."""
    return names.PRIORITY_WORKER if place["priorities_here"] else None


def container(name: str, image: str, **fields: Spec) -> Spec:
    """A hardened container; `fields` are Kubernetes' own."""
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "securityContext": container_security(),
        **fields,
    }


def env(values: Mapping[str, str]) -> Spec:
    """Environment variables in the order given: `$(NAME)` in a value refers to one above it."""
    return [{"name": name, "value": value} for name, value in values.items()]


def resources(cpu: str, memory: str) -> Spec:
    """Requests, and a limit on memory only: a limit on CPU slows bursts without protecting anybody."""
    return {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": memory}}


def disk(resources: Spec, *, usual: int, most: int) -> Spec:
    """`resources` of a container that writes to its node's disk.

    usual: bytes that it always takes; most: beyond them its pod is evicted.
    """
    sizes = {"requests": usual, "limits": most}
    return {part: resources[part] | {"ephemeral-storage": size(number)} for part, number in sizes.items()}


def size(number: int) -> str:
    """Bytes as Kubernetes itself writes them, so that no refresh sees a difference, and no less: "4Gi", "4352Mi"."""
    mebi = -(-number // 2**20)
    return f"{mebi // 1024}Gi" if mebi and mebi % 1024 == 0 else f"{mebi}Mi" if mebi else "0"


def http_probe(path: str, port: int, *, period_s: int, failures: int) -> Spec:
    """A probe that gives up after `period_s` times `failures`."""
    return {"httpGet": {"path": path, "port": port}, "periodSeconds": period_s, "failureThreshold": failures}


# -- the tunnel


def tunnel(image: str, *, seated: bool = False) -> Spec:
    """The tunnel's container, as a gateway has it.

    seated: the controller adds the mount of the configuration when it gives the pod a slot.
    """
    mount = {"name": names.TUNNEL_VOLUME, "mountPath": names.TUNNEL_CONFIG_DIR, "readOnly": True}
    return container(
        names.TUNNEL_CONTAINER,
        image,
        command=["/tunnel", f"{names.TUNNEL_CONFIG_DIR}/{names.TUNNEL_CONFIG_KEY}"],
        env=env({"GOMEMLIMIT": TUNNEL_GO_MEMORY}),
        ports=[
            {"name": "wireguard", "containerPort": names.TUNNEL_PORT, "protocol": "UDP"},
            {"name": "tunnel-http", "containerPort": names.TUNNEL_HTTP_PORT, "protocol": "TCP"},
        ],
        livenessProbe=http_probe("/healthz", names.TUNNEL_HTTP_PORT, period_s=5, failures=3),
        resources=TUNNEL_RESOURCES,
        volumeMounts=[] if seated else [mount],
    )


def tunnel_sidecar(image: str, *, seated: bool = False) -> Spec:
    """The tunnel beside Dask: a native sidecar, so Dask starts when the way to the gateway is open, and ends first."""
    start = http_probe("/readyz", names.TUNNEL_HTTP_PORT, period_s=1, failures=TUNNEL_START_S)
    return tunnel(image, seated=seated) | {"restartPolicy": "Always", "startupProbe": start}


def tunnel_volume(secret: str) -> Spec:
    """The volume with a pod's own tunnel.json. A worker's comes from the controller, with its slot."""
    return {"name": names.TUNNEL_VOLUME, "secret": {"secretName": secret, "defaultMode": GROUP_MAY_READ}}


# -- Dask

#: The only place where a pod may write.
SCRATCH: Final = {"name": "scratch", "mountPath": "/tmp"}  # noqa: S108 - a path of the container
#: What a program that keeps nothing writes: a matplotlib cache, a core that should not be.
SMALL: Final = "256Mi"
PYTHON: Final = {"name": "python", "mountPath": names.PYTHON_DIR, "readOnly": True}


def scratch_volume(size: str = SMALL) -> Spec:
    """The volume of SCRATCH. A pod that writes more is evicted, so its program is told to stop before."""
    return {"name": "scratch", "emptyDir": {"sizeLimit": size}}


def python_volume(cluster: str) -> Spec:
    """The volume with our Python and Dask's configuration."""
    return {"name": "python", "configMap": {"name": names.python(cluster)}}


def dask_env(*, prefix: str, site: str, cluster: str) -> dict[str, str]:
    """Environment of every Dask container: our code in front, configuration read, nothing written but under /tmp."""
    return {
        names.ENV_PREFIX: prefix,
        names.ENV_SITE: site,
        names.ENV_CLUSTER: cluster,
        "PYTHONPATH": f"{names.PYTHON_DIR}/{names.PYTHON_ZIP}",
        "PYTHONUNBUFFERED": "1",
        "HOME": "/tmp",  # noqa: S108
        "DASK_CONFIG": names.PYTHON_DIR,
        "DASK_TEMPORARY_DIRECTORY": "/tmp",  # noqa: S108
    }
