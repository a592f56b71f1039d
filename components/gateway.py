"""The WireGuard gateway of one site: the one place where the site's packets come in and go out."""

from collections.abc import Mapping, Sequence
from typing import Final, NotRequired

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.core.v1 import Secret, Service, ServiceAccount
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget

from components import budgets, labels, network, pods
from components.base import Component, Place
from components.objects import Spec, metadata
from isthmus import names

STATE_VOLUME: Final = {"name": "state", "emptyDir": {"sizeLimit": "1Mi"}}
STATE: Final = {"name": "state", "mountPath": names.TUNNEL_STATE_DIR}


class GatewayArgs(Place):
    """What the gateway is told and how it is reached."""

    image: str
    """Container image of the tunnel."""
    tunnel_json: pulumi.Input[str]
    """Content of its tunnel.json, secret. Reaches the pod as a file, mode 0440 with fsGroup; never as an environment
    variable."""
    configuration: pulumi.Input[str]
    """Digest of what the tunnel reads at its start; public. Another one, another pod."""
    dials: Sequence[str]
    """host:port of the gateways that it dials. No default: an empty mesh is stated, not assumed."""
    dialled: bool
    """Whether other sites may dial this one."""
    neighbours: Sequence[str]
    """Namespaces of the environment's other sites in the same Kubernetes. What one of them dials is an endpoint; what a
    network plugin sees may be the pod behind it."""
    neighbours_dialled: Sequence[str]
    """Those of them whose gateways it dials."""
    service_type: str
    """LoadBalancer, NodePort or ClusterIP."""
    node_port: NotRequired[int | None]
    """The node's UDP port; Kubernetes chooses one if absent."""
    annotations: Mapping[str, str]
    """Of the UDP Service: what a load balancer is told."""


class Gateway(Component, kind="Gateway"):
    """The WireGuard gateway. Order: Secret and flows, then the Deployment, then the Services (peers dial them)."""

    def __init__(self, name: str, args: GatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        called = names.gateway(args["cluster"])
        own = metadata(args, called, more=labels.gateway(args))
        account = ServiceAccount(
            f"{name}-gateway", metadata=own, automount_service_account_token=False, opts=self.child_opts()
        )
        secret = Secret(
            f"{name}-gateway-tunnel",
            metadata=metadata(args, names.tunnel_secret(called)),
            string_data={names.TUNNEL_CONFIG_KEY: args["tunnel_json"]},
            opts=self.child_opts(),
        )
        flows = network.allow(
            f"{name}-gateway",
            args,
            called=called,
            of=labels.gateway(args),
            ingress=_ingress(args),
            egress=_egress(args),
            opts=self.child_opts(),
        )
        deployment = Deployment(
            f"{name}-gateway",
            metadata=own,
            spec=_deployment(args),
            opts=self.child_opts(after=[account, secret, flows]),
        )
        PodDisruptionBudget(
            f"{name}-gateway",
            metadata=own,
            spec=budgets.disruption(labels.gateway(args)),
            opts=self.child_opts(),
        )
        self._services(name, args, after=[deployment])
        self.register_outputs({})

    def _services(self, name: str, args: GatewayArgs, after: Sequence[pulumi.Resource]) -> None:
        Service(
            f"{name}-gateway",
            metadata=metadata(args, names.gateway(args["cluster"]), annotations=args["annotations"]),
            spec=_service(args),
            opts=self.child_opts(after=after),
        )
        if not args["scheduler_here"]:
            alias: Spec = {"type": "ClusterIP", "selector": labels.gateway(args), "ports": scheduler_ports()}
            Service(
                f"{name}-scheduler-alias",
                metadata=metadata(args, names.scheduler(args["cluster"])),
                spec=alias,
                opts=self.child_opts(after=after),
            )


def scheduler_ports() -> list[Spec]:
    """Ports of the scheduler's Service, named as the Dask operator names them; of its alias too."""
    return [
        {"name": "tcp-comm", "protocol": "TCP", "port": names.SCHEDULER_PORT, "targetPort": names.SCHEDULER_PORT},
        {"name": "http-dashboard", "protocol": "TCP", "port": names.DASHBOARD_PORT, "targetPort": names.DASHBOARD_PORT},
    ]


def _ingress(args: GatewayArgs) -> list[Spec]:
    # Where a site is dialled from cannot be said beforehand: addresses are translated on the way. The key decides.
    outside = network.blocks(*network.ANYWHERE) if args["dialled"] else []
    # Named beside the blocks, because a block is not meant for pods; network plugins differ in what they make of that.
    sources = [*network.tunnelled(args), *(_gateways(args, args["neighbours"]) if args["dialled"] else []), *outside]
    # Without a source there is no rule: an empty list of peers would mean everybody.
    tunnels: list[Spec] = [{"from": sources, "ports": network.udp(names.TUNNEL_PORT)}] if sources else []
    return [*tunnels, *([] if args["scheduler_here"] else network.callers(args)), network.scrapers(args)]


def _gateways(args: GatewayArgs, namespaces: Sequence[str]) -> list[Spec]:
    """The environment's gateways in these namespaces, as peers."""
    return [network.pods_in({network.NAMESPACE_NAME: each}, labels.gateway(args)) for each in namespaces]


def _egress(args: GatewayArgs) -> list[Spec]:
    # A restarted gateway calls the pods it remembers; otherwise it only answers them.
    here = [*network.tunnelled(args), *_gateways(args, args["neighbours_dialled"])]
    inside = [{"to": here, "ports": network.udp(names.TUNNEL_PORT)}] if here else []
    return [*(network.dialled(endpoint) for endpoint in args["dials"]), *inside]


def _deployment(args: GatewayArgs) -> Spec:
    own = labels.gateway(args)
    annotations = {names.ANNOTATION_CONFIGURATION: args["configuration"]}
    return {
        "replicas": 1,
        # Two gateways with one key would take turns in losing packets.
        "strategy": {"type": "Recreate"},
        "selector": {"matchLabels": own},
        "template": {
            "metadata": {"labels": labels.of_site(args) | own, "annotations": annotations},
            "spec": _pod(args),
        },
    }


def _service(args: GatewayArgs) -> Spec:
    port: Spec = {"name": "wireguard", "protocol": "UDP", "port": names.TUNNEL_PORT, "targetPort": names.TUNNEL_PORT}
    return {
        "type": args["service_type"],
        "selector": labels.gateway(args),
        # Its peers' packets make it useful again: waiting for it to be ready first would keep them out.
        "publishNotReadyAddresses": True,
        "ports": [port | ({"nodePort": number} if (number := args.get("node_port")) else {})],
    }


def _pod(args: GatewayArgs) -> Spec:
    tunnel = pods.tunnel(args["image"])
    tunnel["volumeMounts"] = [*tunnel["volumeMounts"], STATE]
    tunnel["readinessProbe"] = pods.http_probe("/readyz", names.TUNNEL_HTTP_PORT, period_s=2, failures=2)
    if not args["scheduler_here"]:
        doors = [{"name": port["name"], "containerPort": port["port"], "protocol": "TCP"} for port in scheduler_ports()]
        tunnel["ports"] = [*tunnel["ports"], *doors]
    called = names.gateway(args["cluster"])
    return pods.pod(
        account=called,
        priority=pods.core(args),
        containers=[tunnel],
        volumes=[pods.tunnel_volume(names.tunnel_secret(called)), STATE_VOLUME],
        grace_s=2,  # nothing to finish: its successor is needed sooner
    )
