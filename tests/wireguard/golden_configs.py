"""The golden copies of tunnel.json: `python -m tests.wireguard.golden_configs` rewrites them, then read the diff."""

import json
from pathlib import Path
from typing import Final

from isthmus.wireguard import Mesh, tunnel_config
from tests.wireguard.meshes import FEDERATED, SEED, THREE

FOLDER: Final = Path(__file__).parent / "golden"

#: File -> whose configuration it is: mesh, site, peer. One of every shape there is.
GOLDEN: Final[dict[str, tuple[Mesh, str, str]]] = {
    "gateway-beside-scheduler.json": (THREE, "home", "gateway"),
    "gateway-with-workers.json": (THREE, "ecmwf", "gateway"),
    "gateway-that-only-dials-out.json": (THREE, "eumetsat", "gateway"),
    "gateway-with-external-site.json": (FEDERATED, "home", "gateway"),
    "scheduler.json": (THREE, "home", "scheduler"),
    "worker.json": (THREE, "eumetsat", "slot-4"),
}


def rendered(name: str) -> str:
    """What the golden copy of that name must hold."""
    mesh, site, peer = GOLDEN[name]
    return json.dumps(tunnel_config(mesh, site, peer, SEED), indent=2) + "\n"


if __name__ == "__main__":
    for file in GOLDEN:
        (FOLDER / file).write_text(rendered(file))
