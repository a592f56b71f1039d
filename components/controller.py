"""The controller of a Kubernetes: its account, the Deployment, what it may reach. Its rights are `rights.py`'s."""

from collections.abc import Sequence
from typing import Final, TypedDict

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.core.v1 import ServiceAccount
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget

from components import budgets, labels, network, pods
from components.base import Component, Place
from components.objects import Spec, metadata
from isthmus import names

#: Where API servers listen: 443 as the Service `kubernetes`, 6443 behind it. Their addresses are no pod's. A policy is
#: judged behind the Service, so a site whose API server listens elsewhere needs a policy of its own for the controller.
API_SERVER_PORTS: Final = (443, 6443)
RESOURCES: Final = {"requests": {"cpu": "20m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}}


class ServedArgs(TypedDict):
    """A site that the controller looks after."""

    namespace: str
    """Where it is in the Kubernetes that they share."""
    scheduler_here: bool
    """Whether its scheduler is there; elsewhere its gateway is asked."""


class ControllerArgs(Place):
    """The controller's image, and whom it serves."""

    image: str
    """Container image of the controller."""
    serves: Sequence[ServedArgs]
    """The sites of the stack in this Kubernetes."""
    watches: Sequence[str]
    """Namespaces of other stacks."""


class Controller(Component, kind="Controller"):
    """The one controller of a Kubernetes. Order: account and flows, then the Deployment, which never runs without.

    It is declared after the `Rights` in every namespace that it serves: where one is missing, it ends.
    """

    def __init__(self, name: str, args: ControllerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        own = metadata(args, names.CONTROLLER, namespace=names.SYSTEM_NAMESPACE, more=labels.controller())
        account = ServiceAccount(
            f"{name}-controller", metadata=own, automount_service_account_token=False, opts=self.child_opts()
        )
        flows = network.allow(
            f"{name}-controller",
            args,
            called=names.CONTROLLER,
            namespace=names.SYSTEM_NAMESPACE,
            of=labels.controller(),
            egress=[network.dns(), *_egress(args)],
            alone=True,
            opts=self.child_opts(),
        )
        Deployment(
            f"{name}-controller",
            metadata=own,
            spec=_deployment(args),
            # Under another name the new one would run beside the old one, and both make workers.
            opts=pulumi.ResourceOptions.merge(
                self.child_opts(after=[account, flows]), pulumi.ResourceOptions(delete_before_replace=True)
            ),
        )
        PodDisruptionBudget(
            f"{name}-controller",
            metadata=own,
            spec=budgets.disruption(labels.controller()),
            opts=self.child_opts(),
        )
        self.register_outputs({})


def _egress(args: ControllerArgs) -> list[Spec]:
    """To the API server, and to the HTTP of each scheduler, or of the gateway that stands in for it."""
    doors = [
        network.pods_in(
            {network.NAMESPACE_NAME: site["namespace"]},
            labels.door(args | {"scheduler_here": site["scheduler_here"]}),
        )
        for site in args["serves"]
    ]
    return [
        {"to": network.blocks(*network.ANYWHERE), "ports": network.tcp(*API_SERVER_PORTS)},
        {"to": [*doors, *network.foreign_doors(args["watches"])], "ports": network.tcp(names.DASHBOARD_PORT)},
    ]


def _deployment(args: ControllerArgs) -> Spec:
    own = labels.controller()
    return {
        "replicas": 1,
        # Two controllers of one environment would make each other's workers.
        "strategy": {"type": "Recreate"},
        "selector": {"matchLabels": own},
        "template": {"metadata": {"labels": labels.of_site(args) | own}, "spec": _pod(args)},
    }


def _pod(args: ControllerArgs) -> Spec:
    namespaces = sorted({*(site["namespace"] for site in args["serves"]), *args["watches"]})
    return pods.pod(
        account=names.CONTROLLER,
        token=True,
        priority=pods.core(args),
        containers=[
            pods.container(
                "controller",
                args["image"],
                command=["python3", "-m", "isthmus.controller"],
                args=[word for namespace in namespaces for word in ("--namespace", namespace)],
                env=pods.env({"PYTHONUNBUFFERED": "1", "HOME": pods.SCRATCH["mountPath"]}),
                ports=[{"name": "http", "containerPort": names.CONTROLLER_HTTP_PORT, "protocol": "TCP"}],
                readinessProbe=pods.http_probe("/readyz", names.CONTROLLER_HTTP_PORT, period_s=2, failures=2),
                # /healthz fails when a key has been due for 120 s or nothing has been read for 600 s; then it is hung.
                livenessProbe=pods.http_probe("/healthz", names.CONTROLLER_HTTP_PORT, period_s=10, failures=3),
                resources=RESOURCES,
                volumeMounts=[pods.SCRATCH],
            )
        ],
        volumes=[pods.scratch_volume()],
    )
