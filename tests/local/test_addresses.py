"""The address plan of the local data centres."""

from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from isthmus.environment import load
from isthmus.errors import IsthmusError
from isthmus.local import addresses

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("site_id", "address"),
    [(1, "10.213.0.1"), (255, "10.213.0.255"), (256, "10.213.1.0"), (65533, "10.213.255.253")],
)
def test_a_site_has_the_address_of_its_id(site_id: int, address: str) -> None:
    assert addresses.on_wan(site_id) == IPv4Address(address)


@pytest.mark.parametrize("site_id", [65534, 65535])
def test_an_id_beyond_the_wan_is_refused_with_the_range(site_id: int) -> None:
    with pytest.raises(IsthmusError, match=f"site id {site_id}: .* from 1 to 65533"):
        addresses.on_wan(site_id)


def test_the_endpoints_of_the_local_stack_are_those_of_the_plan() -> None:
    environment = load(ROOT, "local")

    assert {site.name: site.gateway.endpoint for site in environment.sites} == {
        site.name: f"{addresses.on_wan(site.id)}:30820" for site in environment.sites
    }


def test_no_two_networks_of_a_site_overlap() -> None:
    networks = [addresses.WAN, addresses.PODS, addresses.SERVICES, IPv4Network("127.0.0.0/8")]

    assert [(a, b) for a in networks for b in networks if a is not b and a.overlaps(b)] == []


def test_a_fixed_port_beyond_the_last_one_is_refused_with_the_way_out() -> None:
    assert addresses.forwarded_api_port(3) == 20003
    with pytest.raises(IsthmusError, match="--ports auto"):
        addresses.forwarded_api_port(50000)
