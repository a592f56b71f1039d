"""One data centre: the provider for its API server, the namespaces, and what holds for everything in them."""

from collections.abc import Mapping, Sequence
from typing import Final, NotRequired, TypedDict, cast

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes.core.v1 import LimitRange, Namespace, PersistentVolumeClaim, ResourceQuota

from components import budgets, labels, network
from components.base import Component, Place
from components.objects import Spec, metadata
from isthmus import names

#: Pod Security, the strictest level, in all three modes: whatever is not refused is neither warned of nor recorded.
RESTRICTED: Final = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn", "audit")}
#: Pods beyond the slots, the gateway and the scheduler: clients, and a gateway's successor while it ends.
SPARE_PODS: Final = 20
#: The controller, its successor, and what an operator starts beside it to look at something.
SYSTEM_PODS: Final = 5


class ClaimArgs(TypedDict):
    """Storage that the site's data lies on."""

    storage: str
    """Size, a Kubernetes quantity."""
    storage_class: str
    """StorageClass that provides it."""
    access_mode: str
    """ReadOnlyMany, ReadWriteOnce or ReadWriteMany."""


class SiteArgs(Place):
    """Access and foundation of a site."""

    kubeconfig: NotRequired[pulumi.Input[str] | None]
    """Path of a kubeconfig, or its content as a secret; the ambient one if absent."""
    context: NotRequired[str | None]
    """Context of the kubeconfig; its current one if absent."""
    install_namespaces: bool
    """Whether the namespaces are ours to make."""
    install_controller: bool
    """Whether a controller will run here: it alone needs the system namespace."""
    claims: Mapping[str, ClaimArgs]
    """PersistentVolumeClaims to make, by name."""
    slots: int
    """Worker slots of the site."""
    workers: Sequence[budgets.AskedArgs]
    """Every pool: as many pods as it has slots, and what one of its workers requests."""
    core: Sequence[budgets.AskedArgs]
    """Gateway and scheduler."""
    published: str
    """Type of the gateway's Service; the quota allows just that one to be visible outside."""
    keep: bool
    """Protect namespaces and claims, and leave them in the cluster when the stack forgets them."""
    paused: NotRequired[bool]
    """Leave what is at the site as it is, whether its API server answers or not."""


class Site(Component, kind="Site"):
    """One data centre. Order: provider, namespaces, then what guards them, then claims.

    Children are declared with `child_opts()`, with the site's provider, and wait for its namespaces.
    """

    namespaces: pulumi.Output[list[str]]
    """Where this environment is at the site."""

    def __init__(self, name: str, args: SiteArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self.provider = kubernetes.Provider(
            name,
            kubeconfig=_stated(args.get("kubeconfig")),
            context=args.get("context"),
            # Without it any change of the kubeconfig, even of a proxy, replaces the provider and all that it made.
            cluster_identifier=f"{args['environment']}/{name}",
            enable_server_side_apply=True,
            # A changed value is then an update; it would be a replacement, and pods would start without it.
            enable_secret_mutable=True,
            enable_config_map_mutable=True,
            # Of a paused site: what cannot be reached is taken to be as the state has it.
            skip_update_unreachable=bool(args.get("paused")),
            opts=self.child_opts(),
        )
        self.hand_down(provider=self.provider, leave=bool(args.get("paused")))
        if args["install_namespaces"]:
            self.hand_down(after=self._namespaces(name, args))
        #: What pods wait for: nothing starts before its namespace is closed, and nothing outlives that.
        self.guards: list[pulumi.Resource] = self._guards(name, args)
        if args["install_namespaces"]:
            self.guards += self._budgets(name, args)
        #: What the stack made; workers that mount one wait for it.
        self.claims: list[pulumi.Resource] = self._claims(name, args)
        self.namespaces = pulumi.Output.from_input(_namespaces(args))
        self.register_outputs({"namespaces": self.namespaces})

    def _namespaces(self, name: str, args: SiteArgs) -> list[pulumi.Resource]:
        return [
            Namespace(
                f"{name}-{'environment' if namespace == args['namespace'] else 'system'}",
                metadata={
                    "name": namespace,
                    # Clients are let in from namespaces with the environment's label: not from the controller's.
                    "labels": RESTRICTED
                    | (
                        labels.of_site(args)
                        if namespace == args["namespace"]
                        else {"app.kubernetes.io/part-of": "isthmus"}
                    ),
                },
                opts=self.child_opts(keep=args["keep"]),
            )
            for namespace in _namespaces(args)
        ]

    def _guards(self, name: str, args: SiteArgs) -> list[pulumi.Resource]:
        """Closed by default; then what every pod, every client and every scraper may do."""
        opts = self.child_opts()
        closed = [
            network.allow(
                # At the end: in the middle, the one of site x would be called as the other of a site x-system.
                f"{name}-default-deny{'-system' if namespace == names.SYSTEM_NAMESPACE else ''}",
                args,
                called="default-deny",
                of={},
                namespace=namespace,
                opts=opts,
            )
            for namespace in (_namespaces(args) if args["install_namespaces"] else [args["namespace"]])
        ]
        scheduler = network.tcp(names.SCHEDULER_PORT, names.DASHBOARD_PORT)
        to_scheduler: Spec = {"to": [network.pods(labels.door(args))], "ports": scheduler}
        tunnels = [network.pods(labels.gateway(args)), *network.tunnelled(args)]
        to_tunnels: Spec = {"to": tunnels, "ports": network.tcp(names.TUNNEL_HTTP_PORT)}
        opened: dict[str, tuple[labels.Labels, Spec]] = {
            "dns": ({}, network.dns()),
            "client": (labels.client(args), to_scheduler),
            "scraper": (labels.scraper(args), to_tunnels),
        }
        return [
            *closed,
            *(
                network.allow(f"{name}-{called}", args, called=called, of=of, egress=[rule], opts=opts)
                for called, (of, rule) in opened.items()
            ),
        ]

    def _budgets(self, name: str, args: SiteArgs) -> list[pulumi.Resource]:
        """How much the namespaces that are ours may take. Quotas and limits are the rights of who makes a namespace."""
        opts = self.child_opts()
        quotas = {"isthmus": budgets.pods(int(args["slots"]) + SPARE_PODS, published=args["published"])}
        if args["priorities_here"]:
            quotas["isthmus-core"] = budgets.compute(names.PRIORITY_CORE, args["core"])
            quotas["isthmus-workers"] = budgets.compute(names.PRIORITY_WORKER, args["workers"])
        made: list[pulumi.Resource] = [
            ResourceQuota(
                f"{name}-{called.replace('isthmus', 'quota')}", metadata=metadata(args, called), spec=spec, opts=opts
            )
            for called, spec in quotas.items()
        ]
        made.append(
            LimitRange(f"{name}-limits", metadata=metadata(args, "isthmus"), spec=budgets.unstated(), opts=opts)
        )
        if args["install_controller"]:
            system = metadata(args, "isthmus", namespace=names.SYSTEM_NAMESPACE)
            quota = budgets.pods(SYSTEM_PODS)
            made.append(ResourceQuota(f"{name}-quota-system", metadata=system, spec=quota, opts=opts))
            made.append(LimitRange(f"{name}-limits-system", metadata=system, spec=budgets.unstated(), opts=opts))
        return made

    def _claims(self, name: str, args: SiteArgs) -> list[pulumi.Resource]:
        return [
            PersistentVolumeClaim(
                f"{name}.{claim}",  # no name holds a dot: a-b's claim c is not a's claim b-c
                metadata=metadata(args, claim),
                spec=_claim(fields),
                opts=self.child_opts(keep=args["keep"]),
            )
            for claim, fields in sorted(args["claims"].items())
        ]


def _stated(kubeconfig: pulumi.Input[str] | None) -> pulumi.Output[str]:
    """A kubeconfig, or none at all.

    Without a value the SDK would make $KUBECONFIG of whoever runs the program an input, and everybody else's preview
    would show a changed provider.
    """
    return cast("pulumi.Output[str]", pulumi.Output.from_input(kubeconfig))


def _claim(fields: ClaimArgs) -> Spec:
    return {
        "accessModes": [fields["access_mode"]],
        "storageClassName": fields["storage_class"],
        "resources": {"requests": {"storage": fields["storage"]}},
    }


def _namespaces(args: SiteArgs) -> list[str]:
    own = args["namespace"]
    return [names.SYSTEM_NAMESPACE, own] if args["install_controller"] else [own]
