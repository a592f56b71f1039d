"""What the data plane costs: `python -m benchmarks.tunnel [--seconds S] [--streams 1,16]` (root).

TCP between two pods in network namespaces of this machine, the same two programs on every way:

raw         over the pod network, no tunnel: the rival, and what the pods of one site really use
one hub     pod, its gateway, pod of the same site
two hubs    pod, its gateway, the other site's gateway, pod

Mb/s are of payload. CPU is that of all tunnels, per gigabyte of payload. Memory is the peak of the largest tunnel since
its start. Clients, kernel and tunnels share the machine's cores: read ratios.
"""

import argparse
import multiprocessing
import os
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from isthmus.local import recipes
from isthmus.local.binaries import build
from tests.network.lab import Lab, Pod
from tests.network.world import World

PORT: Final = 9000
CHUNK: Final = 1 << 20
#: Not counted: TCP's start, until its windows have grown.
WARM_UP_S: Final = 1.0


@dataclass(frozen=True)
class Measured:
    """One way with one number of streams."""

    way: str
    streams: int
    megabits_per_s: float
    cpu_s_per_gb: float
    slowest_stream: float
    """Bytes of the slowest stream over the mean: 1 is fair."""
    set_up_ms: float
    """Median time from the dial to the first byte back."""
    peak_mb: float

    def __str__(self) -> str:
        return (
            f"{self.way:<10}{self.streams:>8}{self.megabits_per_s:>10.0f}{self.cpu_s_per_gb:>10.1f}"
            f"{self.slowest_stream:>10.2f}{self.set_up_ms:>10.2f}{self.peak_mb:>10.0f}"
        )


HEADER: Final = f"{'way':<10}{'streams':>8}{'Mb/s':>10}{'CPU-s/GB':>10}{'slowest':>10}{'ms':>10}{'peak MB':>10}"

Dial = Callable[[], socket.socket]


def sink(door: socket.socket) -> None:
    """Runs in a process of its own: answers the first byte of each connection, then swallows."""

    def swallow(caller: socket.socket) -> None:
        room = bytearray(CHUNK)
        with caller:
            if caller.recv_into(room, 1):
                caller.sendall(b"x")
            while caller.recv_into(room):
                pass

    while True:
        caller, _ = door.accept()
        threading.Thread(target=swallow, args=(caller,), daemon=True).start()


def opened(dial: Dial) -> tuple[socket.socket, float]:
    """A connection that the far side has answered, and the seconds that took."""
    start = time.monotonic()
    connection = dial()
    connection.sendall(b"x")
    connection.recv(1)
    return connection, time.monotonic() - start


def pushed(connections: Sequence[socket.socket], seconds: float) -> list[int]:
    """Bytes that each connection took in `seconds`."""
    sent, ending, chunk = [0] * len(connections), threading.Event(), memoryview(os.urandom(CHUNK))

    def push(number: int) -> None:
        while not ending.is_set():
            sent[number] += connections[number].send(chunk)

    threads = [threading.Thread(target=push, args=(number,)) for number in range(len(connections))]
    for thread in threads:
        thread.start()
    time.sleep(WARM_UP_S)
    before = list(sent)
    time.sleep(seconds)
    counted = [after - then for after, then in zip(list(sent), before, strict=True)]
    ending.set()
    for thread in threads:
        thread.join()
    return counted


def cpu_s(pids: Sequence[int]) -> float:
    """User and system time of processes."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def peak_mb(pid: int) -> float:
    """The most memory that a process has had resident."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1000
    raise ValueError(f"process {pid} has no VmHWM")


def measured(lab: Lab, way: str, dial: Dial, streams: int, seconds: float) -> Measured:
    pids = [pod.tunnel.pid for pod in lab.pods.values() if pod.tunnel]
    set_ups = sorted(opened(dial)[1] for _ in range(21))
    connections = [opened(dial)[0] for _ in range(streams)]
    before = cpu_s(pids)
    start = time.monotonic()
    counted = pushed(connections, seconds)
    spent = (cpu_s(pids) - before) * seconds / (time.monotonic() - start)
    for connection in connections:
        connection.close()
    return Measured(
        way,
        streams,
        megabits_per_s=sum(counted) * 8 / 1e6 / seconds,
        cpu_s_per_gb=spent / (sum(counted) / 1e9),
        slowest_stream=min(counted) * streams / sum(counted),
        set_up_ms=set_ups[len(set_ups) // 2] * 1000,
        peak_mb=max(map(peak_mb, pids)),
    )


def ways(lab: Lab) -> list[tuple[str, Pod, Dial]]:
    """Name, the pod that swallows, how it is dialled."""
    here, sibling, far = lab.pods["ecmwf", "slot-0"], lab.pods["ecmwf", "slot-1"], lab.pods["home", "slot-0"]
    return [
        ("raw", sibling, lambda: here.node.connect("10.2.0.21", PORT)),
        ("one hub", sibling, lambda: here.dial(sibling.address, PORT)),
        ("two hubs", far, lambda: here.dial(far.address, PORT)),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=4, help="of each measurement")
    parser.add_argument("--streams", default="1,16", help="numbers of connections at once")
    asked = parser.parse_args()
    print(HEADER)
    for streams in map(int, asked.streams.split(",")):
        with tempfile.TemporaryDirectory(prefix="isthmus-bench-") as logs, World(Path(logs)) as world:
            lab = Lab(world, build(recipes.TUNNEL) / "tunnel")
            lab.start()
            for way, pod, dial in ways(lab):
                with pod.node.listen("0.0.0.0", PORT) as door:
                    process = multiprocessing.get_context("fork").Process(target=sink, args=(door,), daemon=True)
                    process.start()
                    print(measured(lab, way, dial, streams, asked.seconds), flush=True)
                    process.kill()
                    process.join()


if __name__ == "__main__":
    main()
