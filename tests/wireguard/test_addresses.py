from ipaddress import IPv6Address, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.wireguard import addresses

PREFIX = IPv6Network("fd62:7c3f:cad5::/48")

ADDRESSES = [
    ("gateway", addresses.gateway(PREFIX, 2), "fd62:7c3f:cad5:2::1"),
    ("scheduler", addresses.scheduler(PREFIX, 1), "fd62:7c3f:cad5:1::10"),
    ("first slot", addresses.slot(PREFIX, 2, 0), "fd62:7c3f:cad5:2::11"),
    ("slot 15 counts on in hex", addresses.slot(PREFIX, 2, 15), "fd62:7c3f:cad5:2::20"),
    ("highest site", addresses.gateway(PREFIX, 65535), "fd62:7c3f:cad5:ffff::1"),
]


@pytest.mark.parametrize(("address", "expected"), [row[1:] for row in ADDRESSES], ids=[row[0] for row in ADDRESSES])
def test_an_address_is_prefix_site_and_peer(address: IPv6Address, expected: str) -> None:
    assert address == IPv6Address(expected)


def test_a_site_has_the_64_of_its_id() -> None:
    assert addresses.site_prefix(PREFIX, 0x1A2B) == IPv6Network("fd62:7c3f:cad5:1a2b::/64")


@given(
    one=st.tuples(st.integers(1, 65535), st.integers(0, 4095)),
    other=st.tuples(st.integers(1, 65535), st.integers(0, 4095)),
)
def test_two_slots_never_share_an_address(one: tuple[int, int], other: tuple[int, int]) -> None:
    assert (addresses.slot(PREFIX, *one) == addresses.slot(PREFIX, *other)) == (one == other)


@given(site=st.integers(1, 65535), slot=st.integers(0, 4095))
def test_a_slot_is_neither_gateway_nor_scheduler(site: int, slot: int) -> None:
    taken = {addresses.gateway(PREFIX, site), addresses.scheduler(PREFIX, site)}

    assert addresses.slot(PREFIX, site, slot) not in taken


@pytest.mark.parametrize("site_id", [0, 65536, -1])
def test_a_site_id_outside_16_bits_is_refused(site_id: int) -> None:
    with pytest.raises(ValueError, match=str(site_id)):
        addresses.site_prefix(PREFIX, site_id)


def test_a_prefix_that_is_no_48_is_refused() -> None:
    with pytest.raises(ValueError, match="fd62::/32"):
        addresses.site_prefix(IPv6Network("fd62::/32"), 1)


@pytest.mark.parametrize("slot", [-1, 0x10000 - 0x11])
def test_a_slot_that_leaves_its_field_is_refused(slot: int) -> None:
    with pytest.raises(ValueError, match=str(slot)):
        addresses.slot(PREFIX, 1, slot)
