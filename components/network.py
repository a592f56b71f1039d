"""NetworkPolicies: who may call whom. Everything is closed by default; each flow that exists is stated at both ends.

client, controller ──8786/8787──> the scheduler's door: itself, at other sites the gateway's alias
pod ──51820/UDP──> gateway <──51820/UDP──> gateways of other sites, also of those in the same Kubernetes
worker <──9000-9001──> worker, scheduler      (the same site; across sites all of it is inside the tunnel)
scraper ──9090──> the tunnel of every pod that has one
"""

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Final

import pulumi
from pulumi_kubernetes.networking.v1 import NetworkPolicy

from components import labels
from components.base import Place
from components.labels import Labels
from components.objects import Spec, metadata
from isthmus import names

#: The label that Kubernetes itself puts on every namespace.
NAMESPACE_NAME: Final = "kubernetes.io/metadata.name"
ANYWHERE: Final = ("0.0.0.0/0", "::/0")


def pods(labels: Labels) -> Spec:
    """Pods of the policy's own namespace, as a peer."""
    return {"podSelector": {"matchLabels": labels}}


def pods_in(namespace: Labels, labels: Labels) -> Spec:
    """Pods of the namespaces with these labels, as a peer. No labels: every pod of them."""
    return {"namespaceSelector": {"matchLabels": namespace}, "podSelector": {"matchLabels": labels} if labels else {}}


def guests(place: Place, labels: Labels) -> list[Spec]:
    """Pods of the site's namespace and of any other with the environment's label, but of no other site, as peers."""
    foreign: Spec = {
        "matchLabels": {names.LABEL_ENVIRONMENT: place["environment"]},
        "matchExpressions": [{"key": names.LABEL_SITE, "operator": "DoesNotExist"}],
    }
    return [pods(labels), {"namespaceSelector": foreign, "podSelector": {"matchLabels": labels}}]


def blocks(*cidrs: str) -> list[Spec]:
    """Address blocks, as peers."""
    return [{"ipBlock": {"cidr": cidr}} for cidr in cidrs]


def tcp(*ports: int) -> list[Spec]:
    """TCP ports of a rule."""
    return [{"protocol": "TCP", "port": port} for port in ports]


def udp(*ports: int) -> list[Spec]:
    """UDP ports of a rule."""
    return [{"protocol": "UDP", "port": port} for port in ports]


def allow(
    name: str,
    place: Place,
    *,
    of: Labels,
    called: str,
    opts: pulumi.ResourceOptions,
    ingress: Sequence[Spec] = (),
    egress: Sequence[Spec] = (),
    namespace: str | None = None,
    alone: bool = False,
) -> NetworkPolicy:
    """Opens flows of the pods with the labels `of`; with no flow at all it closes everything.

    called: name of the object; namespace: the site's by default. alone: close the other direction too, because the
    namespace may be one that nobody else closes.
    """
    directions = {"Ingress": list(ingress), "Egress": list(egress)}
    opened = [direction for direction, rules in directions.items() if rules]
    spec: Spec = {
        "podSelector": {"matchLabels": of} if of else {},
        "policyTypes": list(directions) if alone or not opened else opened,
        **{direction.lower(): directions[direction] for direction in opened},
    }
    return NetworkPolicy(name, metadata=metadata(place, called, namespace=namespace), spec=spec, opts=opts)


def dns() -> Spec:
    """Egress to the cluster's name service, wherever its pods are in kube-system.

    Other places of it (OpenShift: namespace openshift-dns, port 5353; a cache on the node's own address) need a policy
    of the site's operator beside ours.
    """
    return {"to": [pods_in({NAMESPACE_NAME: "kube-system"}, {})], "ports": [*udp(53), *tcp(53)]}


def foreign_doors(namespaces: Sequence[str]) -> list[Spec]:
    """Where schedulers of other stacks are asked, as peers: the names of their clusters are not known."""
    scheduler: Spec = {"matchLabels": {names.LABEL_COMPONENT: "scheduler"}}
    gateway: Spec = {"matchLabels": {names.LABEL_ROLE: "gateway"}}
    return [
        {"namespaceSelector": {"matchLabels": {NAMESPACE_NAME: namespace}}, "podSelector": door}
        for namespace in namespaces
        for door in (scheduler, gateway)
    ]


def callers(place: Place) -> list[Spec]:
    """Ingress to the door of the scheduler: clients to both of its ports, the controller to HTTP only."""
    controller = pods_in({NAMESPACE_NAME: names.SYSTEM_NAMESPACE}, labels.controller())
    return [
        {"from": guests(place, labels.client(place)), "ports": tcp(names.SCHEDULER_PORT, names.DASHBOARD_PORT)},
        {"from": [controller], "ports": tcp(names.DASHBOARD_PORT)},
    ]


def scrapers(place: Place) -> Spec:
    """Ingress to the metrics of a pod's tunnel."""
    return {"from": guests(place, labels.scraper(place)), "ports": tcp(names.TUNNEL_HTTP_PORT)}


def tunnelled(place: Place) -> list[Spec]:
    """The pods of a site that have a tunnel to its gateway, as peers."""
    scheduler = [pods(labels.scheduler(place))] if place["scheduler_here"] else []
    return scheduler + ([pods(labels.workers(place))] if place["workers_here"] else [])


def dialled(endpoint: str) -> Spec:
    """Egress to another site's endpoint, `host:port`. A policy knows no host names: one opens its port to anywhere."""
    host, _, port = endpoint.rpartition(":")
    return {"to": blocks(*_blocks_of(host.strip("[]"))), "ports": udp(int(port))}


def _blocks_of(host: str) -> tuple[str, ...]:
    try:
        address = ip_address(host)
    except ValueError:
        return ANYWHERE
    return (f"{address}/{address.max_prefixlen}",)
