"""The controller of one environment at one site: what it may do, the Deployment, what it may reach."""

from typing import Final

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.core.v1 import ServiceAccount
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget
from pulumi_kubernetes.rbac.v1 import Role, RoleBinding

from components import labels, network, pods
from components.base import Component, Place
from components.objects import Spec, metadata
from isthmus import names
from isthmus.rights import RULES

RBAC: Final = "rbac.authorization.k8s.io"
#: Where API servers listen: 443 as the Service `kubernetes`, 6443 behind it. Their addresses are no pod's. A policy is
#: judged behind the Service, so a site whose API server listens elsewhere needs a policy of its own for the controller.
API_SERVER_PORTS: Final = (443, 6443)
RESOURCES: Final = {"requests": {"cpu": "20m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}}


class ControllerArgs(Place):
    """The controller's image; its rights are `isthmus.rights`."""

    image: str


class Controller(Component, kind="Controller"):
    """The controller. Order: account, rights and flows, then the Deployment, which never runs without."""

    def __init__(self, name: str, args: ControllerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        called = names.controller(args["environment"])
        own = metadata(args, called, namespace=names.SYSTEM_NAMESPACE, more=labels.controller(args))
        account = ServiceAccount(
            f"{name}-controller", metadata=own, automount_service_account_token=False, opts=self.child_opts()
        )
        rights = self._rights(name, args)
        flows = network.allow(
            f"{name}-controller",
            args,
            called=called,
            namespace=names.SYSTEM_NAMESPACE,
            of=labels.controller(args),
            egress=[network.dns(), *_egress(args)],
            opts=self.child_opts(),
        )
        Deployment(
            f"{name}-controller",
            metadata=own,
            spec=_deployment(args),
            opts=self.child_opts(after=[account, *rights, flows]),
        )
        PodDisruptionBudget(
            f"{name}-controller",
            metadata=own,
            spec=_budget(args),
            opts=self.child_opts(),
        )
        self.register_outputs({})

    def _rights(self, name: str, args: ControllerArgs) -> list[pulumi.Resource]:
        """A Role in the environment's namespace and nothing beyond it."""
        called = names.controller(args["environment"])
        own = metadata(args, called)
        role = Role(
            f"{name}-controller",
            metadata=own,
            rules=[
                {"api_groups": list(rule.api_groups), "resources": list(rule.resources), "verbs": list(rule.verbs)}
                for rule in RULES
            ],
            opts=self.child_opts(),
        )
        binding = RoleBinding(
            f"{name}-controller",
            metadata=own,
            role_ref={"api_group": RBAC, "kind": "Role", "name": called},
            subjects=[{"kind": "ServiceAccount", "name": called, "namespace": names.SYSTEM_NAMESPACE}],
            opts=self.child_opts(after=[role]),
        )
        return [role, binding]


def _egress(args: ControllerArgs) -> list[Spec]:
    """To the API server, and to the scheduler's HTTP."""
    namespace = {network.NAMESPACE_NAME: names.namespace(args["environment"])}
    return [
        {"to": network.blocks(*network.ANYWHERE), "ports": network.tcp(*API_SERVER_PORTS)},
        {"to": [network.pods_in(namespace, labels.door(args))], "ports": network.tcp(names.DASHBOARD_PORT)},
    ]


def _deployment(args: ControllerArgs) -> Spec:
    own = labels.controller(args)
    return {
        "replicas": 1,
        # Two controllers of one environment would make each other's workers.
        "strategy": {"type": "Recreate"},
        "selector": {"matchLabels": own},
        "template": {"metadata": {"labels": labels.of_site(args) | own}, "spec": _pod(args)},
    }


def _budget(args: ControllerArgs) -> Spec:
    """One replica: a budget that forbade its eviction would hold up every drain, and nothing stops while it moves."""
    return {
        "maxUnavailable": 1,
        "selector": {"matchLabels": labels.controller(args)},
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
    }


def _pod(args: ControllerArgs) -> Spec:
    return pods.pod(
        account=names.controller(args["environment"]),
        token=True,
        containers=[
            pods.container(
                "controller",
                args["image"],
                command=["python3", "-m", "isthmus.controller"],
                args=["--namespace", names.namespace(args["environment"])],
                env=pods.env({"PYTHONUNBUFFERED": "1", "HOME": pods.SCRATCH["mountPath"]}),
                ports=[{"name": "http", "containerPort": names.CONTROLLER_HTTP_PORT, "protocol": "TCP"}],
                readinessProbe=pods.http_probe("/readyz", names.CONTROLLER_HTTP_PORT, period_s=2, failures=2),
                # /healthz fails when a key has been due for 120 s or nothing has been read for 600 s; then it is hung.
                livenessProbe=pods.http_probe("/healthz", names.CONTROLLER_HTTP_PORT, period_s=10, failures=3),
                resources=RESOURCES,
                volumeMounts=[pods.SCRATCH],
            )
        ],
        volumes=[pods.SCRATCH_VOLUME],
    )
