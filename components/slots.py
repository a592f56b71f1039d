"""The numbered slots of a site, which the controller seats the workers of its pools in, see `worker_group`."""

from collections.abc import Mapping

import pulumi
from pulumi_kubernetes.core.v1 import Secret, Service, ServiceAccount

from components import labels, network
from components.base import Component, Place
from components.objects import Spec, metadata
from isthmus import names


class SlotsArgs(Place):
    """The seats of a site."""

    tunnel_json: Mapping[str, pulumi.Input[str]]
    """Slot number -> content of its tunnel.json, secret."""


class Slots(Component, kind="Slots"):
    """The numbered seats of a site, over all its pools: a Secret each, one headless Service that names them.

    They belong to the site, because a slot may pass from one pool to another and keeps its address and its key.
    """

    def __init__(self, name: str, args: SlotsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        ServiceAccount(
            f"{name}-worker",
            metadata=metadata(args, names.worker(args["cluster"])),
            automount_service_account_token=False,
            opts=self.child_opts(),
        )
        for slot, content in sorted(args["tunnel_json"].items(), key=lambda row: int(row[0])):
            Secret(
                f"{name}-slot-{slot}",
                metadata=metadata(args, f"{names.slot_secret_prefix(args['cluster'])}{slot}"),
                string_data={names.TUNNEL_CONFIG_KEY: content},
                opts=self.child_opts(),
            )
        Service(
            f"{name}-workers",
            # Pulumi would wait for a first worker, which comes after the service if at all.
            metadata=metadata(
                args, names.workers_service(args["cluster"]), annotations={"pulumi.com/skipAwait": "true"}
            ),
            spec=_workers_service(args),
            opts=self.child_opts(),
        )
        self._flows(name, args)
        self.register_outputs({})

    def _flows(self, name: str, args: SlotsArgs) -> None:
        """Workers of a site call each other and their scheduler over the pod network, everybody else by the gateway."""
        workers, gateway = network.pods(labels.workers(args)), network.pods(labels.gateway(args))
        scheduler = [network.pods(labels.scheduler(args))] if args["scheduler_here"] else []
        dask, tunnel = network.tcp(names.WORKER_PORT, names.NANNY_PORT), network.udp(names.TUNNEL_PORT)
        to_scheduler = {"to": scheduler, "ports": network.tcp(names.SCHEDULER_PORT)}
        network.allow(
            f"{name}-workers",
            args,
            called=names.workers_service(args["cluster"]),
            of=labels.workers(args),
            ingress=[
                {"from": [workers, *scheduler], "ports": dask},
                {"from": [gateway], "ports": tunnel},
                network.scrapers(args),
            ],
            egress=[
                {"to": [workers], "ports": dask},
                *([to_scheduler] if scheduler else []),
                {"to": [gateway], "ports": tunnel},
            ],
            opts=self.child_opts(),
        )


def _workers_service(args: SlotsArgs) -> Spec:
    return {
        "clusterIP": "None",
        "selector": labels.workers(args),
        # A worker is dialled by name before it is ready: by its scheduler, in the act of registering.
        "publishNotReadyAddresses": True,
        "ports": [
            {"name": "tcp-worker", "protocol": "TCP", "port": names.WORKER_PORT},
            {"name": "tcp-nanny", "protocol": "TCP", "port": names.NANNY_PORT},
        ],
    }
