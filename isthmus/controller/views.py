"""Typed views of the objects that the controller looks at, as far as decisions go. `observe` makes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Network
from typing import Any

from isthmus.names import DASHBOARD_PORT, SCHEDULER_PORT, scheduler


@dataclass(frozen=True)
class Template:
    """What a custom resource says of the pods to be made: its own metadata, those of the part, the PodSpec."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    spec: Mapping[str, Any]
    digest: str = ""
    """Of the part's own metadata and its spec: another one, another template."""


@dataclass(frozen=True)
class Slots:
    """The numbered seats of a group."""

    first: int
    count: int
    prefix: IPv6Network
    secret_prefix: str
    site: str

    @property
    def numbers(self) -> range:
        return range(self.first, self.first + self.count)


@dataclass(frozen=True)
class Cluster:
    """A DaskCluster."""

    namespace: str
    name: str
    uid: str
    generation: int
    deleting: bool
    replicas: int
    """Of the default group."""
    own: Template
    """Its own labels and annotations, and an empty spec: what the default group inherits."""
    scheduler: Template
    service: Mapping[str, Any]
    service_digest: str
    worker: Mapping[str, Any]
    """`spec.worker`, copied into the default group."""
    worker_digest: str
    """Of `worker` without its replicas."""
    status: Mapping[str, Any]

    @property
    def scheduler_address(self) -> str:
        """What a worker dials. `.svc` without a domain resolves whatever the Kubernetes' domain is."""
        return f"tcp://{scheduler(self.name)}.{self.namespace}.svc:{self._port(SCHEDULER_PORT, 'tcp-comm')}"

    @property
    def scheduler_http(self) -> str:
        """Where its scheduler answers HTTP."""
        port = self._port(DASHBOARD_PORT, "http-dashboard", "dashboard")
        return f"http://{scheduler(self.name)}.{self.namespace}.svc:{port}"

    def _port(self, default: int, *names: str) -> int:
        """Port of the Service by name: Flyte says `dashboard` where the operator's own YAML says `http-dashboard`."""
        ports = {port.get("name"): port.get("port") for port in self.service.get("ports") or []}
        return next((int(port) for port in map(ports.get, names) if port), default)


@dataclass(frozen=True)
class Group:
    """A DaskWorkerGroup."""

    namespace: str
    name: str
    uid: str
    generation: int
    resource_version: str
    created: float
    """Seconds since the epoch."""
    deleting: bool
    cluster: str
    owner: str
    """uid of its controlling owner; empty without one."""
    replicas: int
    handed_down: str
    """The cluster's replicas that it was last given; empty if it never was."""
    made_from: str
    """Digest of the cluster's `spec.worker` that it was made from; empty if somebody else made it."""
    scheduler_address: str
    scheduler_http: str
    slots: Slots | None
    template: Template
    status: Mapping[str, Any]


@dataclass(frozen=True)
class PodView:
    """A worker pod, as far as decisions go."""

    name: str
    uid: str
    worker: str
    """Name under which the scheduler knows it."""
    ip: str
    slot: int | None
    created: float
    running: bool
    """Its containers have started."""
    ready: bool
    finished: bool
    """Succeeded or Failed: it will not run again."""
    ending: bool
    """It has a deletionTimestamp."""
    retiring: bool
    """Marked: its retirement has been asked for, or was about to be."""
    template: str = ""
    """Digest of the template that it was made from; empty if it does not say."""
