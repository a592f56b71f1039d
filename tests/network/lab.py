"""A whole data plane in one world: three sites with real tunnels, configured by isthmus.wireguard.

    home      id 1   gateway, scheduler, slots 0 and 1
    ecmwf     id 2   gateway, slots 0 and 1
    eumetsat  id 3   gateway that cannot be dialled, slot 0

Every site has its own pod network, 10.ID.0.0/24: gateway .1, scheduler .10, slot n .(20 + n). The gateways share a WAN.
"""

import json
import os
import shutil
import socket
from collections.abc import Callable
from functools import partial
from ipaddress import IPv6Address, IPv6Network
from pathlib import Path
from typing import Any, Final

from isthmus import names
from isthmus.wireguard import Mesh, MeshSite, tunnel_config
from isthmus.wireguard.peers import GATEWAY, SCHEDULER, SLOT, address_of, peers_at
from tests.network.world import NOBODY, Node, Program, World
from tests.waiting import until

CLUSTER: Final = "c"
SEED: Final = "a-seed-for-tests-only-of-48-characters-000000000"
MESH: Final = Mesh(
    environment="lab",
    prefix=IPv6Network("fd12:3456:789a::/48"),
    mtu=1280,
    scheduler_site="home",
    sites=(
        MeshSite("home", 1, "wan.home:51820", slots=(0, 1), gateway_host=names.gateway(CLUSTER)),
        MeshSite("ecmwf", 2, "wan.ecmwf:51820", slots=(0, 1), gateway_host=names.gateway(CLUSTER)),
        MeshSite("eumetsat", 3, None, slots=(0,), gateway_host=names.gateway(CLUSTER)),
    ),
)

Change = Callable[[dict[str, Any]], None]


def unchanged(_: dict[str, Any]) -> None:
    """What a pod does to its configuration: nothing."""


class Pod:
    """A node of a site with its tunnel: a gateway, the scheduler's or a worker's pod."""

    def __init__(self, lab: "Lab", site: str, peer: str, node: Node) -> None:
        self.lab, self.site, self.peer, self.node = lab, site, peer, node
        self.address: IPv6Address = address_of(MESH, site, peer)
        self.change: Change = unchanged
        self.tunnel: Program | None = None

    def start(self) -> None:
        """Starts the tunnel, from what isthmus.wireguard says and `change` does to it; back when it listens."""
        config: dict[str, Any] = json.loads(json.dumps(tunnel_config(MESH, self.site, self.peer, SEED)))
        folder = self.lab.world.files / self.node.name
        if config.get("endpoints_file"):
            config["endpoints_file"] = f"/run/lab/{self.node.name}/endpoints.json"
        self.change(config)
        folder.mkdir(exist_ok=True)
        file = folder / names.TUNNEL_CONFIG_KEY
        file.unlink(missing_ok=True)
        file.write_text(json.dumps(config))
        file.chmod(0o400)
        for path in (folder, file):
            os.chown(path, NOBODY, NOBODY)
        command = ["/run/lab/tunnel", f"/run/lab/{self.node.name}/{file.name}"]
        self.tunnel = self.node.start(command, hosts=f"hosts.{self.site}", log=f"tunnel.{self.node.name}")
        until(f"the tunnel of {self.node.name} listens", self._listens)

    def _listens(self) -> bool:
        assert self.tunnel is not None
        assert not self.tunnel.ended(), self.tunnel.says()
        try:
            return self.node.get(names.TUNNEL_HTTP_PORT, "/healthz")[0] == 200
        except OSError:
            return False

    def kill(self) -> None:
        assert self.tunnel is not None
        self.tunnel.end()

    def ready(self) -> bool:
        return self.node.get(names.TUNNEL_HTTP_PORT, "/readyz")[0] == 200

    def hears(self, site: str) -> bool:
        return self.metric("peer_up", peer=f"{site}/gateway") == 1

    def metric(self, name: str, **labels: str) -> float:
        """A value of /metrics, summed over what the labels leave open."""
        asked = {f'{label}="{value}"' for label, value in labels.items()}
        found = [
            float(line.rsplit(" ", 1)[1])
            for line in self.node.get(names.TUNNEL_HTTP_PORT, "/metrics")[1].splitlines()
            if line.startswith((f"isthmus_tunnel_{name}{{", f"isthmus_tunnel_{name} "))
            and asked <= set(line.partition("{")[2].partition("}")[0].split(","))
        ]
        assert found, f"no metric {name} with {labels}"
        return sum(found)

    def wire_bytes(self) -> float:
        """Bytes that the tunnel has exchanged with all its peers, both ways."""
        return self.metric("peer_receive_bytes_total") + self.metric("peer_transmit_bytes_total")

    def dial(self, to: IPv6Address, port: int, *, within: float = 20) -> socket.socket:
        """A connection through this pod's tunnel. Raises ConnectionRefusedError, or TimeoutError."""
        door = self.node.connect("127.0.0.1", names.TUNNEL_SOCKS_PORT, within=within)
        try:
            door.sendall(b"\5\1\0\5\1\0\4" + to.packed + port.to_bytes(2, "big"))
            answer = b""
            while len(answer) < 12 and (more := door.recv(12 - len(answer))):
                answer += more
            if len(answer) < 12 or answer[3]:
                raise ConnectionRefusedError(f"SOCKS says {answer!r}")
        except BaseException:
            door.close()
            raise
        return door


class Lab:
    """`Lab(world, tunnel_binary)` lays the cables; `start()` starts every tunnel, back when all hear each other."""

    def __init__(self, world: World, binary: Path) -> None:
        self.world = world
        shutil.copy(binary, world.files / "tunnel")
        world.switch("wan", *(site.name for site in MESH.sites))
        self.pods = {
            (site.name, peer): self.lay(site.name, peer) for site in MESH.sites for peer in peers_at(MESH, site.name)
        }
        for site in MESH.sites:
            self.publish(site.name)

    def lay(self, site: str, peer: str, *, host: int | None = None, suffix: str = "") -> Pod:
        """A pod with its cables; host: last byte of its address in the pod network."""
        cables = {"eth0": (site, f"{self.pod_network(site)}.{host or _host(peer)}/24")}
        if peer == GATEWAY:
            cables["wan0"] = ("wan", f"{_wan(site)}/24")
        return Pod(self, site, peer, self.world.node(f"{site}-{peer}{suffix}", cables))

    def publish(self, site: str, **moved: int) -> None:
        """Writes the names that a site's pods know; moved: peer (`slot_1` for slot-1) -> last byte of its address."""
        network = self.pod_network(site)
        hosts = {peer: moved.get(peer.replace("-", "_"), _host(peer)) for peer in peers_at(MESH, site)}
        lines = ["127.0.0.1 localhost", f"{network}.{hosts[GATEWAY]} {names.gateway(CLUSTER)}"]
        lines += [f"{network}.{hosts.get(SCHEDULER, hosts[GATEWAY])} {names.scheduler(CLUSTER)}"]
        for peer, host in hosts.items():
            if peer.startswith(SLOT):
                pod = names.slot_hostname(site, int(peer.removeprefix(SLOT)))
                lines.append(f"{network}.{host} {pod}.{names.workers_service(CLUSTER)}")
        lines += [f"{_wan(other.name)} wan.{other.name}" for other in MESH.sites]
        (self.world.files / f"hosts.{site}").write_text("\n".join(lines) + "\n")  # in place: programs have it mounted

    def pod_network(self, site: str) -> str:
        return f"10.{MESH.site(site).id}.0"

    def start(self) -> None:
        for pod in self.pods.values():
            pod.start()
        self.settle()

    def settle(self) -> None:
        """Back when every pod hears its gateway and every gateway the others."""
        for (site, peer), pod in self.pods.items():
            if peer == GATEWAY:
                for other in MESH.sites:
                    if other.name != site:
                        until(f"{site} hears {other.name}", partial(pod.hears, other.name))
            else:
                until(f"{site}/{peer} hears its gateway", pod.ready)


def _host(peer: str) -> int:
    return {GATEWAY: 1, SCHEDULER: 10}.get(peer) or 20 + int(peer.removeprefix(SLOT))


def _wan(site: str) -> str:
    return f"10.99.0.{MESH.site(site).id}"
