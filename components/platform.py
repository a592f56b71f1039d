"""One environment as a whole: its seed, its sites, the data plane between them, the Dask cluster over them."""

from collections.abc import Mapping

import pulumi
import pulumi_random as random

from components.base import Component, Place, refuse_orphans
from components.budgets import AskedArgs
from components.cluster import Cluster
from components.controller import Controller, ControllerArgs
from components.crds import Crds
from components.gateway import Gateway, GatewayArgs
from components.mesh import DataPlane, dialled_by, mesh_of
from components.platform_args import PlatformArgs
from components.priorities import Priorities
from components.python_files import PythonFiles, digest
from components.rights import Rights
from components.site import ClaimArgs, Site, SiteArgs
from components.slots import Slots
from components.worker_group import WorkerGroup, WorkerGroupArgs
from isthmus import environment as configured
from isthmus import names
from isthmus.errors import UnsetSecrets
from isthmus.wireguard import addresses
from isthmus.wireguard.peers import GATEWAY, SCHEDULER, slot_peer

#: Letters and digits: 380 bits, so nobody guesses it, and a length that no rule about passwords minds.
SEED_LENGTH = 64


class Platform(Component, kind="Platform"):
    """Everything of one environment.

    Order at each site: namespaces; CRDs, then the controller, and beside them the gateway and the slots; then the
    custom resources. Taking it down goes the other way, so what custom resources need is there until they are gone.
    """

    schedulers: pulumi.Output[dict[str, str]]
    """Site -> address of the scheduler for ordinary Dask clients there."""
    prefix: pulumi.Output[str]
    """The environment's /48."""
    namespaces: pulumi.Output[dict[str, list[str]]]
    """Site -> where the environment is in its Kubernetes."""
    public_keys: pulumi.Output[dict[str, str]]
    """Site -> public key of its gateway: what another stack of a federation needs."""
    peers: pulumi.Output[list[str]]
    """Every site of the mesh, those of other stacks too, sorted."""

    def __init__(self, name: str, args: PlatformArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        # Before anything is declared: a mistake costs nothing.
        self._environment = env = configured.described(
            project=args["project"],
            environment=args["environment"],
            settings=args["settings"],
            sites=args["sites"],
        )
        self._secrets = _secrets(env, args["secrets"])
        super().__init__(name, opts)
        refuse_orphans()
        self._mesh = mesh_of(env)
        agreed = {site.name: self._secrets[key] for site in env.external if (key := site.presharedKeySecret)}
        self._data_plane = DataPlane(self._mesh, self._seed(), agreed)
        sites = {site.name: Site(site.name, self._site_args(site), opts=self.child_opts()) for site in env.sites}
        # Once for each Kubernetes, in the name of its first site.
        firsts = dict.fromkeys(env.sharing(site)[0].name for site in env.sites)
        foundations = {name: self._foundation(env.site(name), sites) for name in firsts}
        for site in env.sites:
            self._contents(sites[site.name], site, foundations[env.sharing(site)[0].name])
        self.prefix = pulumi.Output.from_input(str(env.prefix))
        self.schedulers = pulumi.Output.from_input({site.name: _scheduler_of(env, site) for site in env.sites})
        self.namespaces = pulumi.Output.all(**{name: site.namespaces for name, site in sites.items()})
        self.public_keys = pulumi.Output.all(**{site: self._data_plane.public_key(site) for site in sites})
        self.peers = pulumi.Output.from_input(sorted(site.name for site in self._mesh.sites))
        self.register_outputs(
            {
                "prefix": self.prefix,
                "schedulers": self.schedulers,
                "namespaces": self.namespaces,
                "publicKeys": self.public_keys,
                "peers": self.peers,
            }
        )

    def _seed(self) -> pulumi.Output[str]:
        """The one secret of the environment. Not RandomBytes, which shows its value as the resource's id."""
        provider = random.Provider("random", opts=self.child_opts())
        seed = random.RandomPassword(
            "seed",
            length=SEED_LENGTH,
            special=False,
            opts=pulumi.ResourceOptions.merge(
                self.child_opts(keep=self._environment.protect), pulumi.ResourceOptions(provider=provider)
            ),
        )
        return seed.result

    def _place(self, site: configured.Site) -> Place:
        env = self._environment
        return {
            "environment": env.name,
            "namespace": site.namespace,
            "site": site.name,
            "cluster": env.cluster,
            "scheduler_here": site.name == env.scheduler.site,
            "workers_here": bool(site.pools),
            "priorities_here": any(other.install.crds for other in env.sharing(site)),
        }

    def _foundation(self, site: configured.Site, declared: Mapping[str, Site]) -> list[pulumi.Resource]:
        """What every custom resource of a Kubernetes waits for: of the sites that share it, one installs it."""
        env, found, lets_in = self._environment, list[pulumi.Resource](), list[pulumi.Resource]()
        sharing = env.sharing(site)
        for other in sharing:
            if other.install.crds:
                opts = declared[other.name].child_opts()
                found.append(Crds(other.name, {"keep": env.protect}, opts=opts))
                found.append(Priorities(other.name, {}, opts=opts))
        for other in sharing:
            if other.install.namespaces or other.install.controller:
                lets_in.append(Rights(other.name, self._place(other), opts=declared[other.name].child_opts()))
        for owner in (other for other in sharing if other.install.controller):
            args: ControllerArgs = {
                **self._place(owner),
                "image": env.images.controller,
                "serves": [
                    {"namespace": other.namespace, "scheduler_here": other.name == env.scheduler.site}
                    for other in sharing
                ],
                "watches": owner.install.watches,
            }
            home = declared[owner.name]
            after = [*found, *lets_in, *home.guards]
            found.append(Controller(owner.name, args, opts=home.child_opts(after=after)))
        return [*found, *lets_in]

    def _contents(self, site: Site, configuration: configured.Site, foundation: list[pulumi.Resource]) -> None:
        """What is declared at a site once its Kubernetes has what all of it needs."""
        env, place, name = self._environment, self._place(configuration), configuration.name
        priorities = [each for each in foundation if isinstance(each, Priorities)]
        Gateway(name, self._gateway_args(configuration), opts=site.child_opts(after=[*priorities, *site.guards]))
        if configuration.pools or name == env.scheduler.site:
            python = PythonFiles(name, {**place, "catalog": env.catalog}, opts=site.child_opts())
            foundation = [*foundation, python]
        if name == env.scheduler.site:
            self._cluster(site, configuration, foundation)
        if configuration.pools:
            self._pools(site, configuration, foundation)

    def _site_args(self, site: configured.Site) -> SiteArgs:
        claims: dict[str, ClaimArgs] = {
            name: {"storage": claim.storage, "storage_class": claim.storageClass, "access_mode": claim.accessMode}
            for name, claim in site.claims.items()
        }
        key = site.kubernetes.kubeconfigSecret
        return {
            **self._place(site),
            "kubeconfig": self._secrets[key] if key else site.kubernetes.kubeconfig,
            "context": site.kubernetes.context,
            "install_namespaces": site.install.namespaces,
            "install_controller": site.install.controller,
            "claims": claims,
            "slots": len(site.slots),
            "workers": [
                {"pods": pool.slots.count, "cpu": _cpu(pool), "memory": pool.workers.memory}
                for _, pool in sorted(site.pools.items())
            ],
            "core": self._core(site),
            "published": site.gateway.service.type,
            "keep": self._environment.protect,
            "paused": site.paused,
        }

    def _core(self, site: configured.Site) -> list[AskedArgs]:
        """Gateway and scheduler, each with a successor: on a node that is lost, a pod is there for a while yet."""
        scheduler = self._environment.scheduler
        asked: list[AskedArgs] = [{"pods": 2, "cpu": "0", "memory": "0"}]
        if site.name == scheduler.site:
            asked.append({"pods": 2, "cpu": scheduler.cpu, "memory": scheduler.memory})
        return asked

    def _gateway_args(self, site: configured.Site) -> GatewayArgs:
        service = site.gateway.service
        neighbours = [other for other in self._environment.sharing(site) if other.name != site.name]
        return {
            **self._place(site),
            "image": self._environment.images.tunnel,
            "tunnel_json": self._data_plane.tunnel_json(site.name, GATEWAY),
            "configuration": self._data_plane.digest(site.name, GATEWAY),
            "dials": dialled_by(self._mesh, site),
            "dialled": site.gateway.endpoint is not None,
            "neighbours": [other.namespace for other in neighbours],
            "neighbours_dialled": [other.namespace for other in neighbours if other.gateway.endpoint],
            "service_type": service.type,
            "node_port": service.nodePort,
            "annotations": service.annotations,
        }

    def _cluster(self, site: Site, configuration: configured.Site, after: list[pulumi.Resource]) -> None:
        env, name = self._environment, configuration.name
        Cluster(
            name,
            {
                **self._place(configuration),
                "image": env.images.dask,
                "tunnel_image": env.images.tunnel,
                "tunnel_json": self._data_plane.tunnel_json(name, SCHEDULER),
                "configuration": self._data_plane.digest(name, SCHEDULER, digest(env.catalog)),
                "prefix": str(env.prefix),
                "address": str(self._mesh.scheduler_address),
                "memory": env.scheduler.memory,
                "cpu": env.scheduler.cpu,
            },
            opts=site.child_opts(after=[*after, *site.guards]),
        )

    def _pools(self, site: Site, configuration: configured.Site, after: list[pulumi.Resource]) -> None:
        contents = {
            str(slot): self._data_plane.tunnel_json(configuration.name, slot_peer(slot)) for slot in configuration.slots
        }
        slots = Slots(
            configuration.name, {**self._place(configuration), "tunnel_json": contents}, opts=site.child_opts()
        )
        for name, pool in sorted(configuration.pools.items()):
            WorkerGroup(
                name,
                self._group_args(configuration, name, pool),
                opts=site.child_opts(after=[*after, slots, *site.guards, *site.claims]),
            )

    def _group_args(self, site: configured.Site, name: str, pool: configured.Pool) -> WorkerGroupArgs:
        env = self._environment
        return {
            **self._place(site),
            "pool": name,
            "image": env.images.dask,
            "tunnel_image": env.images.tunnel,
            "configuration": self._data_plane.digest(site.name, slot_peer(pool.slots.first), digest(env.catalog)),
            "prefix": str(env.prefix),
            "address_prefix": str(addresses.site_prefix(env.prefix, site.id)),
            "scheduler_address": f"tcp://[{self._mesh.scheduler_address}]:{names.SCHEDULER_PORT}",
            "first_slot": pool.slots.first,
            "slots": pool.slots.count,
            "replicas": pool.workers.min,
            "threads": pool.workers.threads,
            "memory": pool.workers.memory,
            "cpu": _cpu(pool),
            "volumes": [
                {
                    "name": volume.name,
                    "claim": volume.persistentVolumeClaim.claimName,
                    "mount_path": volume.mountPath,
                    "read_only": volume.readOnly,
                }
                for volume in pool.volumes
            ],
            "data": pool.catalog,
        }


def _cpu(pool: configured.Pool) -> str:
    """What a worker requests."""
    return pool.workers.cpu or str(pool.workers.threads)


def _scheduler_of(env: configured.Environment, site: configured.Site) -> str:
    """Address of the scheduler for the clients at a site."""
    host = names.service_host(names.scheduler(env.cluster), site.namespace)
    return f"tcp://{host}:{names.SCHEDULER_PORT}"


def _secrets(env: configured.Environment, given: Mapping[str, pulumi.Input[str]]) -> dict[str, pulumi.Output[str]]:
    """The secrets that the sites name. All at once: whoever sets up a stack runs it once, not once a key."""
    if unset := [key for key in env.secrets if given.get(key) is None]:
        raise UnsetSecrets(env.name, unset)
    return {key: pulumi.Output.secret(given[key]) for key in env.secrets}
