"""Network namespaces inside a private parent: worlds that do not see each other, nor the machine's own network.

One process, the keeper, holds the parent: its own network, mounts (a fresh /run) and process ids. When it ends, by
whatever, the kernel ends every process of the world, and with them its networks, interfaces, mounts and files.

    parent    switches (bridges without address)
    nodes     one network namespace each, with its cables to the switches
"""

import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Self, TypeVar

from isthmus.local.namespaces import network
from tests.waiting import until

T = TypeVar("T")

NOBODY: Final = 65534
#: As a pod at Pod Security `restricted` runs its programs: no capability, none to be had.
_UNPRIVILEGED: Final = (
    *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
    *("--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"),
)


class Program:
    """A process of a node, with everything that it starts."""

    def __init__(self, command: Sequence[str], log: Path, environ: Mapping[str, str]) -> None:
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environ},
                start_new_session=True,
            )

    def ended(self) -> bool:
        return self._process.poll() is not None

    def end(self) -> None:
        """Kills the whole group; back when nothing of it runs, so that its ports are free."""
        if self._group():
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(20)
        until(f"{self.log.stem} has ended", lambda: not self._group())

    def _group(self) -> list[str]:
        """What of this program runs. Its orphans stay zombies until their world ends: they hold nothing."""
        running = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):  # ended in between
                state, _, group, *_ = stat.read_text().rpartition(")")[2].split()
                if int(group) == self._process.pid and state not in "ZX":
                    running.append(stat.parent.name)
        return running

    @property
    def pid(self) -> int:
        """Of the program itself; what we started is the nsenter before it."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return int(children.read_text().split()[0])

    def ask_to_end(self) -> int:
        """Sends SIGTERM to the program alone, as a kubelet does, and returns its own exit status."""
        os.kill(self.pid, signal.SIGTERM)
        return self._process.wait(20)

    def says(self) -> str:
        return self.log.read_text(errors="replace")


class World:
    """`with World(logs) as world:`; logs is a folder for what the programs write."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._programs: list[Program] = []
        self._cables = 0

    def __enter__(self) -> Self:
        make = "mount -t tmpfs tmpfs /run && mkdir -p /run/netns /run/lab && ip link set lo up && echo made && exec cat"
        self._keeper = subprocess.Popen(
            ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", make],
            stdin=subprocess.PIPE,  # it ends with us, even if we are killed: then cat reads the end
            stdout=subprocess.PIPE,
        )
        assert self._keeper.stdout is not None
        assert self._keeper.stdout.readline() == b"made\n", "the namespaces cannot be made; this needs root"
        children = Path(f"/proc/{self._keeper.pid}/task/{self._keeper.pid}/children")
        self.root = Path(f"/proc/{children.read_text().split()[0]}")
        """/proc of the world's first process."""
        self.files = self.root / "root/run/lab"
        """The world's own files; its programs see the folder as /run/lab."""
        return self

    def __exit__(self, *_: object) -> None:
        assert self._keeper.stdin is not None
        assert self._keeper.stdout is not None
        self._keeper.stdin.close()
        self._keeper.kill()
        self._keeper.stdout.close()
        self._keeper.wait(20)
        for program in self._programs:  # ended with the keeper
            program.end()

    def enter(self, node: str | None = None) -> list[str]:
        """The beginning of a command that runs in the world: at a node, or in the parent."""
        network = self._network(node) if node else self.root / "ns/net"
        return ["nsenter", f"--target={self.root.name}", "--mount", "--pid", f"--net={network}"]

    def ip(self, *lines: str, node: str | None = None) -> None:
        """Runs lines of `ip -batch`."""
        subprocess.run([*self.enter(node), "ip", "-batch", "-"], input="\n".join(lines), text=True, check=True)

    def switch(self, *names: str) -> None:
        self.ip(*(line for name in names for line in (f"link add {name} type bridge", f"link set {name} up")))

    def node(self, name: str, cables: Mapping[str, tuple[str, str]]) -> "Node":
        """A node with cables: interface -> switch and address with prefix length."""
        subprocess.run([*self.enter(), "ip", "netns", "add", name], check=True)
        node = Node(self, name, {})
        for interface, (switch, address) in cables.items():
            self._cables += 1
            node.cables[interface] = cable = f"cable{self._cables}"
            self.ip(
                f"link add {cable} type veth peer name {interface} netns {name}",
                f"link set {cable} master {switch} up",
            )
            self.ip(f"addr add {address} dev {interface}", f"link set {interface} up", node=name)
        self.ip("link set lo up", node=name)
        return node

    def _network(self, node: str) -> Path:
        return self.root / "root/run/netns" / node

    def inside(self, node: str, work: Callable[[], T]) -> T:
        """What `work` gives when it runs at a node: the sockets it makes belong there for good."""
        answer: list[T] = []
        failure: list[BaseException] = []

        def run() -> None:
            try:
                with network(self._network(node)):
                    answer.append(work())
            except BaseException as error:
                failure.append(error)

        thread = threading.Thread(target=run)  # our own never leaves its network
        thread.start()
        thread.join()
        if failure:
            raise failure[0]
        return answer[0]

    def start(self, command: Sequence[str], log: str, environ: Mapping[str, str]) -> Program:
        program = Program(command, self._logs / f"{log}.log", environ)
        self._programs.append(program)
        return program


class Node:
    """One machine of the world: a pod, most of the time."""

    def __init__(self, world: World, name: str, cables: dict[str, str]) -> None:
        self.world, self.name, self.cables = world, name, cables

    def start(
        self,
        command: Sequence[str],
        *,
        hosts: str,
        log: str,
        environ: Mapping[str, str] | None = None,
        unprivileged: bool = True,
    ) -> Program:
        """Starts a program. hosts: name of the file in the world that is its /etc/hosts."""
        see = f'mount --bind /run/lab/{hosts} /etc/hosts && mount --bind /dev/null /etc/resolv.conf && exec "$@"'
        mounted = ["unshare", "--mount", "sh", "-c", see, "sh", *(_UNPRIVILEGED if unprivileged else ())]
        return self.world.start([*self.world.enter(self.name), *mounted, *command], log, environ or {})

    def connect(self, host: str, port: int, *, within: float = 10) -> socket.socket:
        """A TCP connection that starts here."""
        return self.world.inside(self.name, lambda: socket.create_connection((host, port), timeout=within))

    def listen(self, host: str, port: int) -> socket.socket:
        return self.world.inside(self.name, lambda: socket.create_server((host, port)))

    def get(self, port: int, path: str) -> tuple[int, str]:
        """Status and body of http://127.0.0.1:port/path at this node."""
        with self.connect("127.0.0.1", port) as door:
            door.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
            with door.makefile("rb") as answer:
                head, _, body = answer.read().partition(b"\r\n\r\n")
        return int(head.split()[1]), body.decode()

    def unplug(self, interface: str) -> None:
        self.world.ip(f"link set {self.cables[interface]} down")

    def plug(self, interface: str) -> None:
        self.world.ip(f"link set {self.cables[interface]} up")
