"""A scheduler and two pools of workers as processes on loopback: Dask as it is, without sites and tunnels."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import distributed
import yaml

ROOT = Path(__file__).parents[2]
START_S = 60


@contextmanager
def two_pools(catalog: Mapping[str, str], workers_per_pool: int = 2) -> Iterator[str]:
    """The address of a scheduler with the pools plugin and with workers of each pool of the catalog (prefix: pool)."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="two-pools-")))
        (folder / "dask.yaml").write_text(
            yaml.safe_dump(
                {"isthmus": {"catalog": [{"prefix": prefix, "pool": pool} for prefix, pool in catalog.items()]}}
            )
        )
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "DASK_CONFIG": str(folder), "OMP_NUM_THREADS": "1"}
        place = folder / "scheduler.json"

        def start(name: str, *arguments: str) -> None:
            log = stack.enter_context((folder / f"{name}.log").open("w"))
            command = [sys.executable, "-m", "dask", *arguments, "--scheduler-file", str(place)]
            process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=folder)
            stack.callback(_end, process)

        start("scheduler", "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
              "--dashboard-address", "127.0.0.1:0", "--preload", "isthmus.pools.preload")  # fmt: skip
        pools = sorted(set(catalog.values()))
        for pool in pools:
            for number in range(workers_per_pool):
                name = f"{pool}-{number}"
                start(name, "worker", "--host", "127.0.0.1", "--name", name, "--nthreads", "1",
                      "--no-nanny", "--no-dashboard", "--memory-limit", "2GiB",
                      "--resources", f"pool-{pool}=1")  # fmt: skip
        with distributed.Client(scheduler_file=str(place), timeout=START_S) as client:
            client.wait_for_workers(workers_per_pool * len(pools), timeout=START_S)
            address = client.scheduler.address
        yield address


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
