"""A scheduler and two pools of workers as processes on loopback: Dask as it is, without sites and tunnels."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import yaml
from distributed import Client

from tests.pools.processes import Seat, dask_processes

ROOT: Final = Path(__file__).parents[2]
START_S: Final = 60


@contextmanager
def two_pools(catalog: Mapping[str, str], workers_per_pool: int = 2) -> Iterator[str]:
    """The address of a scheduler with the pools plugin and with workers of each pool of the catalog (prefix: pool)."""
    entries = [{"prefix": prefix, "pool": pool} for prefix, pool in catalog.items()]
    content = yaml.safe_dump({"isthmus": {"catalog": entries}})
    with TemporaryDirectory(prefix="two-pools-") as name:
        folder = Path(name)
        seats = {
            f"{pool}-{number}": Seat(pool, folder)
            for pool in set(catalog.values())
            for number in range(workers_per_pool)
        }
        with dask_processes(folder, seats, catalog_yaml=content, beside=str(ROOT)) as place:
            with Client(scheduler_file=str(place), timeout=START_S) as client:
                client.wait_for_workers(len(seats), timeout=START_S)
                address = client.scheduler.address
            yield address
