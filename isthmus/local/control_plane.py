"""A Kubernetes control plane as processes: etcd, API server, controllers and, where a node joins, the scheduler.

    ControlPlane       starts its programs somewhere (loopback here, a data centre's namespaces in `datacentre`)
    loopback()         one for tests: API and controllers, no node; a `with` block that leaves nothing

Nobody calls anybody without TLS and a client certificate, etcd included: on loopback every user of the machine could.
"""

import contextlib
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from isthmus.errors import StartFailed
from isthmus.local import kubeconfig
from isthmus.local.api import Api, Dial, dial
from isthmus.local.binaries import build
from isthmus.local.pki import Authority, Pair, signing_key
from isthmus.local.program import Program
from isthmus.local.recipes import KUBE
from isthmus.local.waiting import wait_until

#: Seconds from nothing to ready: 4 on an idle core pair; the rest is for a busy machine.
READY_WITHIN_S = 120.0

#: Starts a program of a name with a command.
Run = Callable[[str, Sequence[str | Path]], Program]

#: The controllers of kube-controller-manager that keep an API's promises without any node. Those left out serve
#: cloud providers, certificate requests, device plugins and autoscaling by metrics, which no local data centre has.
CONTROLLERS = (
    "clusterrole-aggregation-controller",
    "cronjob-controller",
    "daemonset-controller",
    "deployment-controller",
    "disruption-controller",
    "endpointslice-controller",
    "endpointslice-mirroring-controller",
    "endpoints-controller",
    "garbage-collector-controller",
    "job-controller",
    "namespace-controller",
    "persistentvolumeclaim-protection-controller",
    "persistentvolume-protection-controller",
    "replicaset-controller",
    "replicationcontroller-controller",
    "resourcequota-controller",
    "root-ca-certificate-publisher-controller",
    "serviceaccount-controller",
    "serviceaccount-token-controller",
    "statefulset-controller",
    "ttl-after-finished-controller",
    "validatingadmissionpolicy-status-controller",
)
#: Those that a data centre with a node needs beside them.
NODE_CONTROLLERS = (
    "ephemeral-volume-controller",
    "node-lifecycle-controller",
    "persistentvolume-binder-controller",
    "pod-garbage-collector-controller",
    "taint-eviction-controller",
)


@dataclass(frozen=True)
class Plan:
    """Where a control plane lives and listens."""

    name: str
    folder: Path
    programs: Path
    """Folder of the recipe KUBE."""
    address: str = "127.0.0.1"
    """What the API server binds to and advertises; not loopback where pods must reach it."""
    port: int = 6443
    etcd_port: int = 2379
    """And the next one, for etcd's peers."""
    services: str = "10.96.0.0/16"
    node: bool = False
    """Whether a node will join: scheduler, volume binder and node controllers run then."""

    @property
    def pki(self) -> Path:
        return self.folder / "pki"

    @property
    def api_service(self) -> str:
        """Cluster IP of the Service `kubernetes`: the first address of the range."""
        return self.services.rsplit(".", 1)[0] + ".1"

    @property
    def url(self) -> str:
        return f"https://{self.address}:{self.port}"


class ControlPlane:
    """The programs of one control plane."""

    def __init__(self, plan: Plan, dial: Dial = dial) -> None:
        """dial: how this process reaches the API server; another network namespace needs another way."""
        self.plan = plan
        self.programs: list[Program] = []
        self.authority = Authority(plan.pki, f"isthmus {plan.name}")
        self.admin = self.authority.client("admin", "isthmus:admin", ["system:masters"])
        self.api = Api(plan.address, plan.port, self.authority.pair.certificate, self.admin, dial)

    def kubeconfig(self, path: Path, user: Pair, server: str | None = None) -> Path:
        """Writes a kubeconfig for `user`; `server` where it is not the API server's own address."""
        return kubeconfig.write(
            path,
            name=self.plan.name,
            server=server or self.plan.url,
            authority=self.authority.pair.certificate,
            user=user,
        )

    def start(self, run: Run) -> None:
        """Starts every program with `run` and waits until the API serves and its controllers work.

        Raises StartFailed with its last lines if a program ends, or if it is not ready in time.
        """
        plan = self.plan
        self._run(run, "etcd", etcd(plan, Authority(plan.pki / "etcd", f"isthmus {plan.name} etcd")))
        self._run(run, "kube-apiserver", api_server(plan, self.authority))
        # The rest only then: it gives up after 10 s without its rights, which the API server makes when it starts.
        self._wait("/readyz")
        name = "kube-controller-manager"
        self._run(run, name, controller_manager(plan, self._identity(name)))
        if plan.node:
            self._run(run, "kube-scheduler", scheduler(self._identity("kube-scheduler")))
        self._wait("/api/v1/namespaces/default/serviceaccounts/default")

    def check(self) -> None:
        """Raises StartFailed with its last lines if one of the programs has ended."""
        for program in self.programs:
            program.check("a running control plane")

    def _run(self, run: Run, name: str, arguments: Sequence[str | Path]) -> None:
        self.programs.append(run(name, [self.plan.programs / name, *arguments]))

    def _wait(self, path: str) -> None:
        def served() -> bool:
            self.check()
            return self.api.ok(path)

        if not wait_until(served, READY_WITHIN_S):
            raise self.programs[-1].failure(f"{path} of the API server within {READY_WITHIN_S:.0f} s")

    def stop(self) -> None:
        """Ends every program like a power cut does: there is one way to start again, the tested one."""
        for program in reversed(self.programs):
            program.kill()

    def _identity(self, name: str) -> Path:
        return self.kubeconfig(self.plan.pki / f"{name}.kubeconfig", self.authority.client(name, f"system:{name}"))


def etcd(plan: Plan, authority: Authority) -> list[str | Path]:
    """Arguments of etcd: one member, TLS both ways, no fsync (state that a power cut of the machine may cost)."""
    server = authority.server("server", ["127.0.0.1", "localhost"], also_client=True)
    authority.client("client", "kube-apiserver")
    client_url, peer_url = (f"https://127.0.0.1:{port}" for port in (plan.etcd_port, plan.etcd_port + 1))
    ca = authority.pair.certificate
    return [
        *("--data-dir", plan.folder / "etcd", "--unsafe-no-fsync", "--log-level", "warn"),
        *("--listen-client-urls", client_url, "--advertise-client-urls", client_url),
        *("--client-cert-auth", "--trusted-ca-file", ca, "--cert-file", server.certificate, "--key-file", server.key),
        *("--listen-peer-urls", peer_url, "--initial-advertise-peer-urls", peer_url),
        *("--initial-cluster", f"default={peer_url}", "--peer-client-cert-auth", "--peer-trusted-ca-file", ca),
        *("--peer-cert-file", server.certificate, "--peer-key-file", server.key),
    ]


def api_server(plan: Plan, authority: Authority) -> list[str | Path]:
    """Arguments of kube-apiserver."""
    names = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"]
    hosts = [*names, "kubernetes.default.svc.cluster.local", plan.api_service, plan.address, "127.0.0.1"]
    server = authority.server("kube-apiserver", list(dict.fromkeys(hosts)))
    kubelet = authority.client("kubelet-client", "kube-apiserver-kubelet-client")
    key = signing_key(plan.pki / "service-accounts.key")
    etcd_pki = plan.pki / "etcd"
    on_loopback = plan.address.startswith("127.")
    return [
        *("--etcd-servers", f"https://127.0.0.1:{plan.etcd_port}", "--etcd-cafile", etcd_pki / "ca.crt"),
        *("--etcd-certfile", etcd_pki / "client.crt", "--etcd-keyfile", etcd_pki / "client.key"),
        *("--bind-address", plan.address, "--advertise-address", plan.address, "--secure-port", str(plan.port)),
        *("--cert-dir", plan.folder / "run"),
        *("--tls-cert-file", server.certificate, "--tls-private-key-file", server.key),
        *("--client-ca-file", authority.pair.certificate, "--authorization-mode", "Node,RBAC"),
        *("--enable-admission-plugins", "NodeRestriction", "--allow-privileged=true"),
        *("--service-account-issuer", "https://kubernetes.default.svc", "--service-account-key-file", key),
        *("--service-account-signing-key-file", key, "--service-cluster-ip-range", plan.services),
        *("--kubelet-client-certificate", kubelet.certificate, "--kubelet-client-key", kubelet.key),
        *("--kubelet-certificate-authority", authority.pair.certificate),
        *("--kubelet-preferred-address-types", "InternalIP"),
        # An endpoint of the Service `kubernetes` must not be a loopback address.
        *("--endpoint-reconciler-type", "none" if on_loopback else "lease"),
        *("--profiling=false", "--enable-priority-and-fairness=false", "--event-ttl=15m"),
    ]


def controller_manager(plan: Plan, identity: Path) -> list[str | Path]:
    """Arguments of kube-controller-manager. Its default limit of 20 requests/s makes a start twice as long."""
    controllers = (*CONTROLLERS, *(NODE_CONTROLLERS if plan.node else ()))
    return [
        *("--kubeconfig", identity, "--controllers", ",".join(controllers)),
        *("--service-account-private-key-file", plan.pki / "service-accounts.key"),
        *("--root-ca-file", plan.pki / "ca.crt", "--use-service-account-credentials=true", "--leader-elect=false"),
        *("--secure-port=0", "--cert-dir", plan.folder / "run"),
        *("--kube-api-qps=200", "--kube-api-burst=400", "--node-monitor-grace-period=20s"),
    ]


def scheduler(identity: Path) -> list[str | Path]:
    """Arguments of kube-scheduler."""
    return ["--kubeconfig", identity, "--leader-elect=false", "--secure-port=0"]


@contextlib.contextmanager
def loopback(name: str = "loopback", folder: Path | None = None) -> Iterator[Path]:
    """A control plane on free ports of 127.0.0.1; yields the path of an administrator's kubeconfig.

    API server, garbage collection, namespaces, ServiceAccounts, workload controllers; no node: pods stay Pending.
    Needs no root. folder: where its files go (default: a temporary one). Every process ends with the block; the
    thread that enters it must live as long. Raises StartFailed if it does not come up, IsthmusError as `build` does.
    """
    programs = build(KUBE)
    place = Path(tempfile.mkdtemp(prefix="isthmus-api-")) if folder is None else folder
    control_plane: ControlPlane | None = None
    try:
        control_plane = _start_on_free_ports(name, place, programs)
        yield control_plane.kubeconfig(place / "kubeconfig", control_plane.admin)
    finally:
        if control_plane is not None:
            control_plane.stop()
        if folder is None:
            shutil.rmtree(place)


def _start_on_free_ports(name: str, folder: Path, programs: Path, attempts: int = 3) -> ControlPlane:
    """Free ports can be taken between the look and the start; then others are tried."""
    while True:
        port, etcd_port = _free_ports()
        control_plane = ControlPlane(Plan(name, folder, programs, port=port, etcd_port=etcd_port))
        try:
            control_plane.start(
                lambda program, command: Program(
                    program, command, folder / "logs" / f"{program}.log", env={"GOGC": "60"}
                )
            )
        except BaseException as error:
            control_plane.stop()
            attempts -= 1
            taken = isinstance(error, StartFailed) and any("address already in use" in x for x in error.last_lines)
            if not (taken and attempts):
                raise
        else:
            return control_plane


def _free_ports() -> tuple[int, int]:
    """A free port, and one that is free together with its successor."""
    with contextlib.ExitStack() as stack:
        while True:
            first, second, third = (stack.enter_context(socket.socket()) for _ in range(3))
            first.bind(("127.0.0.1", 0))
            second.bind(("127.0.0.1", 0))
            port = int(second.getsockname()[1])
            with contextlib.suppress(OSError, OverflowError):
                third.bind(("127.0.0.1", port + 1))
                return int(first.getsockname()[1]), port
