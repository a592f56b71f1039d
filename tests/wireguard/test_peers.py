from ipaddress import IPv6Address, IPv6Network

import pytest

from isthmus.wireguard import Peer, peers_of
from isthmus.wireguard.peers import peers_at
from tests.wireguard.meshes import FEDERATED, PREFIX, THREE

GATEWAY_HOST = "c-gateway.isthmus-lab.svc.cluster.local:51820"


def gateway(site: str, site_id: int, endpoint: str | None, keepalive_s: int) -> Peer:
    return Peer(
        site,
        "gateway",
        IPv6Address(f"fd12:3456:789a:{site_id}::1"),
        IPv6Network(f"fd12:3456:789a:{site_id}::/64"),
        endpoint,
        keepalive_s,
        watched=True,
    )


def pod(site: str, peer: str, address: str) -> Peer:
    return Peer(site, peer, IPv6Address(address), IPv6Network(address), None, 0, watched=False)


def own_gateway(site: str, site_id: int) -> Peer:
    return Peer(
        site, "gateway", IPv6Address(f"fd12:3456:789a:{site_id}::1"), PREFIX, GATEWAY_HOST, keepalive_s=25, watched=True
    )


HOME = gateway("home", 1, "10.213.0.1:30820", 25)
ECMWF = gateway("ecmwf", 2, "wg.ecmwf.example:51820", 25)
EUMETSAT = gateway("eumetsat", 3, None, 0)

VIEWS = [
    (
        "a gateway beside the scheduler",
        ("home", "gateway"),
        (ECMWF, EUMETSAT, pod("home", "scheduler", "fd12:3456:789a:1::10")),
    ),
    (
        "a gateway with workers",
        ("ecmwf", "gateway"),
        (
            HOME,
            EUMETSAT,
            pod("ecmwf", "slot-0", "fd12:3456:789a:2::11"),
            pod("ecmwf", "slot-1", "fd12:3456:789a:2::12"),
        ),
    ),
    (
        "a gateway that only dials out",
        ("eumetsat", "gateway"),
        (
            HOME,
            ECMWF,
            pod("eumetsat", "slot-0", "fd12:3456:789a:3::11"),
            pod("eumetsat", "slot-4", "fd12:3456:789a:3::15"),
        ),
    ),
    ("the scheduler", ("home", "scheduler"), (own_gateway("home", 1),)),
    ("a worker", ("eumetsat", "slot-4"), (own_gateway("eumetsat", 3),)),
]


@pytest.mark.parametrize(("viewer", "expected"), [row[1:] for row in VIEWS], ids=[row[0] for row in VIEWS])
def test_each_peer_sees_the_mesh_from_its_place(viewer: tuple[str, str], expected: tuple[Peer, ...]) -> None:
    assert peers_of(THREE, *viewer) == expected


def test_an_external_site_is_its_gateway_only() -> None:
    assert peers_of(FEDERATED, "home", "gateway")[0] == gateway("partner", 7, "wg.partner.example:51820", 25)
    assert peers_at(FEDERATED, "partner") == ("gateway",)


def test_talking_is_mutual() -> None:
    """Whoever has a peer is that peer's peer, with routes that fit: else cryptokey routing drops one direction."""
    sees = {
        (site.name, peer): peers_of(THREE, site.name, peer)
        for site in THREE.sites
        for peer in peers_at(THREE, site.name)
    }

    one_sided = [
        (me, other.name)
        for me, others in sees.items()
        for other in others
        if me not in [(back.site, back.peer) for back in sees[other.site, other.peer]]
    ]
    assert one_sided == []


def test_somebody_dials_in_every_pair() -> None:
    silent = [
        (site.name, peer, other.name)
        for site in THREE.sites
        for peer in peers_at(THREE, site.name)
        for other in peers_of(THREE, site.name, peer)
        if not other.endpoint
        and not any(
            back.endpoint and (back.site, back.peer) == (site.name, peer)
            for back in peers_of(THREE, other.site, other.peer)
        )
    ]
    assert silent == []


@pytest.mark.parametrize(
    ("site", "peer", "datum"),
    [("ecmwf", "slot-7", "slot-7"), ("ecmwf", "scheduler", "scheduler"), ("atlantis", "gateway", "atlantis")],
    ids=["a slot that is not there", "a scheduler at a worker site", "a site that is not there"],
)
def test_a_peer_that_does_not_exist_is_refused(site: str, peer: str, datum: str) -> None:
    with pytest.raises(ValueError, match=datum):
        peers_of(THREE, site, peer)


def test_the_peers_of_an_external_gateway_are_its_owners_affair() -> None:
    with pytest.raises(ValueError, match="partner"):
        peers_of(FEDERATED, "partner", "gateway")
