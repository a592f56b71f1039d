"""The shape of the stack files, field by field. Relations between fields of different parts live in `clashes`."""

import hashlib
from collections.abc import Mapping
from ipaddress import IPv6Network
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from isthmus.environment.shapes import (
    AbsolutePath,
    Bytes,
    ConfigKey,
    Cpu,
    DataPrefix,
    HostPort,
    Image,
    Name,
    ObjectName,
    Prefix,
    PublicKey,
    SiteId,
    at_least,
)

#: Ours: slots of one site. Each is a Secret and an address; Kubernetes bears more, a person's overview does not.
MAX_SLOTS: Final = 4096

#: Of a worker's container the nanny has a tenth; it takes about 80 MB.
WorkerMemory = Annotated[Bytes, at_least("1Gi")]
#: A scheduler that has imported what it needs takes about 200 MB, before it knows of a task.
SchedulerMemory = Annotated[Bytes, at_least("512Mi")]
Flag = Annotated[bool, Field(strict=True)]


def _whole(low: int, high: int | None = None) -> Any:
    return Field(strict=True, ge=low, le=high)


Most = Annotated[int, _whole(1, MAX_SLOTS)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Kubernetes(_Part):
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


class GatewayService(_Part):
    """The UDP Service by which other sites reach this one's gateway."""

    type: Literal["LoadBalancer", "NodePort", "ClusterIP"] = Field(
        "LoadBalancer", description="Type of the Kubernetes Service. Without gateway.endpoint: ClusterIP."
    )
    nodePort: Annotated[int, _whole(30000, 32767)] | None = Field(  # noqa: N815
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


class Gateway(_Part):
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


class Workers(_Part):
    """Size of one pool. The stack sets `min` when it makes the group; autoscaler or `kubectl scale` own it then."""

    min: Annotated[int, _whole(0)] = Field(0, description="Fewest workers.")
    max: Most = Field(description="Most workers; the pool needs as many slots.")
    threads: Annotated[int, _whole(1)] = Field(1, description="Threads of one worker.")
    memory: WorkerMemory = Field(description="Memory of one worker, as request and as limit; at least 1Gi.")
    cpu: Cpu | None = Field(None, description="CPU request of one worker; default: its threads.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min > self.max:
            raise PydanticCustomError(
                "rule",
                "min {min} is above max {max}; expected min to be at most max",
                {"min": self.min, "max": self.max},
            )
        return self


class Slots(_Part):
    """The numbered seats of a pool: addresses, keys and Secrets of its workers. Slot 0 has address ::11 (hex)."""

    first: Annotated[int, _whole(0, MAX_SLOTS - 1)] = Field(0, description="Number of the pool's first slot.")
    count: Annotated[int, _whole(1, MAX_SLOTS)] = Field(description="How many slots the pool has.")

    @property
    def numbers(self) -> range:
        """The slot numbers, ascending."""
        return range(self.first, self.first + self.count)

    @model_validator(mode="after")
    def _within_the_site(self) -> Self:
        if self.numbers.stop > MAX_SLOTS:
            raise PydanticCustomError(
                "rule", "the last slot would be {last}; a site's last one is {limit}",
                {"last": self.numbers[-1], "limit": MAX_SLOTS - 1},
            )  # fmt: skip
        return self


class PersistentVolumeClaim(_Part):
    """Kubernetes' own way to name a claim, so that a volume here reads like one in a pod."""

    claimName: ObjectName = Field(description="Name of the claim in the environment's namespace.")  # noqa: N815


class Volume(_Part):
    """Data of a site, as its workers see it. Always a claim: Pod Security `restricted` allows no hostPath."""

    name: Name = Field(description="Name of the volume in the worker's pod.")
    persistentVolumeClaim: PersistentVolumeClaim = Field(description="The claim that holds the data.")  # noqa: N815
    mountPath: AbsolutePath = Field(description="Where workers see the data.")  # noqa: N815
    readOnly: Flag = Field(True, description="Whether workers may only read it.")  # noqa: N815


class Pool(_Part):
    """The workers that are near a body of data."""

    workers: Workers = Field(description="How many workers, and how big each is.")
    slots: Slots = Field(description="May be left out for a single pool of a site: first 0, count = workers.max.")
    volumes: tuple[Volume, ...] = Field((), description="The data that its workers mount.")
    catalog: tuple[DataPrefix, ...] = Field((), description="Path or URL prefixes of the data that lies here.")

    @model_validator(mode="before")
    @classmethod
    def _slots_of_a_single_pool(cls, given: Any) -> Any:
        if not isinstance(given, dict) or "slots" in given:
            return given
        workers = given.get("workers")
        most = workers.get("max") if isinstance(workers, dict) else None
        # A wrong `max` is reported where it stands; slots that nobody wrote must not be wrong beside it.
        sensible = isinstance(most, int) and not isinstance(most, bool) and 1 <= most <= MAX_SLOTS
        return {**given, "slots": {"first": 0, "count": most if sensible else 1}}


class Claim(_Part):
    """A PersistentVolumeClaim that the stack makes; existing ones are only named in `volumes`."""

    storage: Bytes = Field(description="Size of the claim.")
    storageClass: ObjectName = Field(description="StorageClass that provides it.")  # noqa: N815
    accessMode: Literal["ReadOnlyMany", "ReadWriteOnce", "ReadWriteMany"] = Field(  # noqa: N815
        "ReadOnlyMany", description="How many nodes may mount it, and whether they may write."
    )


class Install(_Part):
    """What this stack installs at a site. A namespace-scoped kubeconfig sets them false: its operator did it.

    One environment per Kubernetes: CRDs and isthmus-system belong to the stack that made them and go with it.
    """

    crds: Flag = Field(True, description="The CustomResourceDefinitions of kubernetes.dask.org.")
    namespaces: Flag = Field(
        True, description="The namespace isthmus-system and the one of the environment, and what guards them."
    )
    controller: Flag = Field(True, description="The controller and its rights.")


class Site(_Part):
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


class ExternalSite(_Part):
    """A site that another stack of the federation owns: nothing is known of it but how to reach it."""

    name: Name = Field(description="The file's name.")
    id: SiteId = Field(description="Subnet id: the site's /64 follows from it.")
    publicKey: PublicKey = Field(description="Public key of the site's gateway.")  # noqa: N815
    endpoint: HostPort | None = Field(None, description="host:port of its gateway. Absent: it dials us.")
    presharedKeySecret: ConfigKey | None = Field(  # noqa: N815
        None, description="Key of the stack secret that holds a pre-shared key, if both sides want one."
    )


class Images(_Part):
    """Container images of an environment. Pinned: a digest, or a version tag where the policy allows it."""

    dask: Image = Field(description="Scheduler and workers; any image of a supported version of Dask.")
    controller: Image = Field(description="The controller.")
    tunnel: Image = Field(description="Gateways and the tunnels in the pods.")


class Scheduler(_Part):
    """Where the scheduler runs and what it may use."""

    site: Name = Field(description="Site of the scheduler, and usually of the notebook.")
    memory: SchedulerMemory = Field(
        "2Gi", description="Memory of the scheduler, as request and as limit; at least 512Mi."
    )
    cpu: Cpu = Field("1", description="CPU request of the scheduler.")


class Network(_Part):
    """The data plane of the environment."""

    prefix: Prefix | None = Field(
        None,
        description="A /48 of fd00::/8; default: hashed from project and stack. Must be given beside external sites.",
    )
    mtu: Annotated[int, _whole(1280, 8941)] = Field(1280, description="MTU inside the tunnels, in bytes.")


class Settings(_Part):
    """The `isthmus:` keys of a stack file, without their namespace."""

    cluster: Name | None = Field(None, description="Name of the DaskCluster; default: the environment's name.")
    protect: Flag = Field(
        True, description="Protect and retain CRDs, namespaces and the seed; false only where losing all is the point."
    )
    scheduler: Scheduler = Field(description="Where all work is planned.")
    images: Images = Field(description="What the pods run.")
    network: Network = Field(Network(), description="Addresses and packets.")
    sites: tuple[Name, ...] = Field(min_length=1, description="Every site of the environment; each has its own file.")


class Environment(_Part):
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
