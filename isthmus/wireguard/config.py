"""The content of a peer's `tunnel.json`: what the Go program in `tunnel/` is told, keys included.

The fields and their meaning are those of `tunnel/config.go`, which refuses one that it does not know.
"""

from collections.abc import Mapping
from typing import Final

from isthmus import names
from isthmus.wireguard import keys
from isthmus.wireguard.peers import GATEWAY, SCHEDULER, Mesh, Peer, address_of, peers_of

#: TCP ports that the filter lets through, as ranges, both ends included. What Dask's programs are told to listen on.
PORTS: Final = (
    (names.SCHEDULER_PORT, names.DASHBOARD_PORT),
    (names.WORKER_PORT, names.NANNY_PORT),
)
SCHEDULER_PORTS: Final = (names.SCHEDULER_PORT, names.DASHBOARD_PORT)
WORKER_PORTS: Final = (names.WORKER_PORT, names.NANNY_PORT)


def tunnel_config(
    mesh: Mesh, site: str, peer: str, seed: str, *, external_preshared_keys: Mapping[str, str] | None = None
) -> dict[str, object]:
    """What `tunnel.json` of one peer holds: plain data, secret as a whole.

    seed: the environment's. external_preshared_keys: external site -> base64 key that both stacks agreed on.
    Raises ValueError if the site has no such peer, is external, or the seed is too short.
    """
    others = peers_of(mesh, site, peer)
    agreed = external_preshared_keys or {}
    config: dict[str, object] = {
        "private_key": keys.key_pair(seed, mesh.environment, site, peer, mesh.epoch).private,
        "listen_port": names.TUNNEL_PORT,
        "mtu": mesh.mtu,
        "prefix": str(mesh.prefix),
        "address": str(address_of(mesh, site, peer)),
        "tcp_ports": [list(ports) for ports in PORTS],
        "http": f":{names.TUNNEL_HTTP_PORT}",
        "peers": [_row(mesh, f"{site}/{peer}", other, seed, agreed) for other in others],
    }
    return config | (_gateway(mesh, site) if peer == GATEWAY else _pod(peer))


def public_key(mesh: Mesh, site: str, peer: str, seed: str) -> str:
    """A peer's public key, base64; of an external gateway the one that its owner gave.

    Raises ValueError as `tunnel_config`.
    """
    address_of(mesh, site, peer)
    external = mesh.site(site).external_public_key
    return external or keys.key_pair(seed, mesh.environment, site, peer, mesh.epoch).public


def _gateway(mesh: Mesh, site: str) -> dict[str, object]:
    """A gateway passes packets on; where the scheduler is not, it is also its door on the pod network."""
    doors = {} if site == mesh.scheduler_site else {f":{p}": f"[{mesh.scheduler_address}]:{p}" for p in SCHEDULER_PORTS}
    return {"forward": True, "alias": doors, "endpoints_file": f"{names.TUNNEL_STATE_DIR}/endpoints.json"}


def _pod(peer: str) -> dict[str, object]:
    """A pod dials out by SOCKS5 and is handed what arrives on its own loopback."""
    ports = SCHEDULER_PORTS if peer == SCHEDULER else WORKER_PORTS
    return {
        "socks": f"127.0.0.1:{names.TUNNEL_SOCKS_PORT}",
        "expose": {str(port): f"127.0.0.1:{port}" for port in ports},
    }


def _row(mesh: Mesh, me: str, other: Peer, seed: str, agreed: Mapping[str, str]) -> dict[str, object]:
    row: dict[str, object] = {
        "name": other.name,
        "public_key": public_key(mesh, other.site, other.peer, seed),
        "allowed_ips": [str(other.allowed)],
    }
    if mesh.site(other.site).external_public_key is None:
        row["preshared_key"] = keys.preshared_key(seed, mesh.environment, me, other.name, mesh.epoch)
    elif other.site in agreed:
        row["preshared_key"] = agreed[other.site]
    if other.endpoint:
        row["endpoint"] = other.endpoint
    if other.keepalive_s:
        row["keepalive_s"] = other.keepalive_s
    if other.watched:
        row["echo"] = str(other.address)
    return row
