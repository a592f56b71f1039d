"""The meshes that the tests of this room look at."""

from ipaddress import IPv6Network
from typing import Final

from isthmus.wireguard import Mesh, MeshSite

SEED: Final = "a-seed-for-tests-only-of-48-characters-000000000"
PREFIX: Final = IPv6Network("fd12:3456:789a::/48")

GATEWAY_HOST = "c-gateway.isthmus-lab.svc.cluster.local"
HOME = MeshSite("home", 1, "10.213.0.1:30820", slots=(), gateway_host=GATEWAY_HOST)
ECMWF = MeshSite("ecmwf", 2, "wg.ecmwf.example:51820", slots=(0, 1), gateway_host=GATEWAY_HOST)
EUMETSAT = MeshSite("eumetsat", 3, None, slots=(0, 4), gateway_host=GATEWAY_HOST)
PARTNER = MeshSite(
    "partner",
    7,
    "wg.partner.example:51820",
    slots=(),
    external_public_key="hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=",  # Alice's, RFC 7748, 6.1
)

THREE = Mesh(
    environment="lab",
    prefix=PREFIX,
    mtu=1280,
    scheduler_site="home",
    sites=(HOME, ECMWF, EUMETSAT),
)
FEDERATED = Mesh(
    environment="lab",
    prefix=PREFIX,
    mtu=1280,
    scheduler_site="home",
    sites=(HOME, PARTNER),
)
