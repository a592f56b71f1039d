"""The shape of the stack file, field by field, and the environment that comes of all files."""

import hashlib
from ipaddress import IPv6Network
from typing import Annotated

from pydantic import Field

from isthmus.environment.part import Flag, Part, whole
from isthmus.environment.shapes import Bytes, Cpu, Image, Name, Prefix, at_least
from isthmus.environment.site import ExternalSite, Site

#: A scheduler that has imported what it needs takes about 200 MB, before it knows of a task.
SchedulerMemory = Annotated[Bytes, at_least("512Mi")]


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
    sites: tuple[Name, ...] = Field(
        min_length=1,
        description="Every site of the environment; each has its own file.",
        json_schema_extra={"uniqueItems": True},
    )


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
        """Path or URL prefix -> pool, over all sites, those of other stacks last."""
        own = [(name, pool.catalog) for site in self.sites for name, pool in sorted(site.pools.items())]
        others = [(name, pool.catalog) for site in self.external for name, pool in sorted(site.pools.items())]
        return {prefix: name for name, catalog in (*own, *others) for prefix in catalog}

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

    def sharing(self, site: Site) -> tuple[Site, ...]:
        """The sites of this stack in the same Kubernetes, itself included, in the order of the environment."""
        return tuple(other for other in self.sites if other.kubernetes == site.kubernetes)
