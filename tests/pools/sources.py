"""The ways to make a collection that the tests run through, and the files they need."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import dask.array as da
import numpy as np
import xarray as xr
from dask.delayed import delayed

#: Bytes of one chunk of `big`: well above what is worth a placement.
CHUNK_BYTES: Final = 2_400_000


def write(root: Path) -> None:
    for number, pool in enumerate("ab"):
        (root / pool).mkdir()
        dataset = xr.Dataset(
            {"t": (("time", "y", "x"), np.arange(8 * 40 * 40, dtype="f4").reshape(8, 40, 40) + number)},
            coords={"time": np.arange(8), "run": 17 + number},
        )
        dataset.to_netcdf(root / pool / "x.nc")
        dataset.chunk(time=2).to_zarr(root / pool / "x.zarr", zarr_format=2)


def load(number: int) -> np.ndarray[Any, Any]:
    return np.full((20, 20), float(number))


def big(chunks: int) -> da.Array:
    """Chunks of real data: `da.full` makes broadcast arrays of 8 bytes, whose size says nothing."""
    made: da.Array = da.random.default_rng().random((chunks, CHUNK_BYTES // 8), chunks=(1, -1))
    return made


class OpenedFile:
    """What an opened file is to dask.array: something with a shape, that is sliced on the worker."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape, self.ndim, self.dtype = shape, len(shape), np.dtype("f8")

    def __getitem__(self, index: Any) -> Any:
        return np.broadcast_to(1.0, self.shape)[index].copy()


Source = Callable[[Path, str], Any]
"""Folder and pool -> a collection of that pool's data, with values of its own."""

FILES: Final[dict[str, Source]] = {
    "netcdf, chunk(...)": lambda root, pool: xr.open_dataset(root / pool / "x.nc").chunk(time=2),
    "netcdf, chunk('auto')": lambda root, pool: xr.open_dataset(root / pool / "x.nc").chunk("auto"),
    "netcdf, chunks=": lambda root, pool: xr.open_dataset(root / pool / "x.nc", chunks={"time": 2}),
    "open_zarr": lambda root, pool: xr.open_zarr(str(root / pool / "x.zarr")),
    "da.from_zarr": lambda root, pool: da.from_zarr(str(root / pool / "x.zarr"), component="t"),
}

MADE: Final[dict[str, Source]] = {
    "da.full": lambda _, pool: da.full((80, 80), ord(pool), chunks=20),
    "da.from_array": lambda _, pool: da.from_array(np.full((80, 80), ord(pool)), chunks=20),
    "da.from_delayed": lambda _, pool: da.concatenate(
        [da.from_delayed(delayed(load)(ord(pool) + n), (20, 20), dtype="f8") for n in range(4)]
    ),
}

ALL: Final[dict[str, Source]] = {**FILES, **MADE}
