"""The shape of the stack files, field by field. Relations between fields of different files live in `clashes`."""

import hashlib
from collections.abc import Mapping
from ipaddress import IPv6Network
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

#: RFC 1123 label, short enough that `{cluster}-{pool}-worker-` and ten random characters stay below 63.
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=20)]
#: Kubernetes quantity of bytes with a binary or decimal suffix (apimachinery's resource.Quantity).
Bytes = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*(Ki|Mi|Gi|Ti|k|M|G|T)$")]
Port = Annotated[int, Field(ge=1, le=65535)]


def _host_port(value: str) -> str:
    host, separator, port = value.rpartition(":")
    if not separator or not host or not port.isdigit() or not 1 <= int(port) <= 65535:
        raise ValueError("expected host:port, such as wg.ecmwf.example:51820")
    return value


HostPort = Annotated[str, AfterValidator(_host_port)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Kubernetes(_Part):
    """How to reach a site's API server: exactly one of a context, a kubeconfig file, a stack secret."""

    context: str | None = Field(None, description="Context of the kubeconfig; of the ambient one without `kubeconfig`.")
    kubeconfig: str | None = Field(None, description="Path of a kubeconfig file, relative to the project.")
    kubeconfigSecret: str | None = Field(None, description="Key of the stack secret that holds a whole kubeconfig.")  # noqa: N815

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if self.kubeconfigSecret and (self.kubeconfig or self.context):
            raise ValueError("give kubeconfigSecret, or context and kubeconfig, not both")
        if not (self.kubeconfigSecret or self.kubeconfig or self.context):
            raise ValueError("give one of context, kubeconfig, kubeconfigSecret")
        return self


class GatewayService(_Part):
    """The UDP Service by which other sites reach this one's gateway."""

    type: Literal["LoadBalancer", "NodePort", "ClusterIP"] = "LoadBalancer"
    nodePort: Annotated[int, Field(ge=30000, le=32767)] | None = None  # noqa: N815
    annotations: Mapping[str, str] = Field(default_factory=dict)


class Gateway(_Part):
    """The WireGuard gateway of a site."""

    endpoint: HostPort | None = Field(None, description="host:port that others dial. Absent: this site only dials out.")
    service: GatewayService = GatewayService()


class Workers(_Part):
    """Size of one pool. The stack sets `min` when it makes the group; autoscaler or `kubectl scale` own it then."""

    min: Annotated[int, Field(ge=0)] = 0
    max: Annotated[int, Field(ge=1)]
    threads: Annotated[int, Field(ge=1)] = 1
    memory: Bytes = Field(description="Memory of one worker, as request and as limit.")
    cpu: str | None = Field(
        None, description="CPU request of one worker; default: its threads.", pattern=r"^[0-9]+(\.[0-9]+)?m?$"
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")
        return self


class Slots(_Part):
    """The numbered seats of a pool: addresses, keys and Secrets of its workers. Slot 0 has address ::11 (hex)."""

    first: Annotated[int, Field(ge=0)] = 0
    count: Annotated[int, Field(ge=1, le=4096)]

    @property
    def numbers(self) -> range:
        return range(self.first, self.first + self.count)


class PersistentVolumeClaim(_Part):
    claimName: Name  # noqa: N815


class Volume(_Part):
    """Data of a site, as its workers see it. Always a claim: Pod Security `restricted` allows no hostPath."""

    name: Name
    persistentVolumeClaim: PersistentVolumeClaim  # noqa: N815
    mountPath: Annotated[str, StringConstraints(pattern=r"^/")]  # noqa: N815
    readOnly: bool = True  # noqa: N815


class Pool(_Part):
    """The workers that are near a body of data."""

    workers: Workers
    slots: Slots = Field(description="May be left out for a single pool of a site: first 0, count = workers.max.")
    volumes: tuple[Volume, ...] = ()
    catalog: tuple[str, ...] = Field((), description="Path or URL prefixes of the data that lies here.")

    @model_validator(mode="before")
    @classmethod
    def _slots_of_a_single_pool(cls, given: Any) -> Any:
        if isinstance(given, dict) and "slots" not in given and isinstance(given.get("workers"), dict):
            return {**given, "slots": {"first": 0, "count": given["workers"].get("max", 1)}}
        return given


class Claim(_Part):
    """A PersistentVolumeClaim that the stack makes; existing ones are only named in `volumes`."""

    storage: Bytes
    storageClass: str  # noqa: N815
    accessMode: Literal["ReadOnlyMany", "ReadWriteOnce", "ReadWriteMany"] = "ReadOnlyMany"  # noqa: N815


class Install(_Part):
    """What this stack installs at a site. A namespace-scoped kubeconfig sets them false: its operator did it."""

    crds: bool = True
    namespaces: bool = True
    controller: bool = True


class Site(_Part):
    """One data centre: one Kubernetes, one /64, one gateway, its pools. File: stacks/<env>/<site>.yaml."""

    name: Name
    id: Annotated[
        int, Field(ge=1, le=0xFFFF, description="Subnet id. Never reused: it is in every address of the site.")
    ]
    kubernetes: Kubernetes
    gateway: Gateway = Gateway()
    pools: Mapping[Name, Pool] = Field(default_factory=dict)
    claims: Mapping[Name, Claim] = Field(default_factory=dict)
    install: Install = Install()

    @property
    def slots(self) -> tuple[int, ...]:
        """Every slot number of the site, ascending."""
        return tuple(sorted(number for pool in self.pools.values() for number in pool.slots.numbers))


class ExternalSite(_Part):
    """A site that another stack of the federation owns: nothing is known of it but how to reach it."""

    name: Name
    id: Annotated[int, Field(ge=1, le=0xFFFF)]
    publicKey: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$")]  # noqa: N815
    endpoint: HostPort | None = None
    presharedKeySecret: str | None = None  # noqa: N815


class Images(_Part):
    """Container images of an environment. Pinned: a digest, or a version tag where the policy allows it."""

    dask: str
    controller: str
    tunnel: str


class Scheduler(_Part):
    """Where the scheduler runs and what it may use."""

    site: Name
    memory: Bytes = "2Gi"
    cpu: str = Field("1", pattern=r"^[0-9]+(\.[0-9]+)?m?$")


class Network(_Part):
    """The data plane of the environment."""

    prefix: IPv6Network | None = Field(
        None, description="A /48 of fd00::/8; default: hashed from project and stack name."
    )
    mtu: Annotated[int, Field(ge=1280, le=8941)] = 1280

    @model_validator(mode="after")
    def _unique_local(self) -> Self:
        if self.prefix is not None and (
            self.prefix.prefixlen != 48 or not self.prefix.subnet_of(IPv6Network("fd00::/8"))
        ):
            raise ValueError("expected a /48 of fd00::/8 (RFC 4193), such as fd12:3456:789a::/48")
        return self


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

    def site(self, name: str) -> Site:
        """The owned site of that name. Raises KeyError if there is none."""
        for site in self.sites:
            if site.name == name:
                return site
        raise KeyError(name)
