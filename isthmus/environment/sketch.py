"""What the files of an environment say as far as they can be read.

Relations between files are checked over sketches, so that a slip in one field does not hide a clash elsewhere: one run
shows every mistake. Where a part is wrong in itself, its sketch has a gap and the checks pass over it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from isthmus.environment.model import Gateway, Kubernetes, Pool, Site
from isthmus.environment.shapes import HostPort, Name, PublicKey, SiteId

Part = TypeVar("Part")

_NAME: TypeAdapter[str] = TypeAdapter(Name)
_ID: TypeAdapter[int] = TypeAdapter(SiteId)
_ENDPOINT: TypeAdapter[str] = TypeAdapter(HostPort)
_PUBLIC_KEY: TypeAdapter[str] = TypeAdapter(PublicKey)
_KUBERNETES = TypeAdapter(Kubernetes)
_GATEWAY = TypeAdapter(Gateway)
_POOL = TypeAdapter(Pool)


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
    pools: Mapping[str, Pool] = field(default_factory=dict)
    slots_written: bool = True
    """False where a site has several pools and one of them leaves its slots out: then no range is known."""
    secrets: tuple[str, ...] = ()
    """Keys of the stack secrets that the file refers to."""


@dataclass(frozen=True)
class Sketch:
    """A whole environment."""

    name: str
    stack_file: str
    cluster: str
    scheduler_site: str | None
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
            secrets=_texts(outside.get("presharedKeySecret")),
        )
    gateway = valid(_GATEWAY, given.get("gateway", {}))
    kubernetes = given.get("kubernetes")
    pools = pools_of(given)
    return SiteSketch(
        name=name,
        file=file,
        id=valid(_ID, given.get("id")),
        kubernetes=valid(_KUBERNETES, kubernetes),
        endpoint=gateway.endpoint if gateway else None,
        # A misspelt `gateway:` is one mistake, not also a site that nobody can dial.
        dials_known=gateway is not None and ("gateway" in given or given.keys() <= Site.model_fields.keys()),
        pools={key: pool for key, value in pools.items() if (pool := valid(_POOL, value)) and valid(_NAME, key)},
        slots_written=len(pools) < 2 or not without_slots(pools),
        secrets=_texts(kubernetes.get("kubeconfigSecret") if isinstance(kubernetes, dict) else None),
    )


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


def _texts(*values: object) -> tuple[str, ...]:
    return tuple(value for value in values if isinstance(value, str))
