from ipaddress import IPv6Address, IPv6Network

import pytest

from isthmus.comm import Place
from isthmus.wireguard import addresses

PREFIX = IPv6Network("fd12:3456:789a::/48")
WORKER = Place(PREFIX, addresses.slot(PREFIX, 2, 3), site="ecmwf", cluster="c")
CLIENT = Place(PREFIX)
#: inSite: tunnel.
TUNNELLED = Place(PREFIX, addresses.slot(PREFIX, 2, 3))

WAYS = [
    ("ourselves: loopback", WORKER, str(addresses.slot(PREFIX, 2, 3)), "127.0.0.1"),
    ("ourselves, written otherwise", WORKER, "FD12:3456:789A:0002::0:14", "127.0.0.1"),
    ("the first slot of our site: by name", WORKER, str(addresses.slot(PREFIX, 2, 0)), "ecmwf-0.c-workers"),
    ("the slot whose address is ::20", WORKER, str(addresses.slot(PREFIX, 2, 15)), "ecmwf-15.c-workers"),
    ("the scheduler, if it is here: by name", WORKER, str(addresses.scheduler(PREFIX, 2)), "c-scheduler"),
    ("our gateway: tunnel", WORKER, str(addresses.gateway(PREFIX, 2)), None),
    ("a worker of another site: tunnel", WORKER, str(addresses.slot(PREFIX, 3, 0)), None),
    ("the scheduler of another site: tunnel", WORKER, str(addresses.scheduler(PREFIX, 1)), None),
    ("another environment: as always", WORKER, "fd12:3456:789b:2::11", "fd12:3456:789b:2::11"),
    ("IPv4: as always", WORKER, "10.2.0.7", "10.2.0.7"),
    ("a name: as always", WORKER, "c-scheduler", "c-scheduler"),
    ("nothing: as always", WORKER, "", ""),
    ("a client has no site of its own", CLIENT, str(addresses.slot(PREFIX, 2, 0)), None),
    ("a client beside the data plane: as always", CLIENT, "10.2.0.7", "10.2.0.7"),
    ("without site and cluster even our site: tunnel", TUNNELLED, str(addresses.slot(PREFIX, 2, 0)), None),
    ("without site and cluster, ourselves: loopback", TUNNELLED, str(addresses.slot(PREFIX, 2, 3)), "127.0.0.1"),
]


@pytest.mark.parametrize(("place", "host", "expected"), [row[1:] for row in WAYS], ids=[row[0] for row in WAYS])
def test_an_address_goes_its_way(place: Place, host: str, expected: str | None) -> None:
    assert place.plain_host(host) == expected


def test_the_environment_says_where_we_are() -> None:
    environ = {
        "ISTHMUS_PREFIX": "fd12:3456:789a::/48",
        "ISTHMUS_ADDRESS": "fd12:3456:789a:2::14",
        "ISTHMUS_SITE": "ecmwf",
        "ISTHMUS_CLUSTER": "c",
    }

    assert Place.from_environment(environ) == WORKER


@pytest.mark.parametrize("environ", [{}, {"ISTHMUS_PREFIX": ""}, {"ISTHMUS_ADDRESS": "fd12:3456:789a:2::14"}])
def test_without_a_prefix_there_is_no_data_plane(environ: dict[str, str]) -> None:
    assert Place.from_environment(environ) is None


@pytest.mark.parametrize(
    ("environ", "variable"),
    [
        ({"ISTHMUS_PREFIX": "fd12::1/48"}, "ISTHMUS_PREFIX"),
        ({"ISTHMUS_PREFIX": "banana"}, "banana"),
        ({"ISTHMUS_PREFIX": "fd12:3456:789a::/48", "ISTHMUS_ADDRESS": "10.0.0.1"}, "ISTHMUS_ADDRESS"),
    ],
    ids=["bits after the prefix", "no prefix", "an IPv4 address"],
)
def test_a_wrong_place_is_named(environ: dict[str, str], variable: str) -> None:
    with pytest.raises(ValueError, match=variable):
        Place.from_environment(environ)


def test_an_address_is_ours_however_it_is_written() -> None:
    assert WORKER.is_own("fd12:3456:789a:2:0:0:0:14")
    assert not WORKER.is_own(str(IPv6Address("fd12:3456:789a:2::15")))
    assert not WORKER.is_own("0.0.0.0")
    assert not CLIENT.is_own("")
