"""The shape of a site's file, field by field. Relations to other files live in `clashes`."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from isthmus.environment.part import FILLED, Broken, Flag, Part, whole
from isthmus.environment.pool import Pool
from isthmus.environment.shapes import (
    Bytes,
    ConfigKey,
    DataPrefix,
    FilePath,
    HostPort,
    Name,
    Namespace,
    ObjectName,
    PublicKey,
    SiteId,
)

NodePort = Annotated[int, whole(30000, 32767)]


def doubles(values: Iterable[str]) -> list[str]:
    """The values that stand there more than once, sorted."""
    counted: Mapping[str, int] = Counter(values)
    return sorted(value for value, count in counted.items() if count > 1)


class Kubernetes(Part):
    """How to reach a site's API server: a context, a kubeconfig file (and a context of it), or a stack secret.

    Sites that state the same are in one Kubernetes. That two different ways lead to one cannot be seen: state the same.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "allOf": [
                {"anyOf": [{"required": [way]} for way in ("context", "kubeconfig", "kubeconfigSecret")]},
                {"not": {"required": ["kubeconfigSecret", "kubeconfig"]}},
                {"not": {"required": ["kubeconfigSecret", "context"]}},
            ]
        }
    )

    context: str | None = Field(
        None, min_length=1, description="Context of the kubeconfig; of the ambient one without `kubeconfig`."
    )
    kubeconfig: FilePath | None = Field(None, description="Path of a kubeconfig file, relative to the project.")
    kubeconfigSecret: ConfigKey | None = Field(  # noqa: N815
        None, description="Key of the stack secret that holds a whole kubeconfig."
    )

    @classmethod
    def broken(cls, right: Mapping[str, Any]) -> Iterator[Broken]:
        """There is one way in."""
        if right.get("kubeconfigSecret") and (right.get("kubeconfig") or right.get("context")):
            yield Broken("give kubeconfigSecret, or kubeconfig and context, not both")
        if right.keys() == cls.model_fields.keys() and not any(right.values()):
            yield Broken("give one of context, kubeconfig, kubeconfigSecret")


class GatewayService(Part):
    """The UDP Service by which other sites reach this one's gateway."""

    model_config = ConfigDict(
        json_schema_extra={
            "not": {"properties": {"type": {"const": "ClusterIP"}}, "required": ["type", "nodePort"]},
        }
    )

    type: Literal["LoadBalancer", "NodePort", "ClusterIP"] = Field(
        "LoadBalancer", description="Type of the Kubernetes Service. Without gateway.endpoint: ClusterIP."
    )
    nodePort: NodePort | None = Field(  # noqa: N815
        None, description="The node's UDP port. Absent: Kubernetes chooses one."
    )
    annotations: Mapping[str, str] = Field(
        default_factory=dict, description="Annotations of the Service: how a load balancer is told what to do."
    )

    @classmethod
    def broken(cls, right: Mapping[str, Any]) -> Iterator[Broken]:
        """Only a port that somebody opens is asked for."""
        if right.get("type") == "ClusterIP" and right.get("nodePort") is not None:
            yield Broken("a Service of type ClusterIP has no nodePort; leave one of the two out")


class Gateway(Part):
    """The WireGuard gateway of a site."""

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"required": ["endpoint"]},
            "then": {"properties": {"service": {"properties": {"type": {"enum": ["LoadBalancer", "NodePort"]}}}}},
            "else": {
                "properties": {"service": {"properties": {"type": {"const": "ClusterIP"}, "nodePort": False}}},
            },
        }
    )

    endpoint: HostPort | None = Field(None, description="host:port that others dial. Absent: this site only dials out.")
    service: GatewayService = Field(GatewayService(), description="The gateway's own Service.")

    @classmethod
    def filled(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Nothing is published that nobody dials."""
        service = given.get("service", {})
        if given.get("endpoint") is not None or not isinstance(service, dict) or service.keys() & {"type", "nodePort"}:
            return given
        return {**given, "service": {**service, "type": "ClusterIP"}}

    @classmethod
    def broken(cls, right: Mapping[str, Any]) -> Iterator[Broken]:
        """What is dialled is published, and the other way round."""
        if not right.keys() >= {"endpoint", "service.type"}:
            return
        kind = right["service.type"]
        if right["endpoint"] is not None and kind == "ClusterIP":
            yield Broken(
                f"nobody outside reaches a Service of type {kind}, but endpoint says that others dial it; "
                "expected type LoadBalancer or NodePort, or no endpoint"
            )
        if right["endpoint"] is None and kind != "ClusterIP":
            yield Broken(
                f"a Service of type {kind} is there to be dialled, but there is no endpoint that others could dial; "
                "expected an endpoint, or type ClusterIP"
            )


class Claim(Part):
    """A PersistentVolumeClaim that the stack makes; existing ones are only named in `volumes`."""

    storage: Bytes = Field(description="Size of the claim.")
    storageClass: ObjectName = Field(description="StorageClass that provides it.")  # noqa: N815
    accessMode: Literal["ReadOnlyMany", "ReadWriteOnce", "ReadWriteMany"] = Field(  # noqa: N815
        "ReadOnlyMany", description="How many nodes may mount it, and whether they may write."
    )


class Install(Part):
    """What this stack installs at a site. With a namespace-scoped kubeconfig they are false: its operator did it.

    Of several sites in one Kubernetes, one installs CRDs and one the controller: they, and isthmus-system, belong to
    the stack that made them and go with it.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"properties": {"controller": {"const": False}}, "required": ["controller"]},
            "then": {"properties": {"watches": {"maxItems": 0}}},
        }
    )

    crds: Flag = Field(True, description="The CustomResourceDefinitions of kubernetes.dask.org.")
    namespaces: Flag = Field(
        True, description="The site's namespace, isthmus-system with the controller, and what guards them."
    )
    controller: Flag = Field(True, description="The controller and its rights.")
    watches: tuple[Namespace, ...] = Field(
        (),
        description="Namespaces of other stacks in the same Kubernetes that this site's controller serves too.",
        json_schema_extra={"uniqueItems": True},
    )

    @classmethod
    def broken(cls, right: Mapping[str, Any]) -> Iterator[Broken]:
        """A controller that is not there serves nobody, and nobody twice."""
        if right.get("watches") and right.get("controller") is False:
            yield Broken("no controller is installed that could serve them; expected controller true", ("watches",))
        for double in doubles(right.get("watches", ())):
            yield Broken(f"{double} stands there twice; leave one out", ("watches",))


class Site(Part):
    """One data centre: a Kubernetes or a namespace of one, a /64, a gateway, its pools: stacks/<env>/<site>.yaml."""

    name: Name = Field(description="The file's name.")
    id: SiteId = Field(description="Subnet id. Never reused: it is in every address of the site.")
    paused: Flag = Field(
        False,
        description="Leave what is at this site as it is, and let the others go on without it; what is new there is "
        "tried all the same, and fails while the site is away.",
    )
    namespace: Namespace = Field(
        description="Where gateway, scheduler and workers are. Sites that share one Kubernetes have one each.",
        json_schema_extra={FILLED: "isthmus-<env>"},
    )
    kubernetes: Kubernetes = Field(description="The way in.")
    gateway: Gateway = Field(Gateway(), description="The site's end of the tunnels.")
    pools: Mapping[Name, Pool] = Field(
        default_factory=dict,
        description="Pool name, unique in the environment -> its workers.",
        json_schema_extra={
            "if": {"minProperties": 2},
            "then": {"additionalProperties": {"required": ["slots"]}},
        },
    )
    claims: Mapping[Name, Claim] = Field(
        default_factory=dict, description="Name -> PersistentVolumeClaim that the stack makes at this site."
    )
    install: Install = Field(Install(), description="What of the foundation is this stack's to install.")

    @property
    def slots(self) -> tuple[int, ...]:
        """Every slot number of the site, ascending."""
        return tuple(sorted(number for pool in self.pools.values() for number in pool.slots.numbers))


class ExternalPool(Part):
    """A pool at a site of another stack: its workers are that stack's, only where its data lies is known."""

    catalog: tuple[DataPrefix, ...] = Field(
        min_length=1, description="Path or URL prefixes of the data that lies there."
    )


class ExternalSite(Part):
    """A site that another stack of the federation owns: nothing is known of it but how to reach it."""

    name: Name = Field(description="The file's name.")
    id: SiteId = Field(description="Subnet id: the site's /64 follows from it.")
    publicKey: PublicKey = Field(description="Public key of the site's gateway.")  # noqa: N815
    endpoint: HostPort | None = Field(None, description="host:port of its gateway. Absent: it dials us.")
    presharedKeySecret: ConfigKey | None = Field(  # noqa: N815
        None, description="Key of the stack secret that holds a pre-shared key, if both sides want one."
    )
    pools: Mapping[Name, ExternalPool] = Field(
        default_factory=dict, description="Pool name, unique in the environment -> what data lies there."
    )
