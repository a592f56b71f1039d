"""The WAN: its counters as numbers, its links as they are (in a network namespace of the test's own)."""

import json
import subprocess
import sys

import pytest

from isthmus.local.wan import traffic_of

NAMES = {"10.213.0.1": "home", "10.213.0.2": "ecmwf"}


def pair(source: str, target: str, count: int) -> dict[str, object]:
    return {"elem": {"val": {"concat": [source, target]}, "counter": {"packets": 1, "bytes": count}}}


def test_traffic_is_by_direction_and_every_pair_of_sites_is_there() -> None:
    # As `nft -j list set bridge wan pairs` of nftables 1.0.6 says it; a packet to nobody's address is nobody's.
    elements = [pair("10.213.0.1", "10.213.0.2", 700), pair("10.213.0.1", "10.213.9.9", 5)]
    answer = {"nftables": [{"metainfo": {}}, {"set": {"family": "bridge", "name": "pairs", "elem": elements}}]}

    assert traffic_of(answer, NAMES) == {"ecmwf": {"home": 0}, "home": {"ecmwf": 700}}


def test_before_the_first_packet_every_count_is_zero() -> None:
    answer = {"nftables": [{"set": {"family": "bridge", "name": "pairs"}}]}

    assert traffic_of(answer, NAMES) == {"ecmwf": {"home": 0}, "home": {"ecmwf": 0}}


@pytest.mark.network
def test_a_link_is_joined_cut_and_healed_on_a_network_of_its_own() -> None:
    script = """
import json, subprocess
from isthmus.local import namespaces
from isthmus.local.waiting import wait_until
from isthmus.local.wan import Wan
namespaces.unshare_network()
wan = Wan(20)
own = namespaces.network_of("self").readlink()
site = subprocess.Popen(["unshare", "-n", "sleep", "60"])
try:
    assert wait_until(lambda: namespaces.network_of(site.pid).readlink() != own, 20)
    wan.join("home", 1, site.pid)
    seen = [wan.links()]
    for act in (wan.partition, wan.heal):
        act("home")
        seen.append(wan.links())
    shaped = subprocess.run(["tc", "qdisc", "show", "dev", "site1"], capture_output=True, text=True).stdout
finally:
    site.kill()
    site.wait()
print(json.dumps([seen, "tbf" in shaped and "rate 160Mbit" in shaped]))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [[{"home": "up"}, {"home": "down"}, {"home": "up"}], True]
