"""Where everything of a site lies in the environment's /48: numbers only, so that every room computes the same.

fdxx:xxxx:xxxx : site id : 0:0:0 : peer
                           ::1      gateway
                           ::10     scheduler (at the scheduler site)
                           ::11 up  worker slots 0, 1, ... (hex)
"""

from ipaddress import IPv6Address, IPv6Network

from isthmus.names import FIRST_SLOT_NUMBER, GATEWAY_NUMBER, SCHEDULER_NUMBER


def site_prefix(prefix: IPv6Network, site_id: int) -> IPv6Network:
    """The site's /64 of the environment's /48 (RFC 4193, 3.1: the 16 bits after the global id are the subnet's).

    Raises ValueError if `prefix` is no /48 or `site_id` is not within 1..65535.
    """
    if prefix.prefixlen != 48:
        raise ValueError(f"got the prefix {prefix}; an environment has a /48")
    if not 1 <= site_id <= 0xFFFF:
        raise ValueError(f"got the site id {site_id}; expected 1 to 65535")
    return IPv6Network((int(prefix.network_address) | site_id << 64, 64))


def gateway(prefix: IPv6Network, site_id: int) -> IPv6Address:
    """Address of the site's gateway."""
    return site_prefix(prefix, site_id)[GATEWAY_NUMBER]


def scheduler(prefix: IPv6Network, site_id: int) -> IPv6Address:
    """Address of the scheduler, if it is at this site."""
    return site_prefix(prefix, site_id)[SCHEDULER_NUMBER]


def slot(prefix: IPv6Network, site_id: int, slot: int) -> IPv6Address:
    """Address of a worker slot. Raises ValueError if `slot` is negative or leaves the low 16 bits."""
    if not 0 <= slot <= 0xFFFF - FIRST_SLOT_NUMBER:
        raise ValueError(f"got slot {slot}; expected 0 to {0xFFFF - FIRST_SLOT_NUMBER}")
    return site_prefix(prefix, site_id)[FIRST_SLOT_NUMBER + slot]
