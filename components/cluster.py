"""The Dask cluster of an environment: its scheduler. Every pool is a worker group of its own, see `worker_group`."""

import json
from typing import Final

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.core.v1 import Secret, ServiceAccount
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget

from components import budgets, labels, network, pods
from components.base import Component, Place
from components.gateway import scheduler_ports
from components.objects import Spec, metadata
from isthmus import names

PRELOAD: Final = ("isthmus.comm", "isthmus.pools.preload")


class ClusterArgs(Place):
    """The scheduler: where it is on the data plane and what it may use."""

    image: str
    """Container image of the scheduler."""
    tunnel_image: str
    """Container image of the tunnel beside it."""
    tunnel_json: pulumi.Input[str]
    """Content of its tunnel.json, secret."""
    configuration: pulumi.Input[str]
    """Digest of what the scheduler's pod reads at its start; public."""
    prefix: str
    """The environment's /48."""
    address: str
    """The scheduler's address in it."""
    memory: str
    """Request and limit of the scheduler, a Kubernetes quantity."""
    cpu: str
    """Request of the scheduler, a Kubernetes quantity."""


class Cluster(Component, kind="Cluster"):
    """The DaskCluster. Order: account, Secret and flows, then the custom resource that the controller acts on."""

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        called = names.scheduler(args["cluster"])
        account = ServiceAccount(
            f"{name}-scheduler",
            metadata=metadata(args, called),
            automount_service_account_token=False,
            opts=self.child_opts(),
        )
        secret = Secret(
            f"{name}-scheduler-tunnel",
            metadata=metadata(args, names.tunnel_secret(called)),
            string_data={names.TUNNEL_CONFIG_KEY: args["tunnel_json"]},
            opts=self.child_opts(),
        )
        flows = self._flows(name, args)
        CustomResource(
            f"{name}-cluster",
            api_version=names.API_VERSION,
            kind="DaskCluster",
            metadata=metadata(args, args["cluster"]),
            spec={"scheduler": _scheduler(args), "worker": _default_group(args)},
            opts=self.child_opts(after=[account, secret, flows]),
        )
        PodDisruptionBudget(
            f"{name}-scheduler",
            metadata=metadata(args, called),
            spec=budgets.disruption(labels.scheduler(args)),
            opts=self.child_opts(),
        )
        self.register_outputs({})

    def _flows(self, name: str, args: ClusterArgs) -> pulumi.Resource:
        """Own workers and clients call it, it calls workers of the same site; the rest comes through the tunnel."""
        workers = [network.pods(labels.workers(args))] if args["workers_here"] else []
        gateway = [network.pods(labels.gateway(args))]
        from_workers = {"from": workers, "ports": network.tcp(names.SCHEDULER_PORT)}
        to_workers = {"to": workers, "ports": network.tcp(names.WORKER_PORT, names.NANNY_PORT)}
        return network.allow(
            f"{name}-scheduler",
            args,
            called=names.scheduler(args["cluster"]),
            of=labels.scheduler(args),
            ingress=[
                *([from_workers] if workers else []),
                *network.callers(args),
                {"from": gateway, "ports": network.udp(names.TUNNEL_PORT)},
                network.scrapers(args),
            ],
            egress=[
                *([to_workers] if workers else []),
                {"to": gateway, "ports": network.udp(names.TUNNEL_PORT)},
            ],
            opts=self.child_opts(),
        )


def _scheduler(args: ClusterArgs) -> Spec:
    called = names.scheduler(args["cluster"])
    return {
        "metadata": {
            "labels": labels.of_site(args),
            "annotations": {names.ANNOTATION_CONFIGURATION: args["configuration"]},
        },
        "spec": pods.pod(
            account=called,
            priority=pods.core(args),
            containers=[_scheduler_container(args)],
            sidecars=[pods.tunnel_sidecar(args["tunnel_image"])],
            volumes=[
                pods.tunnel_volume(names.tunnel_secret(called)),
                pods.python_volume(args["cluster"]),
                pods.scratch_volume(),
            ],
            grace_s=names.DASK_GRACE_S,
        ),
        "service": {"type": "ClusterIP", "selector": labels.scheduler(args), "ports": scheduler_ports()},
    }


def _scheduler_container(args: ClusterArgs) -> Spec:
    environment = {
        names.ENV_ADDRESS: args["address"],
        **pods.dask_env(prefix=args["prefix"], site=args["site"], cluster=args["cluster"]),
        "DASK_DISTRIBUTED__SCHEDULER__PRELOAD": json.dumps(PRELOAD),
        names.ENV_SCHEDULER_ROUTES: json.dumps(names.SCHEDULER_ROUTES),
    }
    listen = ["--host", f"tcp://[{args['address']}]", "--port", str(names.SCHEDULER_PORT)]
    return pods.container(
        "scheduler",
        args["image"],
        args=["dask", "scheduler", *listen, "--dashboard-address", f":{names.DASHBOARD_PORT}"],
        env=pods.env(environment),
        ports=[{"name": port["name"], "containerPort": port["port"], "protocol": "TCP"} for port in scheduler_ports()],
        readinessProbe=pods.http_probe("/health", names.DASHBOARD_PORT, period_s=2, failures=3),
        # The event loop may be busy with a large graph for a long while; ending it would lose everything.
        livenessProbe=pods.http_probe("/health", names.DASHBOARD_PORT, period_s=20, failures=9)
        | {"initialDelaySeconds": 15, "timeoutSeconds": 10},
        resources=pods.resources(args["cpu"], args["memory"]),
        volumeMounts=[pods.PYTHON, pods.SCRATCH],
    )


def _default_group(args: ClusterArgs) -> Spec:
    """The group that every DaskCluster brings along, kept at nothing: it has no slots, so its workers would have no
    address on the data plane."""
    return {
        "replicas": 0,
        "spec": pods.pod(
            account=names.scheduler(args["cluster"]),
            priority=pods.worker(args),
            containers=[
                pods.container(
                    "worker",
                    args["image"],
                    args=["dask", "worker", "--name", f"$({names.ENV_WORKER_NAME})", "--no-dashboard"],
                    env=pods.env({"HOME": pods.SCRATCH["mountPath"]}),
                    resources=pods.disk(pods.resources("1", "1Gi"), usual=2**28, most=2**29),
                    volumeMounts=[pods.SCRATCH],
                )
            ],
            volumes=[pods.scratch_volume()],
            grace_s=names.DASK_GRACE_S,
        ),
    }
