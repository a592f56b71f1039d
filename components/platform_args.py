"""What programs tell a Platform: the stack files as plain mappings, so that editors complete them in any language.

Each class mirrors the model of the same name in `isthmus.environment`, field by field, with plain types in place of
checked ones: tests/components/test_platform_args.py holds the two equal. What is judged is judged there, once.
"""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi

from isthmus.environment import Environment, arguments


class KubernetesConfig(TypedDict):
    """How to reach a site's API server: a context, a kubeconfig file (and a context of it), or a stack secret."""

    context: NotRequired[str]
    """Context of the kubeconfig; of the ambient one without `kubeconfig`."""
    kubeconfig: NotRequired[str]
    """Path of a kubeconfig file, relative to the project."""
    kubeconfigSecret: NotRequired[str]
    """Key of the stack secret that holds a whole kubeconfig."""


class GatewayServiceConfig(TypedDict):
    """The UDP Service by which other sites reach this one's gateway."""

    type: NotRequired[str]
    """Type of the Kubernetes Service. Without gateway.endpoint: ClusterIP."""
    nodePort: NotRequired[int]
    """The node's UDP port. Absent: Kubernetes chooses one."""
    annotations: NotRequired[Mapping[str, str]]
    """Annotations of the Service: how a load balancer is told what to do."""


class GatewayConfig(TypedDict):
    """The WireGuard gateway of a site."""

    endpoint: NotRequired[str]
    """host:port that others dial. Absent: this site only dials out."""
    service: NotRequired[GatewayServiceConfig]
    """The gateway's own Service."""


class WorkersConfig(TypedDict):
    """Size of one pool. The stack sets `min` when it makes the group; autoscaler or `kubectl scale` own it then."""

    min: NotRequired[int]
    """Fewest workers."""
    max: int
    """Most workers; the pool needs as many slots."""
    threads: NotRequired[int]
    """Threads of one worker."""
    memory: str
    """Memory of one worker, as request and as limit; at least 1Gi."""
    cpu: NotRequired[str]
    """CPU request of one worker; default: its threads."""


class SlotsConfig(TypedDict):
    """The numbered seats of a pool: addresses, keys and Secrets of its workers. Slot 0 has address ::11 (hex)."""

    first: NotRequired[int]
    """Number of the pool's first slot."""
    count: int
    """How many slots the pool has."""


class PersistentVolumeClaimConfig(TypedDict):
    """Kubernetes' own way to name a claim, so that a volume here reads like one in a pod."""

    claimName: str
    """Name of the claim in the environment's namespace."""


class VolumeConfig(TypedDict):
    """Data of a site, as its workers see it. Always a claim: Pod Security `restricted` allows no hostPath."""

    name: str
    """Name of the volume in the worker's pod."""
    persistentVolumeClaim: PersistentVolumeClaimConfig
    """The claim that holds the data."""
    mountPath: str
    """Where workers see the data."""
    readOnly: NotRequired[bool]
    """Whether workers may only read it."""


class PoolConfig(TypedDict):
    """The workers that are near a body of data."""

    workers: WorkersConfig
    """How many workers, and how big each is."""
    slots: NotRequired[SlotsConfig]
    """May be left out for a single pool of a site."""
    volumes: NotRequired[Sequence[VolumeConfig]]
    """The data that its workers mount."""
    catalog: NotRequired[Sequence[str]]
    """Path or URL prefixes of the data that lies here."""


class ClaimConfig(TypedDict):
    """A PersistentVolumeClaim that the stack makes; existing ones are only named in `volumes`."""

    storage: str
    """Size of the claim."""
    storageClass: str
    """StorageClass that provides it."""
    accessMode: NotRequired[str]
    """How many nodes may mount it, and whether they may write."""


class InstallConfig(TypedDict):
    """What this stack installs at a site. With a namespace-scoped kubeconfig they are false: its operator did it."""

    crds: NotRequired[bool]
    """The CustomResourceDefinitions of kubernetes.dask.org."""
    namespaces: NotRequired[bool]
    """The site's namespace, isthmus-system with the controller, and what guards them."""
    controller: NotRequired[bool]
    """The controller and its rights."""
    watches: NotRequired[Sequence[str]]
    """Namespaces of other stacks in the same Kubernetes that this site's controller serves too."""


class ExternalPoolConfig(TypedDict):
    """A pool at a site of another stack: its workers are that stack's, only where its data lies is known."""

    catalog: Sequence[str]
    """Path or URL prefixes of the data that lies there."""


class ExternalSiteConfig(TypedDict):
    """A site that another stack of the federation owns: nothing is known of it but how to reach it."""

    id: int
    """Subnet id: the site's /64 follows from it."""
    publicKey: str
    """Public key of the site's gateway."""
    endpoint: NotRequired[str]
    """host:port of its gateway. Absent: it dials us."""
    presharedKeySecret: NotRequired[str]
    """Key of the stack secret that holds a pre-shared key, if both sides want one."""
    pools: NotRequired[Mapping[str, ExternalPoolConfig]]
    """Pool name, unique in the environment -> what data lies there."""


class SiteConfig(TypedDict):
    """One data centre: one Kubernetes, one /64, one gateway, its pools. File: stacks/<env>/<site>.yaml."""

    id: NotRequired[int]
    """Subnet id. Never reused: it is in every address of the site."""
    paused: NotRequired[bool]
    """Leave what is at this site as it is, and let the others go on without it; what is new there is tried all the
    same, and fails while the site is away."""
    namespace: NotRequired[str]
    """Where gateway, scheduler and workers are. Sites that share one Kubernetes have one each."""
    kubernetes: NotRequired[KubernetesConfig]
    """The way in."""
    gateway: NotRequired[GatewayConfig]
    """The site's end of the tunnels."""
    pools: NotRequired[Mapping[str, PoolConfig]]
    """Pool name, unique in the environment -> its workers."""
    claims: NotRequired[Mapping[str, ClaimConfig]]
    """Name -> PersistentVolumeClaim that the stack makes at this site."""
    install: NotRequired[InstallConfig]
    """What of the foundation is this stack's to install."""
    external: NotRequired[ExternalSiteConfig]
    """A site that another stack of the federation owns; then nothing else is given."""


class SchedulerConfig(TypedDict):
    """Where the scheduler runs and what it may use."""

    site: str
    """Site of the scheduler, and usually of the notebook."""
    memory: NotRequired[str]
    """Memory of the scheduler, as request and as limit; at least 512Mi."""
    cpu: NotRequired[str]
    """CPU request of the scheduler."""


class ImagesConfig(TypedDict):
    """Container images of an environment. Pinned: a digest, or a version tag where the policy allows it."""

    dask: str
    """Scheduler and workers; any image of a supported version of Dask."""
    controller: str
    """The controller."""
    tunnel: str
    """Gateways and the tunnels in the pods."""


class NetworkConfig(TypedDict):
    """The data plane of the environment."""

    prefix: NotRequired[str]
    """A /48 of fd00::/8; default: hashed from project and stack. Must be given beside external sites."""
    mtu: NotRequired[int]
    """MTU inside the tunnels, in bytes."""


class SettingsConfig(TypedDict):
    """The `isthmus:` keys of a stack file, without their namespace."""

    cluster: NotRequired[str]
    """Name of the DaskCluster; default: the environment's name."""
    protect: NotRequired[bool]
    """Protect and retain CRDs, namespaces and the seed; false only where losing all is the point."""
    scheduler: SchedulerConfig
    """Where all work is planned."""
    images: ImagesConfig
    """What the pods run."""
    network: NotRequired[NetworkConfig]
    """Addresses and packets."""
    sites: NotRequired[Sequence[str]]
    """Every site of the environment; each has its own file."""


class PlatformArgs(TypedDict):
    """An environment, as `isthmus.environment.arguments` gives it."""

    project: str
    """Name of the project: the addresses of the data plane are hashed from it and from the environment's name."""
    environment: str
    """Name of the environment."""
    settings: SettingsConfig
    """What holds for all sites."""
    sites: Mapping[str, SiteConfig]
    """Name -> one data centre. No two environments of a federation have two sites of one name."""
    secrets: Mapping[str, pulumi.Input[str]]
    """Key -> value of every secret that a site names: kubeconfigs and pre-shared keys."""


def arguments_of(environment: Environment, secrets: Mapping[str, pulumi.Input[str]]) -> PlatformArgs:
    """What a Platform is told of an environment that is loaded already."""
    plain = arguments(environment)
    return {
        "project": plain["project"],
        "environment": plain["environment"],
        "settings": plain["settings"],
        "sites": plain["sites"],
        "secrets": secrets,
    }
