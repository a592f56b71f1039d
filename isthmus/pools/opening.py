"""Opens data where it lies: a worker of the data's pool reads the metadata, the client never sees the file.

What comes back is an ordinary xarray Dataset. Its arrays are Dask arrays that hold the path; small coordinates travel.
"""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import distributed
from dask.base import annotate, get_annotations, is_dask_collection

from isthmus import names
from isthmus.catalog import Catalog
from isthmus.errors import NoPool
from isthmus.pools.client import pool
from isthmus.pools.optimize import ANNOTATION
from isthmus.pools.plugin import METADATA_KEY
from isthmus.pools.propagate import ANYWHERE
from isthmus.pools.tag import from_config

if TYPE_CHECKING:
    from xarray import Dataset

Path = str | os.PathLike[str]


def open_dataset(path: Path, *, chunks: Any = "auto", **kwargs: Any) -> "Dataset":
    """`xarray.open_dataset`, run on a worker of the pool that the catalog names for the path.

    path: as the workers of that pool see it. chunks: as for xarray, never None. The catalog is that of Dask's
    configuration, else the scheduler's; inside `with pool("NAME")` that pool is taken.

    Raises NoPool: if no prefix of the catalog holds the path. ValueError: if chunks is None, or without an ordinary
    Dask client. What the worker raises (FileNotFoundError, for one) is raised here.
    """
    return _open("open_dataset", path, chunks, kwargs)


def open_zarr(store: Path, *, chunks: Any = "auto", **kwargs: Any) -> "Dataset":
    """`xarray.open_zarr`; everything else as in `open_dataset`."""
    return _open("open_zarr", store, chunks, kwargs)


def open_mfdataset(paths: Path | Sequence[Path], *, chunks: Any = "auto", **kwargs: Any) -> "Dataset":
    """`xarray.open_mfdataset`, for files of one pool; a pattern such as `/data/ecmwf/*.nc` is matched there.

    Raises ValueError: if the files lie in several pools; open each pool's files and combine the results.
    """
    return _open("open_mfdataset", paths, chunks, kwargs)


def _open(function: str, paths: Path | Sequence[Path], chunks: Any, kwargs: dict[str, Any]) -> "Dataset":
    if chunks is None:
        raise ValueError(
            f"{function}: chunks=None would read the data through this client, which may not see it; "
            'leave chunks out, or give "auto", {} (as stored) or sizes'
        )
    texts = [os.fspath(each) for each in ([paths] if isinstance(paths, (str, os.PathLike)) else paths)]
    client = distributed.get_client()
    if client.asynchronous:
        raise ValueError(f"{function}: got an asynchronous client; expected an ordinary one, Client(...) without await")
    home = _home(texts, client, function)
    # Selects workers only: a resource of 0 takes nothing from others. It holds without the plugin too.
    resources = {} if "|" in home or home == ANYWHERE else {names.pool_resource(home): 0}
    target = texts if not isinstance(paths, (str, os.PathLike)) else texts[0]
    with pool(None if home == ANYWHERE else home):
        task = client.submit(_read, function, target, home, chunks, kwargs, resources=resources, pure=False)
    return task.result()


def _home(paths: list[str], client: Any, function: str) -> str:
    if isinstance(told := get_annotations().get(ANNOTATION), str):
        return told
    catalog = from_config() or Catalog(client.get_metadata(METADATA_KEY, default={}))
    homes: dict[str, str] = {}
    for path in paths:
        if (home := catalog.pool_of(path)) is None:
            raise NoPool(path, sorted(catalog))
        homes[home] = path
    if len(homes) != 1:
        found = ", ".join(f"{path} in {home}" for home, path in sorted(homes.items())) or "no path at all"
        raise ValueError(f"{function}: expected files of one pool, got {found}; open each pool's, then combine them")
    return homes.popitem()[0]


def _read(function: str, target: str | list[str], home: str, chunks: Any, kwargs: dict[str, Any]) -> "Dataset":
    """Runs on the worker."""
    import xarray

    with annotate(**{ANNOTATION: home}):
        dataset: Dataset = getattr(xarray, function)(target, chunks=chunks, **kwargs)
    for variable in dataset.variables.values():
        if not is_dask_collection(variable):  # lazy scalars, for one: they would look for the file at the client
            variable.load()
    return dataset
