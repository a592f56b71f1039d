"""The workers of a pool: a DaskWorkerGroup that the controller seats in the slots of its site, see `slots`."""

import json
from collections.abc import Sequence
from typing import Final, TypedDict
from urllib.parse import urlsplit

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget

from components import budgets, labels, network, pods
from components.base import Component, Place
from components.objects import Spec, metadata
from isthmus import names
from isthmus.environment.shapes import bytes_of

#: What one worker may keep of its container's memory; the nanny beside it takes the rest (about 80 MB).
MEMORY_SHARE: Final = 0.9
#: What a worker may spill to disk, in multiples of its memory; then Dask pauses it. Ours: at twice its memory a worker
#: is busy with its disk and no longer with computing.
SPILL: Final = 2
#: Bytes on the disk besides: logs, what libraries cache. A pod that goes beyond both is evicted.
SPARE_DISK: Final = 2**30
#: Where a URL is served that states no port. Object stores (s3, gs, ...) speak HTTPS at their usual endpoint; one that
#: only a reader's own options name is not known here.
HTTP_PORTS: Final = {"http": 80}
HTTPS_PORT: Final = 443


class VolumeArgs(TypedDict):
    """Data of the site, as the workers see it."""

    name: str
    """Name of the volume in the pod."""
    claim: str
    """Name of the PersistentVolumeClaim."""
    mount_path: str
    """Where workers see it."""
    read_only: bool
    """Whether they may only read it."""


class WorkerGroupArgs(Place):
    """One pool: how many workers, how big, near what data, in which slots."""

    pool: str
    """Name of the pool, unique in the environment."""
    image: str
    """Container image of the workers."""
    tunnel_image: str
    """Container image of the tunnel beside each."""
    configuration: pulumi.Input[str]
    """Digest of what a worker's pod reads at its start; public."""
    prefix: str
    """The environment's /48."""
    address_prefix: str
    """The site's /64."""
    scheduler_address: str
    """What the workers dial: `tcp://[address]:8786` on the data plane."""
    first_slot: int
    """Number of its first slot; the ranges of a site's pools are disjoint."""
    slots: int
    """How many slots the pool has: the most workers there can be."""
    replicas: int
    """Workers at creation; afterwards whoever scales the group owns the number."""
    threads: int
    """Threads of one worker."""
    memory: str
    """Request and limit of one worker, a Kubernetes quantity."""
    cpu: str
    """Request of one worker, a Kubernetes quantity."""
    volumes: Sequence[VolumeArgs]
    """Claims that its workers mount."""
    data: Sequence[str]
    """Path or URL prefixes of the data: those with a URL are reached over the network."""


class WorkerGroup(Component, kind="WorkerGroup"):
    """The DaskWorkerGroup of a pool. Declared after the site's `Slots`: a worker's Secret must be there."""

    def __init__(self, name: str, args: WorkerGroupArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        called = names.worker_group(args["cluster"], args["pool"])
        own = metadata(args, called, more={names.LABEL_POOL: args["pool"]})
        if ports := outside_ports(args["data"]):
            network.allow(
                f"{name}-data",
                args,
                called=f"{called}-data",
                of=labels.pool(args, args["pool"]),
                egress=[{"to": network.blocks(*network.ANYWHERE), "ports": network.tcp(*ports)}],
                opts=self.child_opts(),
            )
        CustomResource(
            f"{name}-group",
            api_version=names.API_VERSION,
            kind="DaskWorkerGroup",
            metadata=own,
            spec=_group(args),
            opts=self.child_opts(ignore_changes=["spec.worker.replicas"]),
        )
        budget = budgets.disruption(labels.pool(args, args["pool"]))
        PodDisruptionBudget(f"{name}-workers", metadata=own, spec=budget, opts=self.child_opts())
        self.register_outputs({})


def outside_ports(data: Sequence[str]) -> list[int]:
    """TCP ports by which workers read data that is not in a volume, ascending."""
    return sorted({_port(prefix) for prefix in data if "://" in prefix and not prefix.startswith("file:")})


def _port(url: str) -> int:
    parts = urlsplit(url)
    try:
        stated = parts.port
    except ValueError:  # what follows the colon is no port, such as in an ARN of S3
        stated = None
    return stated or HTTP_PORTS.get(parts.scheme, HTTPS_PORT)


def _group(args: WorkerGroupArgs) -> Spec:
    return {
        "cluster": args["cluster"],
        "schedulerAddress": args["scheduler_address"],
        "schedulerHttpAddress": _http_address(args),
        "slots": {
            "first": args["first_slot"],
            "count": args["slots"],
            "addressPrefix": args["address_prefix"],
            "secretPrefix": names.slot_secret_prefix(args["cluster"]),
        },
        "worker": {"replicas": args["replicas"], "metadata": _metadata(args), "spec": _pod(args)},
    }


def _http_address(args: WorkerGroupArgs) -> str:
    host = names.service_host(names.scheduler(args["cluster"]), args["namespace"])
    return f"http://{host}:{names.DASHBOARD_PORT}"


def _spill(args: WorkerGroupArgs) -> int:
    """Bytes that a worker's scratch volume may hold."""
    return SPILL * bytes_of(args["memory"])


def _resources(args: WorkerGroupArgs) -> Spec:
    """Of its disk a worker requests only what it always uses: it spills when it must, which is rarely."""
    memory = pods.resources(args["cpu"], args["memory"])
    return pods.disk(memory, usual=SPARE_DISK, most=_spill(args) + SPARE_DISK)


def _metadata(args: WorkerGroupArgs) -> Spec:
    return {
        "labels": labels.of_site(args) | {names.LABEL_POOL: args["pool"]},
        "annotations": {names.ANNOTATION_CONFIGURATION: args["configuration"]},
    }


def _pod(args: WorkerGroupArgs) -> Spec:
    volumes = [
        {
            "name": volume["name"],
            "persistentVolumeClaim": {"claimName": volume["claim"], "readOnly": volume["read_only"]},
        }
        for volume in args["volumes"]
    ]
    return pods.pod(
        account=names.worker(args["cluster"]),
        priority=pods.worker(args),
        containers=[_worker(args)],
        sidecars=[pods.tunnel_sidecar(args["tunnel_image"], seated=True)],
        volumes=[pods.python_volume(args["cluster"]), pods.scratch_volume(pods.size(_spill(args))), *volumes],
        grace_s=names.DASK_GRACE_S,
    ) | {"subdomain": names.workers_service(args["cluster"])}


def _worker(args: WorkerGroupArgs) -> Spec:
    """No probes: the nanny restarts a worker that dies, the scheduler knows of one that is silent, and a TCP probe is a
    broken handshake in the worker's log each time."""
    preload = json.dumps(["isthmus.comm"])
    mounts = [
        {"name": volume["name"], "mountPath": volume["mount_path"], "readOnly": volume["read_only"]}
        for volume in args["volumes"]
    ]
    environment = pods.dask_env(prefix=args["prefix"], site=args["site"], cluster=args["cluster"])
    return pods.container(
        "worker",
        args["image"],
        args=_command(args),
        env=pods.env(
            {
                **environment,
                "DASK_DISTRIBUTED__WORKER__PRELOAD": preload,
                # Dask counts what it writes, the kubelet what is there: the first is to stop before the second acts.
                "DASK_DISTRIBUTED__WORKER__MEMORY__MAX_SPILL": str(_spill(args) * 9 // 10),
            }
        ),
        ports=[
            {"name": "tcp-worker", "containerPort": names.WORKER_PORT, "protocol": "TCP"},
            {"name": "tcp-nanny", "containerPort": names.NANNY_PORT, "protocol": "TCP"},
        ],
        resources=_resources(args),
        volumeMounts=[pods.PYTHON, pods.SCRATCH, *mounts],
    )


def _command(args: WorkerGroupArgs) -> list[str]:
    """`$(NAME)` is expanded by the kubelet; the controller sets those names in the pod."""
    options = {
        "--name": f"$({names.ENV_WORKER_NAME})",
        "--host": f"tcp://[$({names.ENV_ADDRESS})]",
        "--worker-port": str(names.WORKER_PORT),
        "--nanny-port": str(names.NANNY_PORT),
        "--nthreads": str(int(args["threads"])),
        "--memory-limit": str(int(bytes_of(args["memory"]) * MEMORY_SHARE)),
        "--resources": f"{names.pool_resource(args['pool'])}=1",
        # The command line hands the nanny an empty list, whatever its configuration says.
        "--preload-nanny": "isthmus.comm",
        "--local-directory": pods.SCRATCH["mountPath"],
    }
    words = [word for option in options.items() for word in option]
    return ["dask", "worker", *words, "--no-dashboard", f"$({names.ENV_SCHEDULER_ADDRESS})"]
