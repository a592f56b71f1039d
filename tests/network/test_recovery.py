"""What an open TCP connection between two sites sees when a part of the data plane goes away and comes back.

Dask gives a connection 30 s; a worker that has lost its scheduler ends. So each outage below must be a pause.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from tests.network.echo import Beat, echoing
from tests.network.lab import Lab, Pod
from tests.waiting import until

pytestmark = pytest.mark.network

PORT = 9000


@dataclass
class Calls:
    """Two connections from ecmwf's first worker: to home and to eumetsat."""

    beats: tuple[Beat, ...]

    def live(self) -> bool:
        """Whether each has been answered since now."""
        seen = [beat.answers for beat in self.beats]
        failed = [beat.failure for beat in self.beats if beat.failure]
        assert not failed, failed
        until(
            "both connections are answered again",
            lambda: all(beat.answers > before or beat.failure for beat, before in zip(self.beats, seen, strict=True)),
            within_s=40,
        )
        return not any(beat.failure for beat in self.beats)

    def longest_wait_s(self) -> float:
        return max(beat.longest_wait_s for beat in self.beats)


@contextmanager
def calls(lab: Lab) -> Iterator[Calls]:
    caller = lab.pods["ecmwf", "slot-0"]
    home, eumetsat = lab.pods["home", "slot-0"], lab.pods["eumetsat", "slot-0"]
    with (
        echoing(home.node.listen("127.0.0.1", PORT)),
        echoing(eumetsat.node.listen("127.0.0.1", PORT)),
        Beat(caller.dial(home.address, PORT)) as one,
        Beat(caller.dial(eumetsat.address, PORT)) as other,
    ):
        both = Calls((one, other))
        assert both.live()
        yield both


def redials(lab: Lab, site: str) -> float:
    return sum(
        pod.metric("peer_redials_total") for (here, peer), pod in lab.pods.items() if (here, peer[:4]) == (site, "slot")
    )


def learned(gateway: Pod) -> int:
    """How many pods the gateway would call after a restart."""
    file = gateway.lab.world.files / gateway.node.name / "endpoints.json"
    return file.read_text().count(":51820") if file.exists() else 0


def test_a_gateway_that_crashed_calls_its_pods_and_the_other_sites_itself(lab: Lab) -> None:
    gateway = lab.pods["ecmwf", "gateway"]
    until("the gateway has noted its two pods", lambda: learned(gateway) >= 2)
    before = redials(lab, "ecmwf")
    with calls(lab) as open_calls:
        gateway.kill()
        gateway.start()

        assert open_calls.live()
    assert open_calls.longest_wait_s() < 3
    assert redials(lab, "ecmwf") == before  # nobody had to notice


def test_a_gateway_that_knows_no_pods_is_dialled_by_them(lab: Lab) -> None:
    """A new pod of the gateway, with an empty folder, at an address of its own that the pods learn by its name."""
    gateway = lab.pods["home", "gateway"]
    with calls(lab) as open_calls:
        gateway.kill()
        (lab.world.files / gateway.node.name / "endpoints.json").unlink(missing_ok=True)
        lab.world.ip("addr del 10.1.0.1/24 dev eth0", "addr add 10.1.0.2/24 dev eth0", node=gateway.node.name)
        lab.publish("home", gateway=2)
        gateway.start()

        assert open_calls.live()
    assert open_calls.longest_wait_s() < 20
    lab.world.ip("addr add 10.1.0.1/24 dev eth0", node=gateway.node.name)
    lab.publish("home")
    lab.settle()


def test_a_partition_is_a_pause(lab: Lab) -> None:
    gateway, other = lab.pods["ecmwf", "gateway"], lab.pods["home", "gateway"]
    with calls(lab) as open_calls:
        gateway.node.unplug("wan0")
        until("home notices that ecmwf is away", lambda: not other.hears("ecmwf"))
        gateway.node.plug("wan0")

        assert open_calls.live()
    lab.settle()
    assert 3 < open_calls.longest_wait_s() < 20


def test_a_gateway_with_a_new_address_on_the_wan_is_found_at_once(lab: Lab) -> None:
    """It calls, and the others follow: nobody asks the DNS."""
    gateway = lab.pods["ecmwf", "gateway"]
    with calls(lab) as open_calls:
        lab.world.ip("addr add 10.99.0.77/24 dev wan0", "addr del 10.99.0.2/24 dev wan0", node=gateway.node.name)
        lab.world.ip("addr replace 10.99.0.77/24 dev wan0", node=gateway.node.name)

        assert open_calls.live()
    assert open_calls.longest_wait_s() < 3
    lab.world.ip("addr add 10.99.0.2/24 dev wan0", "addr del 10.99.0.77/24 dev wan0", node=gateway.node.name)
    lab.world.ip("addr replace 10.99.0.2/24 dev wan0", node=gateway.node.name)
    lab.settle()


def test_a_pods_tunnel_that_ends_resets_its_connections_at_both_ends(lab: Lab) -> None:
    """So that the far worker hears of it at once, and not after 30 s."""
    pod = lab.pods["eumetsat", "slot-0"]
    with calls(lab) as open_calls:
        assert pod.tunnel is not None
        assert pod.tunnel.ask_to_end() == 0
        pod.start()

        until("the caller hears of it", lambda: open_calls.beats[1].failure, within_s=10)
        assert open_calls.beats[0].failure is None
    lab.settle()
