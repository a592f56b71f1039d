"""Data centres on this machine: each a whole Kubernetes in its own namespaces, joined by a WAN of known speed.

    binaries, recipes      the programs, built once from pinned Go modules
    control_plane          one control plane; on loopback, without nodes, for tests

Linux and root; nothing of it is on the machine's own network but a forwarder on 127.0.0.1.
"""

from isthmus.local.control_plane import loopback

__all__ = ["loopback"]
