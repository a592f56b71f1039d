"""Dask's own listen and connect over the installed ways, as far as loopback goes; tests/network has the rest."""

from collections.abc import Iterator
from ipaddress import IPv6Address, IPv6Network
from typing import Any

import pytest
from distributed.comm.addressing import get_local_address_for
from distributed.comm.core import CommClosedError, connect, listen
from distributed.comm.registry import backends
from distributed.security import Security

from isthmus.comm import Place, install

OWN = "fd12:3456:789a:2::11"
SECURITY = Security.temporary()


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = dict(backends)
    install(Place(IPv6Network("fd12:3456:789a::/48"), IPv6Address(OWN), site="ecmwf", cluster="c"))
    yield
    backends.update(before)


class Told:
    """Answers one message with what it knows of the connection."""

    def __init__(self, scheme: str) -> None:
        self.listening: dict[str, Any] = SECURITY.get_listen_args("worker") if scheme == "tls" else {}
        self.calling: dict[str, Any] = SECURITY.get_connection_args("worker") if scheme == "tls" else {}

    async def handle(self, comm: Any) -> None:
        await comm.read()
        await comm.write({"local": comm.local_address, "same host": comm.same_host})
        await comm.close()

    async def ask(self, address: str) -> Any:
        comm = await connect(address, timeout=10, **self.calling)
        try:
            await comm.write("who are you?")
            return await comm.read()
        finally:
            await comm.close()


@pytest.mark.parametrize("scheme", ["tcp", "tls"])
async def test_a_listener_on_our_address_serves_the_whole_pod_under_that_address(scheme: str) -> None:
    told = Told(scheme)
    async with listen(f"{scheme}://[{OWN}]:0", told.handle, **told.listening) as listener:
        own = listener.contact_address
        host, port = own.rsplit(":", 1)

        assert host == f"{scheme}://[{OWN}]"
        assert listener.listen_address == own
        for way in (own, f"{scheme}://127.0.0.1:{port}", f"{scheme}://[::1]:{port}"):
            assert await told.ask(way) == {"local": own, "same host": False}


async def test_a_listener_beside_the_data_plane_is_left_alone() -> None:
    told = Told("tcp")
    async with listen("tcp://127.0.0.1:0", told.handle) as listener:
        assert listener.contact_address.startswith("tcp://127.0.0.1:")
        assert await told.ask(listener.contact_address) == {"local": listener.contact_address, "same host": True}


async def test_without_a_tunnel_a_dial_into_the_data_plane_fails_as_a_connection_does() -> None:
    with pytest.raises((CommClosedError, OSError), match="fd12:3456:789a:3::11"):
        await connect("tcp://[fd12:3456:789a:3::11]:9000", timeout=0.5)


def test_our_local_address_for_a_peer_is_our_own() -> None:
    assert get_local_address_for("tcp://[fd12:3456:789a:3::11]:9000") == f"tcp://[{OWN}]"
    assert get_local_address_for("tcp://127.0.0.1:9000") == "tcp://127.0.0.1"
