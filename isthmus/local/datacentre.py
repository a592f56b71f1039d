"""One data centre from nothing to ready: a node, a control plane on it, images, DNS, storage.

boot -> link to the WAN -+-> control plane -> birth objects -+-> kubelet, kube-proxy, CoreDNS -> ready
                         +-> containerd -> images -----------+
"""

import json
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from isthmus.environment import Site
from isthmus.errors import StartFailed
from isthmus.local import addresses, cgroups, configuration, namespaces
from isthmus.local.api import TIMEOUT_S
from isthmus.local.control_plane import ControlPlane, Plan
from isthmus.local.images.catalogue import foundation
from isthmus.local.images.oci import Image
from isthmus.local.images.store import import_images, seed
from isthmus.local.node import Node, Parts, enter
from isthmus.local.objects import COREDNS_USER, birth_objects
from isthmus.local.pki import Pair
from isthmus.local.program import Program
from isthmus.local.waiting import wait_until
from isthmus.local.wan import Wan

#: Each of these takes 2 to 6 s on two idle cores; the rest is for a busy machine.
STEP_WITHIN_S = 120.0


class DataCentre:
    """One site as a whole Kubernetes. `boot` first, from the thread that lives as long as it; then `bring_up`."""

    def __init__(self, site: Site, folder: Path, cgroup: str, parts: Parts, memory_bytes: int) -> None:
        """folder: its state. cgroup: name of its cgroups. memory_bytes: what it may use altogether."""
        self.site, self.folder = site, folder
        self.address = addresses.on_wan(site.id)
        for claim in site.claims:
            (folder / "volumes" / claim).mkdir(parents=True, exist_ok=True)
        self.node = Node(site.name, folder, cgroup, parts, memory_bytes)
        self.control_plane = ControlPlane(
            Plan(site.name, folder, parts.kube, str(self.address), services=str(addresses.SERVICES), node=True),
            dial=self.dial,
        )
        self.ready = False

    @property
    def kubeconfig(self) -> Path:
        """The administrator's, for this machine: leads to the forwarder."""
        return self.folder / "kubeconfig"

    def write_kubeconfig(self, port: int) -> None:
        """Writes it for the port of 127.0.0.1 where the forwarder listens."""
        self.control_plane.kubeconfig(self.kubeconfig, self.control_plane.admin, f"https://127.0.0.1:{port}")

    def dial(self, host: str, port: int) -> socket.socket:
        """A connection from inside the site. Raises OSError."""
        connection = namespaces.tcp_socket(self.node.network)
        try:
            connection.settimeout(TIMEOUT_S)
            connection.connect((host, port))
        except BaseException:
            connection.close()
            raise
        return connection

    def boot(self, wan: Wan) -> None:
        """Storage, namespaces, network."""
        self._seed()  # before the node binds the folder to its place
        self.node.boot()
        wan.join(self.site.name, self.site.id, self.node.pid)

    def bring_up(self, images: Sequence[Image], report: Callable[[str], None]) -> None:
        """Starts everything and waits until the node is Ready and names resolve. Raises StartFailed.

        report: is told what has been reached.
        """
        with ThreadPoolExecutor(2, f"up-{self.site.name}") as pool:
            served = pool.submit(self._control_plane)
            stocked = pool.submit(self._containerd, images)
            served.result()
            report("control plane")
            stocked.result()
            report("images")
        self._node_agents()
        self._wait("kubelet", "a Ready node", self._node_is_ready)
        self._wait("coredns", "an answering DNS server", lambda: self._answers("127.0.0.1", 8181))
        self.ready = True
        report("ready")

    def failure(self) -> StartFailed | None:
        """The first program of it that has ended, as an error."""
        failed = self.node.failed()
        return None if failed is None else failed.failure("a running program")

    def power_off(self) -> list[Path]:
        """Ends it; its state stays. Returns what could not be removed."""
        return self.node.power_off()

    def offer_released_volumes(self) -> None:
        """A volume whose claim was deleted is offered anew: its data is still the claim's of the same name."""
        found = self.control_plane.api.get("/api/v1/persistentvolumes") or {}
        for volume in found.get("items", ()):
            name = volume["metadata"]["name"]
            if volume.get("status", {}).get("phase") == "Released" and name in self.site.claims:
                forget = {"spec": {"claimRef": {"uid": None, "resourceVersion": None}}}
                self.control_plane.api.merge(f"/api/v1/persistentvolumes/{name}", forget)

    def _control_plane(self) -> None:
        self.control_plane.kubeconfig(self.control_plane.plan.pki / "admin.kubeconfig", self.control_plane.admin)
        self.control_plane.start(lambda name, command: self.node.run(name, command))
        for path, manifest in birth_objects(self.site, self.address):
            self.control_plane.api.apply(path, manifest)

    def _containerd(self, images: Sequence[Image]) -> None:
        self._write("containerd.toml", configuration.containerd())
        self._write("cni/10-pods.conflist", json.dumps(configuration.pod_network()))
        config = f"{configuration.SITE}/containerd.toml"
        self._run("containerd", ["--config", config], folder=configuration.NODE)
        self._wait("containerd", "a listening socket", self._containerd_listens)
        self._import(images)

    def _seed(self) -> None:
        """Gives containerd its storage, unless it has one from the same store: an earlier run's."""
        record = self.folder / "store"
        if not record.exists() or record.read_text() != self.node.parts.store.name:
            for old in (record, self.folder / "images.json"):
                old.unlink(missing_ok=True)
            seed(self.node.parts.store, configuration.STORE, self.folder / "containerd")
            record.write_text(self.node.parts.store.name)

    def _import(self, images: Sequence[Image]) -> None:
        """Imports images whose digest is not the one imported last; nothing is unpacked twice."""
        record = self.folder / "images.json"
        have = json.loads(record.read_text()) if record.exists() else {}
        wanted = {image.name: image.digest for image in images}
        if missing := [image for image in images if have.get(image.name) != image.digest]:
            known = frozenset(layer for image in foundation() for layer in image.layers)
            ctr = [*enter(self.node.pid), f"{configuration.NODE}/ctr"]
            import_images(ctr, missing, self.folder / "logs" / "import.log", known)
            record.write_text(json.dumps(wanted))

    def _node_agents(self) -> None:
        shape = configuration.NodeShape(
            self.site.name, self.address, self.node.memory_bytes, cgroups.memory_of_machine()
        )
        authority, site = self.control_plane.authority, self.site.name
        authority.server("kubelet-server", [str(self.address), site])
        kubelet_user = authority.client("kubelet", f"system:node:{site}", ["system:nodes"])
        self._identity("kubelet", kubelet_user.certificate.stem)
        self._write("kubelet.yaml", json.dumps(configuration.kubelet(shape)))
        self._run(
            "kubelet",
            [
                *("--config", f"{configuration.SITE}/kubelet.yaml"),
                *("--kubeconfig", f"{configuration.SITE}/pki/kubelet.kubeconfig"),
                *("--hostname-override", site, "--node-ip", str(self.address), "--housekeeping-interval", "30s"),
            ],
            folder=configuration.KUBE,
        )
        authority.client("kube-proxy", "system:kube-proxy")
        proxy = configuration.kube_proxy(site, str(self._identity("kube-proxy", "kube-proxy")))
        proxy_config = self._write("kube-proxy.yaml", json.dumps(proxy))
        self._run("kube-proxy", ["--config", proxy_config], folder=self.node.parts.kube)
        authority.client("coredns", COREDNS_USER)
        names = configuration.corefile(self.address, str(self._identity("coredns", "coredns")))
        self._run("coredns", ["-conf", self._write("Corefile", names)], folder=self.node.parts.node)

    def _identity(self, name: str, pair: str) -> Path:
        """A kubeconfig for one of the node's programs, with the certificate issued under `pair`."""
        pki = self.control_plane.plan.pki
        user = Pair(pki / f"{pair}.crt", pki / f"{pair}.key")
        return self.control_plane.kubeconfig(pki / f"{name}.kubeconfig", user)

    def _run(self, name: str, arguments: Sequence[str | Path], *, folder: str | Path) -> Program:
        """A daemon from one of the folders of programs; with the node's own files where it sees the folder."""
        own_files = str(folder) in (configuration.KUBE, configuration.NODE)
        return self.node.run(name, [f"{folder}/{name}", *arguments], own_files=own_files)

    def _write(self, name: str, content: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return path

    def _wait(self, program: str, expected: str, condition: Callable[[], bool]) -> None:
        def met() -> bool:
            if (failed := self.failure()) is not None:
                raise failed
            return condition()

        if not wait_until(met, STEP_WITHIN_S, every=0.1):
            name = f"{program}@{self.site.name}"
            silent = next(running for running in self.node.programs if running.name == name)
            raise silent.failure(f"{expected} within {STEP_WITHIN_S:.0f} s")

    def _containerd_listens(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.node.containerd_socket)) == 0

    def _answers(self, host: str, port: int) -> bool:
        try:
            self.dial(host, port).close()
        except OSError:
            return False
        return True

    def _node_is_ready(self) -> bool:
        node = self.control_plane.api.get(f"/api/v1/nodes/{self.site.name}") or {}
        conditions = node.get("status", {}).get("conditions", ())
        return any(row["type"] == "Ready" and row["status"] == "True" for row in conditions)
