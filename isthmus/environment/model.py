"""The shape of the stack files, field by field. Relations between fields of different parts live in `clashes`."""

import hashlib
from collections.abc import Mapping
from ipaddress import IPv6Network
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from isthmus.environment.pool import Flag, Part, Pool, whole
from isthmus.environment.shapes import (
    Bytes,
    ConfigKey,
    Cpu,
    HostPort,
    Image,
    Name,
    ObjectName,
    Prefix,
    PublicKey,
    SiteId,
    at_least,
)

#: A scheduler that has imported what it needs takes about 200 MB, before it knows of a task.
SchedulerMemory = Annotated[Bytes, at_least("512Mi")]


class Kubernetes(Part):
    """How to reach a site's API server: a context, a kubeconfig file (and a context of it), or a stack secret."""

    context: str | None = Field(
        None, min_length=1, description="Context of the kubeconfig; of the ambient one without `kubeconfig`."
    )
    kubeconfig: str | None = Field(
        None, min_length=1, description="Path of a kubeconfig file, relative to the project."
    )
    kubeconfigSecret: ConfigKey | None = Field(  # noqa: N815
        None, description="Key of the stack secret that holds a whole kubeconfig."
    )

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if self.kubeconfigSecret and (self.kubeconfig or self.context):
            raise PydanticCustomError("rule", "give kubeconfigSecret, or kubeconfig and context, not both")
        if not (self.kubeconfigSecret or self.kubeconfig or self.context):
            raise PydanticCustomError("rule", "give one of context, kubeconfig, kubeconfigSecret")
        return self


class GatewayService(Part):
    """The UDP Service by which other sites reach this one's gateway."""

    type: Literal["LoadBalancer", "NodePort", "ClusterIP"] = Field(
        "LoadBalancer", description="Type of the Kubernetes Service. Without gateway.endpoint: ClusterIP."
    )
    nodePort: Annotated[int, whole(30000, 32767)] | None = Field(  # noqa: N815
        None, description="The node's UDP port. Absent: Kubernetes chooses one."
    )
    annotations: Mapping[str, str] = Field(
        default_factory=dict, description="Annotations of the Service: how a load balancer is told what to do."
    )

    @model_validator(mode="after")
    def _a_port_somebody_opens(self) -> Self:
        if self.type == "ClusterIP" and self.nodePort is not None:
            raise PydanticCustomError("rule", "a Service of type ClusterIP has no nodePort; leave one of the two out")
        return self


class Gateway(Part):
    """The WireGuard gateway of a site."""

    endpoint: HostPort | None = Field(None, description="host:port that others dial. Absent: this site only dials out.")
    service: GatewayService = Field(GatewayService(), description="The gateway's own Service.")

    @model_validator(mode="before")
    @classmethod
    def _nothing_is_published_that_nobody_dials(cls, given: Any) -> Any:
        if not isinstance(given, dict) or given.get("endpoint") is not None:
            return given
        service = given.get("service", {})
        silent = isinstance(service, dict) and not service.keys() & {"type", "nodePort"}
        return {**given, "service": {**service, "type": "ClusterIP"}} if silent else given

    @model_validator(mode="after")
    def _published_where_it_is_dialled(self) -> Self:
        kind = {"type": self.service.type}
        if self.endpoint is not None and self.service.type == "ClusterIP":
            raise PydanticCustomError(
                "rule",
                "nobody outside reaches a Service of type {type}, but endpoint says that others dial it; "
                "expected type LoadBalancer or NodePort, or no endpoint",
                kind,
            )
        if self.endpoint is None and self.service.type != "ClusterIP":
            raise PydanticCustomError(
                "rule",
                "a Service of type {type} is there to be dialled, but there is no endpoint that others could dial; "
                "expected an endpoint, or type ClusterIP",
                kind,
            )
        return self


class Claim(Part):
    """A PersistentVolumeClaim that the stack makes; existing ones are only named in `volumes`."""

    storage: Bytes = Field(description="Size of the claim.")
    storageClass: ObjectName = Field(description="StorageClass that provides it.")  # noqa: N815
    accessMode: Literal["ReadOnlyMany", "ReadWriteOnce", "ReadWriteMany"] = Field(  # noqa: N815
        "ReadOnlyMany", description="How many nodes may mount it, and whether they may write."
    )


class Install(Part):
    """What this stack installs at a site. A namespace-scoped kubeconfig sets them false: its operator did it.

    One environment per Kubernetes: CRDs and isthmus-system belong to the stack that made them and go with it.
    """

    crds: Flag = Field(True, description="The CustomResourceDefinitions of kubernetes.dask.org.")
    namespaces: Flag = Field(
        True, description="The namespace isthmus-system and the one of the environment, and what guards them."
    )
    controller: Flag = Field(True, description="The controller and its rights.")


class Site(Part):
    """One data centre: one Kubernetes, one /64, one gateway, its pools. File: stacks/<env>/<site>.yaml."""

    name: Name = Field(description="The file's name.")
    id: SiteId = Field(description="Subnet id. Never reused: it is in every address of the site.")
    kubernetes: Kubernetes = Field(description="The way in.")
    gateway: Gateway = Field(Gateway(), description="The site's end of the tunnels.")
    pools: Mapping[Name, Pool] = Field(
        default_factory=dict, description="Pool name, unique in the environment -> its workers."
    )
    claims: Mapping[Name, Claim] = Field(
        default_factory=dict, description="Name -> PersistentVolumeClaim that the stack makes at this site."
    )
    install: Install = Field(Install(), description="What of the foundation is this stack's to install.")

    @property
    def slots(self) -> tuple[int, ...]:
        """Every slot number of the site, ascending."""
        return tuple(sorted(number for pool in self.pools.values() for number in pool.slots.numbers))


class ExternalSite(Part):
    """A site that another stack of the federation owns: nothing is known of it but how to reach it."""

    name: Name = Field(description="The file's name.")
    id: SiteId = Field(description="Subnet id: the site's /64 follows from it.")
    publicKey: PublicKey = Field(description="Public key of the site's gateway.")  # noqa: N815
    endpoint: HostPort | None = Field(None, description="host:port of its gateway. Absent: it dials us.")
    presharedKeySecret: ConfigKey | None = Field(  # noqa: N815
        None, description="Key of the stack secret that holds a pre-shared key, if both sides want one."
    )


class Images(Part):
    """Container images of an environment. Pinned: a digest, or a version tag where the policy allows it."""

    dask: Image = Field(description="Scheduler and workers; any image of a supported version of Dask.")
    controller: Image = Field(description="The controller.")
    tunnel: Image = Field(description="Gateways and the tunnels in the pods.")


class Scheduler(Part):
    """Where the scheduler runs and what it may use."""

    site: Name = Field(description="Site of the scheduler, and usually of the notebook.")
    memory: SchedulerMemory = Field(
        "2Gi", description="Memory of the scheduler, as request and as limit; at least 512Mi."
    )
    cpu: Cpu = Field("1", description="CPU request of the scheduler.")


class Network(Part):
    """The data plane of the environment."""

    prefix: Prefix | None = Field(
        None,
        description="A /48 of fd00::/8; default: hashed from project and stack. Must be given beside external sites.",
    )
    mtu: Annotated[int, whole(1280, 8941)] = Field(1280, description="MTU inside the tunnels, in bytes.")


class Settings(Part):
    """The `isthmus:` keys of a stack file, without their namespace."""

    cluster: Name | None = Field(None, description="Name of the DaskCluster; default: the environment's name.")
    protect: Flag = Field(
        True, description="Protect and retain CRDs, namespaces and the seed; false only where losing all is the point."
    )
    scheduler: Scheduler = Field(description="Where all work is planned.")
    images: Images = Field(description="What the pods run.")
    network: Network = Field(Network(), description="Addresses and packets.")
    sites: tuple[Name, ...] = Field(min_length=1, description="Every site of the environment; each has its own file.")


class Environment(Part):
    """One Pulumi stack: one seed of secrets, one address prefix, one Dask cluster, its sites."""

    project: str
    name: Name
    cluster: Name
    protect: bool
    """CRDs, namespaces and the seed are protected and retained; false only where losing everything is the point."""
    scheduler: Scheduler
    images: Images
    network: Network
    sites: tuple[Site, ...]
    external: tuple[ExternalSite, ...] = ()

    @property
    def prefix(self) -> IPv6Network:
        """The /48 of the data plane: stated, or the first 40 bits of SHA-256 over public values (RFC 4193, 3.2)."""
        if self.network.prefix is not None:
            return self.network.prefix
        digest = hashlib.sha256(f"ula:{self.project}/{self.name}".encode()).digest()
        return IPv6Network((int.from_bytes(b"\xfd" + digest[:5] + bytes(10), "big"), 48))

    @property
    def catalog(self) -> dict[str, str]:
        """Path or URL prefix -> pool, over all sites."""
        return {
            prefix: name for site in self.sites for name, pool in sorted(site.pools.items()) for prefix in pool.catalog
        }

    @property
    def secrets(self) -> tuple[str, ...]:
        """Keys of the stack secrets that the site files name, in their order, each once."""
        kubeconfigs = [site.kubernetes.kubeconfigSecret for site in self.sites]
        agreed = [site.presharedKeySecret for site in self.external]
        return tuple(dict.fromkeys(key for key in (*kubeconfigs, *agreed) if key))

    def site(self, name: str) -> Site:
        """The owned site of that name. Raises KeyError if there is none."""
        for site in self.sites:
            if site.name == name:
                return site
        raise KeyError(name)
