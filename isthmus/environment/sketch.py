"""What the files of an environment say as far as they can be read.

Relations between files are checked over sketches, so that a slip in one field does not hide a clash elsewhere: one run
shows every mistake. Where a part is wrong in itself, its sketch has a gap and the checks pass over it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from isthmus.environment.model import Gateway, Kubernetes, Site
from isthmus.environment.pool import Most, Slots, Volume
from isthmus.environment.shapes import ConfigKey, DataPrefix, HostPort, Name, PublicKey, SiteId

Part = TypeVar("Part")

_NAME: TypeAdapter[str] = TypeAdapter(Name)
_ID: TypeAdapter[int] = TypeAdapter(SiteId)
_ENDPOINT: TypeAdapter[str] = TypeAdapter(HostPort)
_CONFIG_KEY: TypeAdapter[str] = TypeAdapter(ConfigKey)
_PUBLIC_KEY: TypeAdapter[str] = TypeAdapter(PublicKey)
_KUBERNETES = TypeAdapter(Kubernetes)
_GATEWAY = TypeAdapter(Gateway)
_MOST: TypeAdapter[int] = TypeAdapter(Most)
_SLOTS = TypeAdapter(Slots)
_VOLUME = TypeAdapter(Volume)
_DATA: TypeAdapter[str] = TypeAdapter(DataPrefix)


@dataclass(frozen=True)
class PoolSketch:
    """One pool of a site file: what of it is right."""

    slots: Slots | None
    most: int | None
    """workers.max"""
    volumes: Mapping[int, Volume]
    """By their positions in the list."""
    catalog: Mapping[int, str]
    """By their positions in the list."""


@dataclass(frozen=True)
class SiteSketch:
    """One site file, own or external; None where its text is missing or wrong."""

    name: str
    file: str
    external: bool = False
    id: int | None = None
    kubernetes: Kubernetes | None = None
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
    stack_file: str
    cluster: str
    scheduler_site: str | None
    prefix_stated: bool
    """Whether `network.prefix` is given, right or wrong, or may be meant by a key that nobody reads."""
    listed: tuple[str, ...]
    """The names under `isthmus:sites`, in their order, doubles included."""
    sites: tuple[SiteSketch, ...]


def site_sketch(name: str, file: str, given: Mapping[str, Any]) -> SiteSketch:
    """What can be read of a site file."""
    if isinstance(outside := given.get("external"), dict):
        endpoint = valid(_ENDPOINT, outside.get("endpoint"))
        return SiteSketch(
            name=name,
            file=file,
            external=True,
            id=valid(_ID, outside.get("id")),
            endpoint=endpoint,
            dials_known=endpoint is not None or "endpoint" not in outside,
            public_key=valid(_PUBLIC_KEY, outside.get("publicKey")),
            secret=(secret := valid(_CONFIG_KEY, outside.get("presharedKeySecret"))),
            secret_known=secret is not None or "presharedKeySecret" not in outside,
        )
    gateway = valid(_GATEWAY, given.get("gateway", {}))
    kubernetes = given.get("kubernetes")
    access = kubernetes if isinstance(kubernetes, dict) else {}
    pools = pools_of(given)
    return SiteSketch(
        name=name,
        file=file,
        id=valid(_ID, given.get("id")),
        kubernetes=valid(_KUBERNETES, kubernetes),
        endpoint=gateway.endpoint if gateway else None,
        # A misspelt `gateway:` is one mistake, not also a site that nobody can dial.
        dials_known=gateway is not None and ("gateway" in given or given.keys() <= Site.model_fields.keys()),
        pools={key: _pool(pool, only=len(pools) == 1) for key, pool in pools.items() if valid(_NAME, key)},
        secret=(secret := valid(_CONFIG_KEY, access.get("kubeconfigSecret"))),
        secret_known=secret is not None or access.keys() <= {"context", "kubeconfig"},
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
        slots, most, _valid_ones(_VOLUME, fields.get("volumes")), _valid_ones(_DATA, fields.get("catalog"))
    )


def _valid_ones(adapter: TypeAdapter[Part], given: object) -> dict[int, Part]:
    listed = given if isinstance(given, list) else []
    parts = {position: valid(adapter, element) for position, element in enumerate(listed)}
    return {position: part for position, part in parts.items() if part is not None}


def pools_of(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The `pools` of a site file, empty if they are no mapping."""
    pools = given.get("pools")
    return pools if isinstance(pools, dict) else {}


def without_slots(pools: Mapping[str, Any]) -> list[str]:
    """The pools that leave their slots out, which only a site's single pool may do."""
    return [name for name, pool in pools.items() if isinstance(pool, dict) and "slots" not in pool]


def valid(adapter: TypeAdapter[Part], given: object) -> Part | None:
    """The part if it is right in itself, else None; what is wrong with it is said elsewhere."""
    try:
        return adapter.validate_python(given)
    except ValidationError:
        return None
