"""What the files of an environment say as far as they can be read.

Relations between files are checked over sketches, so that a slip in one field does not hide a clash elsewhere: one run
shows every mistake. Where a part is wrong in itself, its sketch has a gap and the checks pass over it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from isthmus import names
from isthmus.environment.given import Given, GivenSite, Place
from isthmus.environment.model import Network, Settings
from isthmus.environment.part import Part
from isthmus.environment.pool import Most, Slots
from isthmus.environment.shapes import AbsolutePath, ConfigKey, DataPrefix, HostPort, Name, Namespace, PublicKey, SiteId
from isthmus.environment.site import Gateway, Install, Kubernetes, NodePort, Site

Typed = TypeVar("Typed")

#: Fields of `install` that name what a Kubernetes has only once, and what that is.
FOUNDATIONS: Final = {"crds": "the CustomResourceDefinitions", "controller": "the controller"}

_NAME: TypeAdapter[str] = TypeAdapter(Name)
_ID: TypeAdapter[int] = TypeAdapter(SiteId)
_ENDPOINT: TypeAdapter[str] = TypeAdapter(HostPort)
_CONFIG_KEY: TypeAdapter[str] = TypeAdapter(ConfigKey)
_PUBLIC_KEY: TypeAdapter[str] = TypeAdapter(PublicKey)
_KUBERNETES = TypeAdapter(Kubernetes)
_GATEWAY = TypeAdapter(Gateway)
_NODE_PORT: TypeAdapter[int] = TypeAdapter(NodePort)
_NAMESPACE: TypeAdapter[str] = TypeAdapter(Namespace)
_MOST: TypeAdapter[int] = TypeAdapter(Most)
_SLOTS = TypeAdapter(Slots)
_PATH: TypeAdapter[str] = TypeAdapter(AbsolutePath)
_DATA: TypeAdapter[str] = TypeAdapter(DataPrefix)


@dataclass(frozen=True)
class VolumeSketch:
    """One volume of a pool; None where its text is missing or wrong."""

    name: str | None
    mountPath: str | None  # noqa: N815 (as the field of the file)


@dataclass(frozen=True)
class PoolSketch:
    """One pool of a site, own or external: what of it is right."""

    catalog: Mapping[int, str]
    """By their positions in the list."""
    slots: Slots | None = None
    most: int | None = None
    """workers.max"""
    volumes: Mapping[int, VolumeSketch] = field(default_factory=dict)
    """By their positions in the list."""


@dataclass(frozen=True)
class SiteSketch:
    """One site, own or external; None where its text is missing or wrong."""

    name: str
    at: Place
    """Of its fields: of an external one those below `external`."""
    external: bool = False
    id: int | None = None
    kubernetes: Kubernetes | None = None
    namespace: str | None = None
    installs: frozenset[str] = frozenset()
    """Which of FOUNDATIONS this stack certainly installs there."""
    watches: tuple[str, ...] = ()
    """Namespaces beside this stack's own."""
    node_port: int | None = None
    endpoint: str | None = None
    dials_known: bool = False
    """Whether `endpoint` can be relied on: it is right, or it is rightly absent."""
    public_key: str | None = None
    pools: Mapping[str, PoolSketch] = field(default_factory=dict)
    secret: str | None = None
    """Key of the stack secret that the file refers to."""
    secret_known: bool = True
    """Whether `secret` can be relied on: it is right, or it is rightly absent."""


@dataclass(frozen=True)
class Sketch:
    """A whole environment."""

    name: str
    at: Place
    """Of the settings."""
    cluster: str
    scheduler_site: str | None
    prefix_stated: bool
    """Whether `network.prefix` is given, right or wrong, or may be meant by a key that nobody reads."""
    listed: tuple[str, ...]
    """The names under `sites` of the settings, in their order, doubles included."""
    sites: tuple[SiteSketch, ...]


def sketch_of(given: Given) -> Sketch:
    """What can be read of an environment."""
    settings = given.settings or {}
    scheduler, listed = settings.get("scheduler"), settings.get("sites")
    return Sketch(
        name=given.environment,
        at=given.at,
        cluster=valid(_NAME, settings.get("cluster")) or given.environment,
        scheduler_site=valid(_NAME, scheduler.get("site")) if isinstance(scheduler, dict) else None,
        prefix_stated=_prefix_stated(settings),
        listed=tuple(name for name in listed if valid(_NAME, name)) if isinstance(listed, list) else (),
        sites=tuple(site_sketch(site, given.environment) for site in given.sites),
    )


def _prefix_stated(settings: Mapping[str, Any]) -> bool:
    """Whether the settings give a prefix. A misspelt `network` is one mistake, not also a missing prefix."""
    network = settings.get("network", {})
    if not settings or not isinstance(network, dict):
        return True
    if "prefix" in network or network.keys() - Network.model_fields.keys():
        return True
    unread = [value for key, value in settings.items() if key not in Settings.model_fields]
    return any(isinstance(value, dict) and set(value) != {"secure"} for value in unread)


def site_sketch(site: GivenSite, environment: str) -> SiteSketch:
    """What can be read of a site."""
    given = site.fields
    if isinstance(outside := given.get("external"), dict):
        return _external(site, outside)
    kubernetes = given.get("kubernetes")
    access = kubernetes if isinstance(kubernetes, dict) else {}
    pools = pools_of(given)
    gateway, install = _below(given, "gateway", Site), _below(given, "install", Site)
    service = _below(gateway, "service", Gateway)
    endpoint = valid(_ENDPOINT, gateway.get("endpoint"))
    own = valid(_NAMESPACE, given.get("namespace"))
    return SiteSketch(
        name=site.name,
        at=site.at,
        id=valid(_ID, given.get("id")),
        kubernetes=valid(_KUBERNETES, kubernetes),
        namespace=names.namespace(environment) if _left_out(given, "namespace", Site) else own,
        installs=frozenset(
            what for what in FOUNDATIONS if install.get(what) is True or _left_out(install, what, Install)
        ),
        watches=tuple(_valid_ones(_NAMESPACE, install.get("watches")).values()),
        node_port=valid(_NODE_PORT, service.get("nodePort")),
        endpoint=endpoint,
        dials_known=endpoint is not None or ("endpoint" not in gateway and valid(_GATEWAY, gateway) is not None),
        pools={key: _pool(pool, only=len(pools) == 1) for key, pool in pools.items() if valid(_NAME, key)},
        secret=(secret := valid(_CONFIG_KEY, access.get("kubeconfigSecret"))),
        secret_known=secret is not None or access.keys() <= {"context", "kubeconfig"},
    )


#: Stands for a mapping of which nothing can be relied on, not even what it lacks.
_UNKNOWN: Final[Mapping[str, Any]] = {"": None}


def _below(given: Mapping[str, Any], name: str, kind: type[Part]) -> Mapping[str, Any]:
    """The mapping in a field of a `kind`; empty if it is rightly left out."""
    below = given.get(name)
    if isinstance(below, dict):
        return below
    return {} if _left_out(given, name, kind) else _UNKNOWN


def _left_out(given: Mapping[str, Any], name: str, kind: type[Part]) -> bool:
    """Whether a field is left out, and not misspelt: that is one mistake, not also what follows from its absence."""
    return name not in given and given.keys() <= kind.model_fields.keys()


def _external(site: GivenSite, fields: Mapping[str, Any]) -> SiteSketch:
    endpoint = valid(_ENDPOINT, fields.get("endpoint"))
    pools = {key: pool for key, pool in pools_of(fields).items() if isinstance(pool, dict)}
    return SiteSketch(
        name=site.name,
        at=site.at.below("external"),
        external=True,
        id=valid(_ID, fields.get("id")),
        endpoint=endpoint,
        dials_known=endpoint is not None or "endpoint" not in fields,
        public_key=valid(_PUBLIC_KEY, fields.get("publicKey")),
        pools={
            key: PoolSketch(_valid_ones(_DATA, pool.get("catalog"))) for key, pool in pools.items() if valid(_NAME, key)
        },
        secret=(secret := valid(_CONFIG_KEY, fields.get("presharedKeySecret"))),
        secret_known=secret is not None or "presharedKeySecret" not in fields,
    )


def _pool(given: object, *, only: bool) -> PoolSketch:
    """What can be read of a pool; `only`: the site has no other one, so that its slots may be left out."""
    fields = given if isinstance(given, dict) else {}
    workers = fields.get("workers")
    most = valid(_MOST, workers.get("max")) if isinstance(workers, dict) else None
    slots = valid(_SLOTS, fields["slots"]) if "slots" in fields else None
    if "slots" not in fields and only and most is not None:
        slots = Slots(first=0, count=most)
    return PoolSketch(
        catalog=_valid_ones(_DATA, fields.get("catalog")),
        slots=slots,
        most=most,
        volumes=_volumes(fields.get("volumes")),
    )


def _volumes(given: object) -> dict[int, VolumeSketch]:
    """Name and path are each read alone: a wrong claim hides neither."""
    listed = enumerate(given) if isinstance(given, list) else ()
    return {
        position: VolumeSketch(valid(_NAME, volume.get("name")), valid(_PATH, volume.get("mountPath")))
        for position, volume in listed
        if isinstance(volume, dict)
    }


def _valid_ones(adapter: TypeAdapter[Typed], given: object) -> dict[int, Typed]:
    listed = given if isinstance(given, list) else []
    parts = {position: valid(adapter, element) for position, element in enumerate(listed)}
    return {position: part for position, part in parts.items() if part is not None}


def pools_of(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The `pools` of a site, empty if they are no mapping."""
    pools = given.get("pools")
    return pools if isinstance(pools, dict) else {}


def without_slots(pools: Mapping[str, Any]) -> list[str]:
    """The pools that leave their slots out, which only a site's single pool may do."""
    return [name for name, pool in pools.items() if isinstance(pool, dict) and "slots" not in pool]


def valid(adapter: TypeAdapter[Typed], given: object) -> Typed | None:
    """The part if it is right in itself, else None; what is wrong with it is said elsewhere."""
    try:
        return adapter.validate_python(given)
    except ValidationError:
        return None
