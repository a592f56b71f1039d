"""Files of two pools, and one cluster per test module."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pools import sources
from tests.pools.sites import World, cluster


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `a/` and `b/`, which hold the same kinds of files."""
    root = tmp_path_factory.mktemp("data")
    sources.write(root)
    return root


@pytest.fixture(scope="module")
def shared_world() -> Iterator[World]:
    """One worker in pool a, one in pool b, no catalog."""
    with cluster() as world:
        yield world


@pytest.fixture
def world(shared_world: World) -> World:
    shared_world.forget()
    return shared_world
