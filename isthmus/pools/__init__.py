"""Dask tasks run where their data is: on the workers of one pool, by annotation or by the catalog.

    with pool("ecmwf"):
        predictions = xarray.open_dataset("/data/ecmwf/predictions.nc").chunk("auto")

Importing this package installs the client's hook, which keeps pools apart while Dask optimizes a graph. The scheduler
needs the package too: `--preload isthmus.pools.preload`, or `client.register_plugin(Pools())`.
"""

from isthmus.pools.selfcheck import require_supported_dask

require_supported_dask()  # before anything else is imported: one clear sentence instead of a trace

from isthmus.pools.client import install, pool, propagate_pools  # noqa: E402
from isthmus.pools.memory import KeepHome  # noqa: E402
from isthmus.pools.opening import open_dataset, open_mfdataset, open_zarr  # noqa: E402
from isthmus.pools.plugin import Pools  # noqa: E402

__all__ = [
    "KeepHome",
    "Pools",
    "open_dataset",
    "open_mfdataset",
    "open_zarr",
    "pool",
    "propagate_pools",
]

install()
