"""Runs beside a notebook, in a site that sees no data: opens, computes, measures. Plain Dask, no tunnel.

    python -m demo.client --scheduler tcp://local-scheduler:8786 --question ensemble --mode pools --out out

Modes
    pools     isthmus.pools: the data is opened by path, the catalog of the scheduler knows where it lies
    pinned    what Dask offers without: reads are annotated with the resource of their site (`dask.annotate`), and the
              graph is not optimized, since the scheduler drops annotations when it optimizes; all that follows the
              reads is placed by Dask alone. The pools plugin is away from the scheduler while this runs.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cloudpickle
import dask
import xarray as xr
from distributed import Client, performance_report

from demo import measure
from demo.measure import RESOURCE, measured
from demo.minimum import minimum_of
from demo.questions import QUESTIONS, Opener

#: How long the first worker of a new pool may take: image, tunnel, registration.
WORKERS_TIMEOUT_S = 120


def main(arguments: list[str]) -> None:
    """One question, once: writes `<question>-<mode>.json` and `.nc` (and `.html` if asked for) into `--out`."""
    given = _parsed(arguments)
    given.out.mkdir(parents=True, exist_ok=True)
    stem = given.out / f"{given.question}-{given.mode}"
    # The workers have no package `demo`: what runs there travels with the call.
    for module in (sys.modules[__name__], measure):
        cloudpickle.register_pickle_by_value(module)
    with Client(given.scheduler) as client, _plugin(client, there=given.mode == "pools"):
        client.wait_for_workers(given.workers, timeout=WORKERS_TIMEOUT_S)
        client.run(_warm)
        question = QUESTIONS[given.question](_opener(client, given.mode), given.forecasts, given.observations)
        report = performance_report(filename=f"{stem}.html") if given.report else nullcontext()
        with report, measured(client) as result:
            answer = question.answer.compute(optimize_graph=given.mode == "pools")
    answer.to_netcdf(f"{stem}.nc")
    summary = {"question": given.question, "mode": given.mode, **asdict(result), "across": result.across,
               "minimum": asdict(minimum_of(question))}  # fmt: skip
    Path(f"{stem}.json").write_text(json.dumps(summary))


def _parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="demo.client", description=__doc__, allow_abbrev=False)
    parser.add_argument("--scheduler", required=True)
    parser.add_argument("--question", choices=sorted(QUESTIONS), required=True)
    parser.add_argument("--mode", choices=["pools", "pinned"], required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--forecasts", default="/data/ecmwf")
    parser.add_argument("--observations", default="/data/eumetsat")
    parser.add_argument("--report", action="store_true", help="also write Dask's performance report; it costs time")
    return parser.parse_args(arguments)


def _opener(client: Client, mode: str) -> Opener:
    if mode == "pools":
        from isthmus.pools import open_dataset

        return lambda path, chunks: open_dataset(path, chunks=chunks)

    def opened(path: str, chunks: Mapping[str, int]) -> xr.Dataset:
        resources = {f"{RESOURCE}{Path(path).parent.name}": 1}  # as in the post, the folder names the pool
        future = client.submit(_open_pinned, path, chunks, resources, resources=resources, pure=False)
        dataset: xr.Dataset = future.result()
        return dataset

    return opened


def _open_pinned(path: str, chunks: Mapping[str, int], resources: Mapping[str, int]) -> xr.Dataset:
    """Runs on a worker that sees the file; the tasks that read it carry the annotation home."""
    with dask.annotate(resources=resources):
        return xr.open_dataset(path, chunks=chunks)


def _warm() -> None:
    """Runs on each worker: the first import costs seconds, and is not what is compared."""
    import dask.array  # noqa: F401
    import netCDF4  # noqa: F401
    import xarray  # noqa: F401


@contextmanager
def _plugin(client: Client, *, there: bool) -> Iterator[None]:
    """With or without the pools plugin on the scheduler; afterwards it is there."""
    client.run_on_scheduler(_put_back if there else _set_aside)
    try:
        yield
    finally:
        client.run_on_scheduler(_put_back)


async def _set_aside(dask_scheduler: Any) -> None:
    """Runs on the scheduler, so that a client without pools need not import them."""
    from isthmus.pools import Pools

    if Pools.name in dask_scheduler.plugins:
        await dask_scheduler.unregister_scheduler_plugin(name=Pools.name)


async def _put_back(dask_scheduler: Any) -> None:
    """Runs on the scheduler."""
    from isthmus.pools import Pools

    await dask_scheduler.register_scheduler_plugin(Pools(), idempotent=True)


if __name__ == "__main__":
    main(sys.argv[1:])
