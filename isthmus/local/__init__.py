"""Data centres on this machine: each a whole Kubernetes in its own namespaces, joined by a WAN of known speed.

    binaries, recipes      the programs, built once from pinned Go modules
    control_plane          one control plane; on loopback, without nodes, for tests
    images/                images without a registry
    node, datacentre, wan  one machine, one site, what joins them
    supervisor             the process that all of them live in
    world, centres         a project's data centres from outside; a `with` block of them
    commands               `isthmus local ...`

Linux and root; nothing of it is on the machine's own network but a forwarder on 127.0.0.1.
"""

from isthmus.local.centres import DataCentres
from isthmus.local.control_plane import loopback
from isthmus.local.world import World

__all__ = ["DataCentres", "World", "loopback"]
