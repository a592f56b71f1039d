"""The process that a world lives in: it holds the WAN's network namespace, the doors on 127.0.0.1 and every node.

    python -m isthmus.local '{"root": ..., "environment": ..., ...}'

Standard input is the life line: its end means that whoever started it is gone, and so ends the world; unless the line
`stay` came first. Standard output carries reports, a line of JSON each. SIGTERM ends the world too, and SIGKILL does:
every node's first process dies with this one (PR_SET_PDEATHSIG), and with it everything in the node.
"""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from isthmus import names
from isthmus.environment import Environment, load
from isthmus.errors import IsthmusError
from isthmus.local import addresses, cgroups, control, forwarder, lock, namespaces
from isthmus.local.binaries import build
from isthmus.local.datacentre import DataCentre
from isthmus.local.images.catalogue import foundation, images_of
from isthmus.local.images.store import store
from isthmus.local.node import Parts
from isthmus.local.recipes import KUBE, NODE
from isthmus.local.wan import DEFAULT_MBYTES_PER_S, Wan
from isthmus.local.world import World

#: Of the machine's memory, what data centres may use; the rest is for everybody else on it.
MEMORY_SHARE = 0.8
#: What a data centre may use even where that promises more than there is: the demo's fits, and uses a third of it.
LEAST_MEMORY_BYTES = 6_000_000_000
#: Seconds between two looks at volumes that lost their claim and at programs that ended.
_LOOK_EVERY_S = 2.0


@dataclass(frozen=True)
class Settings:
    """What a supervisor is told."""

    root: str
    environment: str
    free_ports: bool = False
    mbytes_per_s: float = DEFAULT_MBYTES_PER_S

    def command(self) -> list[str]:
        """How to start it."""
        return [sys.executable, "-m", "isthmus.local", json.dumps(asdict(self))]


class Supervisor:
    """One world."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.environment: Environment = load(Path(settings.root), settings.environment)
        self.world = World(Path(settings.root))
        self.state = self.world.state
        self.listeners: dict[str, socket.socket] = {}
        self.centres: dict[str, DataCentre] = {}
        self.wan: Wan | None = None
        self.phases: dict[str, str] = {}
        self.failures: dict[str, str] = {}
        """Site -> the first of its programs that ended while it should run, with its last lines."""
        self.ending = asyncio.Event()
        self._servers: list[asyncio.Server] = []

    async def run(self) -> None:
        """Brings the world up, keeps it until it is told to end, ends it."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.ending.set)
        life_line = asyncio.create_task(self._life_line())
        coming = asyncio.create_task(self._come_up())
        ending = asyncio.create_task(self.ending.wait())
        try:
            await asyncio.wait({coming, ending}, return_when=asyncio.FIRST_COMPLETED)
            if coming.done():
                coming.result()
                report(ready=True)
                await self._keep()
            else:
                report(error="ended while coming up")
        finally:
            for task in (life_line, coming, ending):
                task.cancel()
            self.end()
            await asyncio.gather(life_line, coming, ending, return_exceptions=True)

    def listen(self) -> None:
        """Opens the doors on 127.0.0.1. Raises IsthmusError if a port is taken. Before the network is left."""
        free = self.settings.free_ports
        for what, port in addresses.FORWARDED_SERVICES.items():
            self.listeners[what] = forwarder.listen(what, 0 if free else port)
        for site in self.environment.sites:
            port = 0 if free else addresses.forwarded_api_port(site.id)
            self.listeners[site.name] = forwarder.listen(f"API server of {site.name}", port)

    def boot(self) -> None:
        """Makes the WAN and every node's namespaces."""
        namespaces.unshare_network()
        self.wan = Wan(self.settings.mbytes_per_s)
        parts = Parts(build(KUBE), build(NODE), store(foundation(), build(NODE)))
        memory = memory_limit(cgroups.memory_of_machine(), len(self.environment.sites))
        for site in self.environment.sites:
            folder, cgroup = self.state / site.name, f"{self.world.name}-{site.name}"
            centre = DataCentre(site, folder, cgroup, parts, memory)
            self.centres[site.name] = centre
            centre.boot(self.wan)
            centre.write_kubeconfig(forwarder.port_of(self.listeners[site.name]))
            self._reached(site.name, "booted")

    def end(self) -> None:
        """Ends the world: nodes, doors. What stays in spite of it is said in the log."""
        for server in self._servers:
            server.close()
        for listener in self.listeners.values():
            listener.close()
        for centre in self.centres.values():
            if left := centre.power_off():
                _log(f"{centre.site.name}: still in use: {', '.join(str(cgroup) for cgroup in left)}")
        (self.state / control.SOCKET).unlink(missing_ok=True)

    async def _come_up(self) -> None:
        self.boot()
        images = images_of(self.environment)
        self._servers.append(await control.serve(self.state, self._handle))
        for site, centre in self.centres.items():
            connect = partial(_connect_in, centre, str(centre.address), addresses.API_PORT)
            self._servers.append(await forwarder.serve(self.listeners[site], connect))
        home = self.centres[self.environment.scheduler.site]
        for what, port in addresses.FORWARDED_SERVICES.items():
            connect_scheduler = partial(self._connect_scheduler, home, port)
            self._servers.append(await forwarder.serve(self.listeners[what], connect_scheduler))
        await asyncio.gather(
            *(
                asyncio.to_thread(centre.bring_up, images, partial(self._reached, site))
                for site, centre in self.centres.items()
            )
        )

    async def _connect_scheduler(self, home: DataCentre, port: int) -> socket.socket:
        service = names.scheduler(self.environment.cluster)
        path = f"/api/v1/namespaces/{home.site.namespace}/services/{service}"
        found = await asyncio.to_thread(home.control_plane.api.get, path)
        if found is None:
            raise IsthmusError(f"no Service {service} at {home.site.name} yet")
        return await _connect_in(home, found["spec"]["clusterIP"], port)

    async def _keep(self) -> None:
        """Until it is told to end: offers released volumes again, says once if a program has ended."""
        while not self.ending.is_set():
            for site, centre in self.centres.items():
                failure = centre.failure()
                if failure is not None and site not in self.failures:
                    self.failures[site] = str(failure)
                    _log(failure)
                with suppress(OSError, IsthmusError):
                    await asyncio.to_thread(centre.offer_released_volumes)
            with suppress(TimeoutError):
                await asyncio.wait_for(self.ending.wait(), _LOOK_EVERY_S)

    async def _handle(self, request: Mapping[str, Any]) -> Any:
        assert self.wan is not None
        match request:
            case {"do": "status"}:
                return self.status()
            case {"do": "partition", "site": str(site)}:
                self.wan.partition(site)
            case {"do": "heal", "site": str(site)}:
                self.wan.heal(site)
            case {"do": "down"}:
                self.ending.set()
            case _:
                raise IsthmusError(f"unknown request {dict(request)}")
        return None

    def status(self) -> dict[str, Any]:
        """What `isthmus local status --json` shows."""
        assert self.wan is not None
        links = self.wan.links()
        doors = {name: forwarder.port_of(listener) for name, listener in self.listeners.items()}
        return {
            "environment": self.environment.name,
            "supervisor": os.getpid(),
            "sites": {
                name: {
                    "id": centre.site.id,
                    "phase": "failed" if name in self.failures else self.phases.get(name, "booting"),
                    "failure": self.failures.get(name),
                    "api": f"https://127.0.0.1:{doors[name]}",
                    "kubeconfig": str(centre.kubeconfig),
                    "wan_address": str(centre.address),
                    "link": links[name],
                    "memory_bytes": centre.node.memory(),
                    "pid": centre.node.pid,
                }
                for name, centre in self.centres.items()
            },
            "scheduler": f"tcp://127.0.0.1:{doors['scheduler']}",
            "dashboard": f"http://127.0.0.1:{doors['dashboard']}/status",
            "wan": {"mbytes_per_s": self.wan.mbytes_per_s, "bytes": self.wan.traffic()},
        }

    async def _life_line(self) -> None:
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        if await reader.readline() != b"stay\n":
            self.ending.set()

    def _reached(self, site: str, phase: str) -> None:
        self.phases[site] = phase
        report(site=site, phase=phase)


async def _connect_in(centre: DataCentre, host: str, port: int) -> socket.socket:
    """A connection from inside a data centre."""
    connection = namespaces.tcp_socket(centre.node.network)
    connection.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(connection, (host, port))
    except BaseException:
        connection.close()
        raise
    return connection


def memory_limit(machine_bytes: int, sites: int) -> int:
    """Bytes that one of several data centres may use: an equal share, but not less than the demo needs."""
    usable = machine_bytes * MEMORY_SHARE
    return int(max(usable / sites, min(usable, LEAST_MEMORY_BYTES)))


def report(**facts: object) -> None:
    """One line for whoever started us; if it has gone, nobody hears it."""
    with suppress(OSError):
        # In one piece: sites report from threads, and `print` writes the end of a line apart from it.
        os.write(sys.stdout.fileno(), f"{json.dumps(facts)}\n".encode())


def _log(what: object) -> None:
    print(what, file=sys.stderr, flush=True)  # noqa: T201 (the log is our standard error)


def main() -> None:
    """Runs one world. Exit status 1, and a last report with `error`, if it did not come up."""
    settings = Settings(**json.loads(sys.argv[1]))
    world = World(Path(settings.root))
    world.state.mkdir(parents=True, exist_ok=True)
    try:
        with lock.held(world.state):
            world.sweep_before()
            supervisor = Supervisor(settings)
            supervisor.listen()
            asyncio.run(supervisor.run())
    except IsthmusError as error:
        report(error=str(error))
        sys.exit(1)
