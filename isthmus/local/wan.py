"""The WAN: a bridge in this process's own network namespace, one link per site, each of limited speed.

    site's eth0 --(tbf)--> |        |
                           | bridge |   nftables counts bytes per pair of sites here
    site's eth0 <--(tbf)-- |        |

Nothing of it is on the machine's own network; it ends with the last process in it.
"""

import json
import subprocess
from collections.abc import Mapping
from typing import Any

from isthmus.errors import IsthmusError
from isthmus.local import addresses

BRIDGE = "wan"
#: MB/s of each site's link in each direction: a good research network's share for one user (design of the demo).
DEFAULT_MBYTES_PER_S = 20.0
#: What a link may send at once: a little more than the largest packet that the kernel hands over (64 KiB).
_BURST_BYTES = 256_000
#: How long packets wait before they are dropped: a router's buffer of usual size.
_QUEUE_MS = 100

_COUNTERS = """
table bridge wan {
  set pairs { type ipv4_addr . ipv4_addr; flags dynamic; counter; }
  chain forward {
    type filter hook forward priority 0;
    meta protocol ip update @pairs { ip saddr . ip daddr }
  }
}
"""


class Wan:
    """The links of this process's network namespace, which it alone uses (`namespaces.unshare_network`)."""

    def __init__(self, mbytes_per_s: float) -> None:
        self.mbytes_per_s = mbytes_per_s
        self.sites: dict[str, int] = {}
        """Name -> id of every site that has a link."""
        _ip("link", "set", "lo", "up")
        _ip("link", "add", BRIDGE, "type", "bridge")
        _ip("addr", "add", f"{addresses.WAN_HOST}/{addresses.WAN.prefixlen}", "dev", BRIDGE)
        _ip("link", "set", BRIDGE, "up")
        _run(["nft", "-f", "-"], given=_COUNTERS)

    def join(self, site: str, site_id: int, pid: int) -> None:
        """Gives the network namespace of process `pid` its link and its address."""
        link, inside = _link(site_id), ["nsenter", "-t", str(pid), "-n"]
        _ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", str(pid))
        _ip("link", "set", link, "master", BRIDGE, "up")
        address = f"{addresses.on_wan(site_id)}/{addresses.WAN.prefixlen}"
        _run([*inside, "ip", "addr", "add", address, "dev", "eth0"])
        _run([*inside, "ip", "link", "set", "eth0", "up"])
        # kube-proxy redirects a Service's address only once the node knows any way to it: the doors dial from the node.
        _run([*inside, "ip", "route", "add", str(addresses.SERVICES), "dev", "eth0"])
        _run(_limit(link, self.mbytes_per_s))
        _run([*inside, *_limit("eth0", self.mbytes_per_s)])
        self.sites[site] = site_id

    def partition(self, site: str) -> None:
        """Cuts a site off, as if somebody had pulled its cable. Raises IsthmusError if there is no such site."""
        _ip("link", "set", self._link_of(site), "down")

    def heal(self, site: str) -> None:
        """Plugs it in again. Raises IsthmusError if there is no such site."""
        _ip("link", "set", self._link_of(site), "up")

    def links(self) -> dict[str, str]:
        """Site -> `up` or `down`."""
        state = {row["ifname"]: row for row in json.loads(_ip("-j", "link", "show"))}
        up = {site for site, site_id in self.sites.items() if "UP" in state.get(_link(site_id), {}).get("flags", ())}
        return {site: "up" if site in up else "down" for site in sorted(self.sites)}

    def traffic(self) -> dict[str, dict[str, int]]:
        """From site -> to site -> bytes that crossed the WAN (IP packets with their headers, without Ethernet's)."""
        text = _run(["nft", "-j", "list", "set", "bridge", "wan", "pairs"])
        names = {str(addresses.on_wan(site_id)): site for site, site_id in self.sites.items()}
        return traffic_of(json.loads(text), names)

    def _link_of(self, site: str) -> str:
        if site not in self.sites:
            raise IsthmusError(f"no site {site}; there are: {', '.join(sorted(self.sites))}.")
        return _link(self.sites[site])


def traffic_of(answer: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, dict[str, int]]:
    """What `nft -j list set` says, as from -> to -> bytes; every pair of `names` (address -> site) is there."""
    pairs: dict[str, dict[str, int]] = {
        source: {target: 0 for target in sorted(names.values()) if target != source}
        for source in sorted(names.values())
    }
    for part in answer["nftables"]:
        for row in part.get("set", {}).get("elem", ()):
            source, target = (names.get(address) for address in row["elem"]["val"]["concat"])
            if source and target and source != target:
                pairs[source][target] += row["elem"]["counter"]["bytes"]
    return pairs


def _link(site_id: int) -> str:
    return f"site{site_id}"


def _limit(device: str, mbytes_per_s: float) -> list[str]:
    rate = f"{round(mbytes_per_s * 8_000_000)}bit"
    shape = ["rate", rate, "burst", str(_BURST_BYTES), "latency", f"{_QUEUE_MS}ms"]
    return ["tc", "qdisc", "add", "dev", device, "root", "tbf", *shape]


def _ip(*arguments: str) -> str:
    return _run(["ip", *arguments])


def _run(command: list[str], given: str | None = None) -> str:
    done = subprocess.run(command, input=given, capture_output=True, text=True)
    if done.returncode:
        raise IsthmusError(f"{' '.join(command)}: exit status {done.returncode}: {done.stderr.strip()}")
    return done.stdout
