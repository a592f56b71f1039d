"""Who dials whom: the whole mesh of an environment, seen from each of its peers.

    slot-0 ──┐                                   ┌── slot-0
    slot-1 ──┼── gateway (site A) ═══ gateway (site B) ──┼── slot-1
    scheduler┘         full mesh of gateways     └── ...

A pod has one peer, its gateway, for the whole /48; a gateway has every other gateway for that site's /64 and each pod
of its own site for one address. Whoever has an endpoint is dialled, and whoever can dial keeps doing it: a restarted
gateway that calls is back within a second, one that waits to be called needs fifteen.
"""

from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network
from typing import Final

from isthmus import names
from isthmus.wireguard import addresses

GATEWAY: Final = "gateway"
SCHEDULER: Final = "scheduler"
SLOT: Final = "slot-"
#: Seconds. Below the 30 s after which common NATs forget a UDP flow; the value of WireGuard's own documentation.
KEEPALIVE_S: Final = 25


@dataclass(frozen=True)
class MeshSite:
    """One data centre as the data plane sees it."""

    name: str
    id: int
    endpoint: str | None
    """host:port that other sites dial, or None: this site only dials out."""
    slots: tuple[int, ...]
    external_public_key: str | None = None
    """Of the gateway of a site that another stack owns, base64. Nothing else is known of it."""
    gateway_host: str | None = None
    """DNS name by which the pods of the site dial their own gateway; of an external site None."""


@dataclass(frozen=True)
class Mesh:
    """The data plane of one environment. `sites` are all of it, external ones too; their pairs can all dial."""

    environment: str
    prefix: IPv6Network
    mtu: int
    scheduler_site: str
    sites: tuple[MeshSite, ...]
    epoch: int = 0
    """Counts rotations: another epoch, other keys."""

    def site(self, name: str) -> MeshSite:
        """The site of that name. Raises ValueError if there is none."""
        for site in self.sites:
            if site.name == name:
                return site
        raise ValueError(f"no site {name!r} in the mesh; there are {', '.join(site.name for site in self.sites)}")

    @property
    def scheduler_address(self) -> IPv6Address:
        """Where every worker finds the scheduler."""
        return addresses.scheduler(self.prefix, self.site(self.scheduler_site).id)


@dataclass(frozen=True)
class Peer:
    """One row of a peer's configuration: somebody it talks to."""

    site: str
    peer: str
    """`gateway`, `scheduler` or `slot-N`."""
    address: IPv6Address
    allowed: IPv6Network
    """Sources that are accepted from it and destinations that are sent to it."""
    endpoint: str | None
    """host:port, or None: it dials us."""
    keepalive_s: int
    """0: none."""
    watched: bool
    """Echoed each second, and dialled anew when it is silent."""

    @property
    def name(self) -> str:
        """`site/peer`, unique in the environment."""
        return f"{self.site}/{self.peer}"


def slot_peer(slot: int) -> str:
    """A worker slot's name as a peer."""
    return f"{SLOT}{slot}"


def peers_at(mesh: Mesh, site: str) -> tuple[str, ...]:
    """Every peer of a site: gateway, scheduler, slots ascending. Of an external site only its gateway is known."""
    here = mesh.site(site)
    if here.external_public_key is not None:
        return (GATEWAY,)
    scheduler = (SCHEDULER,) if site == mesh.scheduler_site else ()
    return (GATEWAY, *scheduler, *(slot_peer(slot) for slot in sorted(here.slots)))


def address_of(mesh: Mesh, site: str, peer: str) -> IPv6Address:
    """Data-plane address of a peer. Raises ValueError if the site has no such peer."""
    known = peers_at(mesh, site)
    if peer not in known:
        raise ValueError(f"site {site} has no peer {peer!r}; it has {', '.join(known)}")
    site_id = mesh.site(site).id
    if peer == GATEWAY:
        return addresses.gateway(mesh.prefix, site_id)
    if peer == SCHEDULER:
        return addresses.scheduler(mesh.prefix, site_id)
    return addresses.slot(mesh.prefix, site_id, int(peer.removeprefix(SLOT)))


def peers_of(mesh: Mesh, site: str, peer: str) -> tuple[Peer, ...]:
    """Whom a peer talks to: other gateways in the order of the mesh, then pods in the order of `peers_at`.

    Raises ValueError if the site has no such peer, or is external: its peers are its owner's affair.
    """
    address_of(mesh, site, peer)
    if mesh.site(site).external_public_key is not None:
        raise ValueError(f"site {site} is external: who its peers are is known to its own stack only")
    if peer == GATEWAY:
        return (*_other_gateways(mesh, site), *_pods(mesh, site))
    return (_own_gateway(mesh, site),)


def _other_gateways(mesh: Mesh, site: str) -> tuple[Peer, ...]:
    return tuple(
        Peer(
            site=other.name,
            peer=GATEWAY,
            address=addresses.gateway(mesh.prefix, other.id),
            allowed=addresses.site_prefix(mesh.prefix, other.id),
            endpoint=other.endpoint,
            keepalive_s=KEEPALIVE_S if other.endpoint else 0,
            watched=True,
        )
        for other in mesh.sites
        if other.name != site
    )


def _pods(mesh: Mesh, site: str) -> tuple[Peer, ...]:
    return tuple(
        Peer(
            site=site,
            peer=pod,
            address=(address := address_of(mesh, site, pod)),
            allowed=IPv6Network(address),
            endpoint=None,
            keepalive_s=0,
            watched=False,  # most slots are empty most of the time
        )
        for pod in peers_at(mesh, site)
        if pod != GATEWAY
    )


def _own_gateway(mesh: Mesh, site: str) -> Peer:
    return Peer(
        site=site,
        peer=GATEWAY,
        address=address_of(mesh, site, GATEWAY),
        allowed=mesh.prefix,
        endpoint=f"{mesh.site(site).gateway_host}:{names.TUNNEL_PORT}",
        keepalive_s=KEEPALIVE_S,
        watched=True,
    )
