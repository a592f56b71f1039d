"""What a picture of the sites shows, as values: who dials whom, who shares a Kubernetes, what lies where."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from isthmus import names
from isthmus.environment import Environment, ExternalSite, Pool, Site
from isthmus.wireguard.addresses import site_prefix

#: With more sites the tunnels are drawn as one thing: GitHub renders 500 edges, and nobody follows fifteen.
MESH_LIMIT: Final = 5
#: Paths of one pool that are shown.
DATA_LIMIT: Final = 4


@dataclass(frozen=True)
class PoolFacts:
    """A pool, its workers in words, and the data near them."""

    name: str
    workers: str
    data: tuple[str, ...]

    @property
    def text(self) -> str:
        """One line."""
        return f"pool {self.name}: {self.workers}"


@dataclass(frozen=True)
class SiteFacts:
    """One data centre."""

    name: str
    prefix: str
    """Its /64."""
    endpoint: str | None
    """host:port that others dial."""
    notes: tuple[str, ...]
    """What is not as usual: paused, another namespace, of another stack."""
    dashed: bool
    """Whether this stack leaves it as it is."""
    scheduler: str | None
    """Where clients at the scheduler's site connect; None at every other site."""
    pools: tuple[PoolFacts, ...]
    external: bool

    @property
    def gateway(self) -> str:
        """What is said of its gateway."""
        return self.endpoint or "dials out only"


@dataclass(frozen=True)
class Tunnel:
    """A tunnel between two gateways; each that can be dialled is dialled by the other. An Environment has no two
    of which neither can."""

    one: str
    other: str
    to_one: bool
    to_other: bool


@dataclass(frozen=True)
class Topology:
    """An environment as it is drawn."""

    environment: str
    prefix: str
    groups: tuple[tuple[SiteFacts, ...], ...]
    """Sites that share one Kubernetes, as a group; the others each alone. The scheduler's group is the first."""
    tunnels: tuple[Tunnel, ...]

    @property
    def sites(self) -> tuple[SiteFacts, ...]:
        """In the order of the groups."""
        return tuple(site for group in self.groups for site in group)

    @property
    def meshed(self) -> bool:
        """Whether each tunnel is drawn."""
        return len(self.sites) <= MESH_LIMIT

    @property
    def title(self) -> str:
        """One line."""
        return f"{self.environment}: one Dask cluster over {_counted(len(self.sites), 'site')}"

    @property
    def description(self) -> str:
        """The picture in words."""
        return " ".join([f"Data plane {self.prefix}.", *(_told(site) for site in self.sites)])


def topology(environment: Environment) -> Topology:
    """What the stack files say."""
    own = [_owned(environment, site) for site in environment.sites]
    others = [_external(environment, site) for site in environment.external]
    grouped: dict[str, list[SiteFacts]] = {}
    for site, facts in zip(environment.sites, own, strict=True):
        grouped.setdefault(environment.sharing(site)[0].name, []).append(facts)
    groups = [*(tuple(group) for group in grouped.values()), *((facts,) for facts in others)]
    groups.sort(key=lambda group: all(site.scheduler is None for site in group))
    tunnels = [
        Tunnel(one.name, other.name, one.endpoint is not None, other.endpoint is not None)
        for position, one in enumerate(own)
        for other in [*own[position + 1 :], *others]
    ]
    return Topology(environment.name, str(environment.prefix), tuple(groups), tuple(tunnels))


def shown_data(data: Sequence[str]) -> list[str]:
    """The paths, the last ones as their number if they are many."""
    if len(data) <= DATA_LIMIT:
        return list(data)
    return [*data[: DATA_LIMIT - 1], f"and {len(data) - DATA_LIMIT + 1} more"]


def _owned(environment: Environment, site: Site) -> SiteFacts:
    here = site.name == environment.scheduler.site
    usual = names.namespace(environment.name)
    return SiteFacts(
        name=site.name,
        prefix=str(site_prefix(environment.prefix, site.id)),
        endpoint=site.gateway.endpoint,
        notes=(
            *(("paused",) if site.paused else ()),
            *((f"namespace {site.namespace}",) if site.namespace != usual else ()),
        ),
        dashed=site.paused,
        scheduler=f"tcp://{names.scheduler(environment.cluster)}:{names.SCHEDULER_PORT}" if here else None,
        pools=tuple(PoolFacts(name, _workers(pool), tuple(pool.catalog)) for name, pool in site.pools.items()),
        external=False,
    )


def _external(environment: Environment, site: ExternalSite) -> SiteFacts:
    return SiteFacts(
        name=site.name,
        prefix=str(site_prefix(environment.prefix, site.id)),
        endpoint=site.endpoint,
        notes=("of another stack",),
        dashed=True,
        scheduler=None,
        pools=tuple(PoolFacts(name, "of another stack", tuple(pool.catalog)) for name, pool in site.pools.items()),
        external=True,
    )


def _workers(pool: Pool) -> str:
    return f"{pool.workers.min} to {_counted(pool.workers.max, 'worker')}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _told(site: SiteFacts) -> str:
    parts = [
        *site.notes,
        *(["scheduler"] if site.scheduler else []),
        f"gateway {site.gateway}",
        *(f"{pool.text}, data {', '.join(shown_data(pool.data)) or 'none'}" for pool in site.pools),
    ]
    return f"{site.name}: {'; '.join(parts)}."
