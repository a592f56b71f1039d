"""One data plane for all tests of this room; a test that breaks something mends it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from isthmus.local import recipes
from isthmus.local.binaries import build
from tests.network.lab import Lab
from tests.network.world import World


@pytest.fixture(scope="session")
def tunnel_binary() -> Path:
    return build(recipes.TUNNEL) / "tunnel"


@pytest.fixture(scope="session")
def lab(tunnel_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with World(tmp_path_factory.mktemp("logs")) as world:
        lab = Lab(world, tunnel_binary)
        lab.start()
        yield lab
