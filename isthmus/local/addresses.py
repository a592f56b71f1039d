"""Who has which address: one plan, computed from the site's id.

WAN (its own network namespace)     10.213.0.0/16    site n: 10.213.0.n (n > 255: 10.213.{n >> 8}.{n & 255})
in each site                        pods and Services: the same ranges everywhere, as real sites may overlap too
127.0.0.1                           scheduler 8786, dashboard 8787, API server of site n: 20000 + n
"""

from ipaddress import IPv4Address, IPv4Network
from typing import Final

from isthmus import names
from isthmus.errors import IsthmusError

WAN: Final = IPv4Network("10.213.0.0/16")
#: The end of the WAN that belongs to nobody's site.
WAN_HOST: Final = WAN.broadcast_address - 1
PODS: Final = IPv4Network("10.244.0.0/16")
SERVICES: Final = IPv4Network("10.96.0.0/16")
#: Cluster IP of the data centre's DNS: the tenth address, where everybody looks for it.
DNS: Final = SERVICES[10]
API_PORT: Final = 6443
#: What to do where a fixed port cannot be had.
FREE_PORTS: Final = 'use free ports: isthmus local up --ports auto, or make demo DEMO="--ports auto"'
#: Added to a site's id: the port of its API server on 127.0.0.1.
FORWARDED_API_PORTS: Final = 20000


def on_wan(site_id: int) -> IPv4Address:
    """A site's address on the WAN: of its only node. Raises IsthmusError where the plan has no room for the id."""
    address = WAN[site_id] if 0 < site_id < WAN.num_addresses else WAN_HOST
    if address >= WAN_HOST:
        raise IsthmusError(
            f"site id {site_id}: local data centres take ids from 1 to {int(WAN_HOST) - int(WAN[0]) - 1}."
        )
    return address


def forwarded_api_port(site_id: int) -> int:
    """The fixed port of 127.0.0.1 that leads to a site's API server. Raises IsthmusError if there is none."""
    port = FORWARDED_API_PORTS + site_id
    if port > 0xFFFF:
        raise IsthmusError(f"site id {site_id}: too high for a fixed port on 127.0.0.1; {FREE_PORTS}.")
    return port


#: Ports of 127.0.0.1 that lead to the scheduler's site: the same numbers as there.
FORWARDED_SERVICES: Final = {"scheduler": names.SCHEDULER_PORT, "dashboard": names.DASHBOARD_PORT}
