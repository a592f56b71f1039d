"""Dask's way over the data plane: a preload of scheduler, worker and nanny. Nothing else of Dask changes.

    tcp:// or tls:// to                    goes
    ----------------------------------     --------------------------------------------------
    ourselves                              over loopback
    a peer of our own site                 by plain TCP over the pod network, to the peer's DNS name
    any other address of the environment   through the pod's tunnel, by SOCKS5 on loopback
    anything else                          as always

A listener on our own data-plane address listens on every address of the pod, same port: the tunnel hands over on
loopback what comes from afar, and the site's own pods call the pod's address. To Dask it has the data-plane address,
the only one by which workers know each other. A name is resolved at each dial: the worker in a slot may be another pod
than a minute ago.

Load it with `distributed.scheduler.preload` and `distributed.worker.preload`; the nanny's command line passes over its
configuration, so give `--preload-nanny isthmus.comm`. Without ISTHMUS_PREFIX it does nothing; without ISTHMUS_SITE and
ISTHMUS_CLUSTER the peers of the own site are dialled through the tunnel too.
"""

import functools
import importlib.metadata
import logging
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network
from typing import Any, Final, Protocol

from distributed.comm import tcp
from distributed.comm.addressing import parse_host_port, unparse_host_port
from distributed.comm.registry import backends
from tornado.iostream import IOStream, StreamClosedError
from tornado.tcpclient import TCPClient

from isthmus import names
from isthmus.errors import UnsupportedDask

logger = logging.getLogger(__name__)

LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True)
class Place:
    """Where this process is in the data plane."""

    prefix: IPv6Network
    address: IPv6Address | None = None
    """Ours. None: a client, which nobody dials."""
    site: str = ""
    cluster: str = ""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Place | None":
        """The place that ISTHMUS_* name, or None without ISTHMUS_PREFIX. Raises ValueError if one is no address."""
        if not environ.get(names.ENV_PREFIX):
            return None
        address = environ.get(names.ENV_ADDRESS)
        return cls(
            prefix=_parsed(environ, names.ENV_PREFIX, IPv6Network),
            address=_parsed(environ, names.ENV_ADDRESS, IPv6Address) if address else None,
            site=environ.get(names.ENV_SITE, ""),
            cluster=environ.get(names.ENV_CLUSTER, ""),
        )

    def inside(self, host: str) -> IPv6Address | None:
        """`host` as an address of the environment; None if it is a name or lies elsewhere."""
        try:
            address = IPv6Address(host)
        except ValueError:
            return None
        return address if address in self.prefix else None

    def is_own(self, host: str) -> bool:
        """Whether `host` is our own data-plane address."""
        return self.address is not None and self.inside(host) == self.address

    def plain_host(self, host: str) -> str | None:
        """Whom to dial by plain TCP in order to reach `host`; None: it is reached through the tunnel."""
        address = self.inside(host)
        if address is None:
            return host
        if address == self.address:
            return LOOPBACK
        own_site = self.address is not None and int(address) >> 64 == int(self.address) >> 64
        if not (own_site and self.site and self.cluster):
            return None
        return self._name_in_site(int(address) & (1 << 64) - 1)

    def _name_in_site(self, peer: int) -> str | None:
        """DNS name of a peer of our own site; None of the gateway, to which nobody talks but tunnels."""
        if peer == names.SCHEDULER_NUMBER:
            return names.scheduler(self.cluster)
        if peer >= names.FIRST_SLOT_NUMBER:
            host = names.slot_hostname(self.site, peer - names.FIRST_SLOT_NUMBER)
            return f"{host}.{names.workers_service(self.cluster)}"
        return None


class _Parser(Protocol):
    def __call__(self, text: str, /) -> Any: ...


def _parsed(environ: Mapping[str, str], name: str, parse: _Parser) -> Any:
    try:
        return parse(environ[name])
    except ValueError as error:
        raise ValueError(f"{name}: got {environ[name]!r}; {error}") from None


#: RFC 1928: version 5, one method, no authentication; then version 5, CONNECT, reserved, IPv6. In one write, without
#: waiting for the first answer: one round trip less, and our tunnel allows it.
_SOCKS_REQUEST: Final = b"\5\1\0" + b"\5\1\0\4"
#: Two bytes of the greeting's answer, ten of the request's: the tunnel's bound address is an IPv4 zero.
_SOCKS_ANSWER_BYTES: Final = 12
_SOCKS_REFUSALS: Final = {
    2: "outside the environment's prefix",
    4: "no answer through the tunnel",
    5: "connection refused",
}


class Client(TCPClient):
    """Tornado's client, which goes through the tunnel where it must."""

    def __init__(self, place: Place) -> None:
        # As distributed's own client: no thread for an address in figures.
        super().__init__(resolver=tcp._DefaultLoopResolver())
        self._place = place
        self._plain_host = functools.lru_cache(4096)(place.plain_host)

    async def connect(  # type: ignore[override]  # distributed gives all but host and port by name
        self, host: str, port: int, *, ssl_options: ssl.SSLContext | None = None, **options: Any
    ) -> IOStream:
        """A connection to `host`. Raises StreamClosedError, with what the tunnel said as its `real_error`."""
        plain = self._plain_host(host)
        if plain == host:
            return await super().connect(host, port, ssl_options=ssl_options, **options)
        if plain is None:
            stream = await super().connect(LOOPBACK, names.TUNNEL_SOCKS_PORT, **options)
        else:
            stream = await super().connect(plain, port, **options)
        try:
            if plain is None:
                await _ask_tunnel(stream, IPv6Address(host), port)
            stream.set_nodelay(True)
            # Only now, so that the certificate is held against the address that was asked for, not against the way.
            return await stream.start_tls(False, ssl_options, host) if ssl_options else stream
        except BaseException:
            stream.close()
            raise


async def _ask_tunnel(stream: IOStream, address: IPv6Address, port: int) -> None:
    await stream.write(_SOCKS_REQUEST + address.packed + port.to_bytes(2, "big"))
    answer = await stream.read_bytes(_SOCKS_ANSWER_BYTES)
    if code := answer[3]:
        reason = _SOCKS_REFUSALS.get(code, f"the tunnel says {code}")
        raise StreamClosedError(ConnectionRefusedError(f"[{address}]:{port}: {reason}"))


class _Listener:
    """Mixed into Dask's listeners."""

    place: Place
    ip: str
    bound_address: tuple[str, int]
    contact_address: str

    async def start(self) -> None:
        own = self.ip
        if not self.place.is_own(own):
            await super().start()  # type: ignore[misc]  # the base is known only to Dask
            return
        self.ip = ""
        await super().start()  # type: ignore[misc]  # the base is known only to Dask
        self.ip = own
        self.bound_address = (own, self.bound_address[1])

    async def on_connection(self, comm: Any, *args: Any, **options: Any) -> None:
        if self.place.is_own(self.ip):
            # What the tunnel hands over has loopback at both ends, which Dask takes for a peer on the same host.
            comm._local_addr = self.contact_address
        await super().on_connection(comm, *args, **options)  # type: ignore[misc]  # the base is known only to Dask


def install(place: Place) -> None:
    """Make Dask's tcp:// and tls:// go the ways of the table above, in this process, from now on.

    Raises UnsupportedDask if distributed lacks something of what this stands on; then nothing is changed.
    """
    if lacking := missing():
        raise UnsupportedDask(importlib.metadata.version("distributed"), lacking)
    backends["tcp"] = _backend(place, tcp.TCPBackend, tcp.TCPConnector, tcp.TCPListener)
    backends["tls"] = _backend(place, tcp.TLSBackend, tcp.TLSConnector, tcp.TLSListener)
    logger.info("data plane prefix=%s address=%s site=%s", place.prefix, place.address, place.site)


def _backend(place: Place, base: Any, connector: Any, listener: Any) -> Any:
    class Backend(base):  # type: ignore[misc]  # a class that is only known as it runs
        _connector_class = type(connector.__name__, (connector,), {"client": Client(place)})
        _listener_class = type(listener.__name__, (_Listener, listener), {"place": place})

        def get_local_address_for(self, loc: str) -> str:
            host, _ = parse_host_port(loc)
            if place.address is None or place.inside(host) is None:
                return str(super().get_local_address_for(loc))
            return unparse_host_port(str(place.address), None)

    return Backend()


#: What this module stands on and distributed does not promise: attribute of distributed.comm.tcp, and names that its
#: code must use, for an override that nobody calls would fail in silence.
STANDS_ON: Final = (
    ("TCPBackend._connector_class", ()),
    ("TCPBackend._listener_class", ()),
    ("TCPBackend.get_local_address_for", ()),
    ("TLSBackend._connector_class", ()),
    ("TLSBackend._listener_class", ()),
    ("TCPBackend.get_connector", ("_connector_class",)),
    ("TCPBackend.get_listener", ("_listener_class",)),
    ("BaseTCPConnector.client", ()),
    ("_DefaultLoopResolver", ()),
    ("BaseTCPListener.start", ("ip", "bind_sockets")),
    ("BaseTCPListener.get_host_port", ("bound_address",)),
    ("BaseTCPListener.on_connection", ()),
    ("TCP.local_address.fget", ("_local_addr",)),
)


def missing() -> list[str]:
    """What the installed distributed lacks of STANDS_ON."""
    return [path for path, used in STANDS_ON if not _is_there(path, used)]


def _is_there(path: str, used: tuple[str, ...]) -> bool:
    found: Any = tcp
    for attribute in path.split("."):
        if not hasattr(found, attribute):
            return False
        found = getattr(found, attribute)
    return not used or set(used) <= set(found.__code__.co_names)


if (_place := Place.from_environment(os.environ)) is not None:
    install(_place)
