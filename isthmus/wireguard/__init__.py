"""The mesh of one environment as pure facts: addresses, keys, who dials whom, and each tunnel's configuration.

No I/O, no cloud, no Dask. The JSON that `tunnel_config` gives is read by the Go program in `tunnel/`; its golden copies
under `tests/wireguard/golden/` are tests of both.
"""

from isthmus.wireguard import addresses
from isthmus.wireguard.config import public_key, tunnel_config
from isthmus.wireguard.peers import Mesh, MeshSite, Peer, peers_of

__all__ = ["Mesh", "MeshSite", "Peer", "addresses", "peers_of", "public_key", "tunnel_config"]
