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

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from isthmus.local.centres import DataCentres
    from isthmus.local.control_plane import loopback
    from isthmus.local.world import World

__all__ = ["DataCentres", "World", "loopback"]

_HOMES = {"DataCentres": "centres", "World": "world", "loopback": "control_plane"}


def __getattr__(name: str) -> object:
    """Imports a public name when it is asked for: `isthmus local status` needs none of what `up` needs."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
