"""What the data plane lets through and what it keeps out, with real tunnels in network namespaces."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.network.echo import echoing
from tests.network.lab import Change, Lab, Pod, unchanged
from tests.waiting import until

pytestmark = pytest.mark.network

LISTED, UNLISTED = 9000, 7000


@contextmanager
def changed(pod: Pod, change: Change) -> Iterator[Pod]:
    """The pod with another configuration, as one that is broken or means harm would have; mended afterwards."""
    pod.kill()
    pod.change = change
    pod.start()
    try:
        yield pod
    finally:
        pod.kill()
        pod.change = unchanged
        pod.start()
        until(f"{pod.node.name} is mended", pod.ready)


def crosses(here: Pod, there: Pod, port: int = LISTED, *, within: float = 20) -> bool:
    """Whether a connection to a program behind the other pod's tunnel answers."""
    with echoing(there.node.listen("127.0.0.1", port)):
        try:
            with here.dial(there.address, port, within=within) as connection:
                connection.sendall(b"ping")
                return connection.recv(4) == b"ping"
        except OSError:
            return False


PAIRS = [
    ("two sites that can be dialled", ("ecmwf", "slot-0"), ("home", "slot-0")),
    ("a site that only dials out, called", ("ecmwf", "slot-0"), ("eumetsat", "slot-0")),
    ("a site that only dials out, calling", ("eumetsat", "slot-0"), ("home", "slot-1")),
    ("two pods of one site", ("ecmwf", "slot-0"), ("ecmwf", "slot-1")),
]


@pytest.mark.parametrize(("here", "there"), [row[1:] for row in PAIRS], ids=[row[0] for row in PAIRS])
def test_pods_reach_each_other(lab: Lab, here: tuple[str, str], there: tuple[str, str]) -> None:
    assert crosses(lab.pods[here], lab.pods[there])


def test_the_tunnel_has_no_privilege_at_all(lab: Lab) -> None:
    """Its processes have the status that a pod at Pod Security `restricted` would have."""
    status = {
        line.split(":")[0]: line.split(":")[1].split()
        for task in lab.world.root.joinpath("root/proc").glob("[0-9]*/status")
        if (text := task.read_text()).startswith("Name:\ttunnel\n")
        for line in text.splitlines()
    }

    assert (status["Uid"][0], status["CapEff"], status["CapBnd"], status["NoNewPrivs"]) == (
        "65534",
        ["0000000000000000"],
        ["0000000000000000"],
        ["1"],
    )


def test_a_port_on_which_nobody_listens_is_refused_from_afar(lab: Lab) -> None:
    with pytest.raises(ConnectionRefusedError, match=r"x05\\x05"):
        lab.pods["ecmwf", "slot-0"].dial(lab.pods["home", "slot-0"].address, LISTED)


def test_a_port_that_is_not_listed_is_dropped_by_the_gateway(lab: Lab) -> None:
    """Even when both pods agree: the gateway's own filter decides."""

    def opened(config: dict[str, Any]) -> None:
        config["tcp_ports"].append([UNLISTED, UNLISTED])
        config.setdefault("expose", {})[str(UNLISTED)] = f"127.0.0.1:{UNLISTED}"

    here, there, gateway = lab.pods["ecmwf", "slot-0"], lab.pods["home", "slot-0"], lab.pods["ecmwf", "gateway"]
    with changed(here, opened), changed(there, opened):
        until("both are back", lambda: here.ready() and there.ready())
        before = gateway.metric("filter_drops_total", reason="port")

        assert not crosses(here, there, UNLISTED, within=2)
        assert gateway.metric("filter_drops_total", reason="port") > before
        assert crosses(here, there, LISTED)


def test_a_pod_that_takes_its_siblings_address_is_heard_by_nobody(lab: Lab) -> None:
    pod, sibling, far = lab.pods["ecmwf", "slot-1"], lab.pods["ecmwf", "slot-0"], lab.pods["home", "slot-0"]

    def spoofing(config: dict[str, Any]) -> None:
        config["address"] = str(sibling.address)

    with changed(pod, spoofing):
        until("the handshake is made", lambda: pod.metric("peer_last_handshake_timestamp_seconds") > 0)

        assert not pod.ready()
        assert not crosses(pod, far, within=2)
        assert crosses(sibling, far)
    assert crosses(pod, far)


def test_a_pod_with_a_wrong_key_stays_outside(lab: Lab) -> None:
    pod, sibling, far = lab.pods["ecmwf", "slot-1"], lab.pods["ecmwf", "slot-0"], lab.pods["home", "slot-0"]

    def another_key(config: dict[str, Any]) -> None:
        config["private_key"] = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="

    with changed(pod, another_key):
        until("it has tried", lambda: pod.metric("peer_redials_total") > 0)

        assert pod.metric("peer_last_handshake_timestamp_seconds") == 0
        assert not pod.ready()
        assert not crosses(pod, far, within=2)
        assert crosses(sibling, far)


def test_the_alias_leads_to_the_scheduler_from_the_pod_network(lab: Lab) -> None:
    scheduler, client = lab.pods["home", "scheduler"], lab.pods["ecmwf", "slot-0"]
    with echoing(scheduler.node.listen("127.0.0.1", 8786)), client.node.connect("10.2.0.1", 8786) as connection:
        connection.sendall(b"ping")

        assert connection.recv(4) == b"ping"


def test_a_wrong_configuration_ends_the_tunnel_with_every_mistake_and_no_key(lab: Lab) -> None:
    pod = lab.pods["eumetsat", "slot-0"]
    pod.kill()
    assert pod.tunnel is not None
    before = len(pod.tunnel.says())

    def broken(config: dict[str, Any]) -> None:
        config["mtu"], config["colour"] = 100, "blue"

    pod.change = broken
    with pytest.raises(AssertionError) as ended:
        pod.start()
    said = str(ended.value)[before:]
    pod.change = unchanged
    pod.start()

    assert "mtu: got 100; expected 1280 to 8941 bytes\ncolour: no such field\n" in said
    assert "_key" not in said
