"""`open_dataset` and its like: opened where the data lies, by a client that cannot see it.

One scheduler and two workers in their own processes; isthmus reaches them as a zip, as in the pods.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from distributed import Client

from isthmus.errors import NoPool
from isthmus.pools import open_dataset, open_mfdataset, open_zarr, pool
from isthmus.pools.opening import Path as AnyPath
from tests.pools.processes import HERE, Seat, dask_processes
from tests.pools.sites import DEADLINE_S

pytestmark = pytest.mark.slow

CATALOG = f"""
isthmus:
  catalog:
    - {{prefix: {HERE}/ecmwf/, pool: ecmwf}}
    - {{prefix: {HERE}/eumetsat/, pool: eumetsat}}
"""


def predictions() -> xr.Dataset:
    values = np.arange(6 * 4 * 5, dtype="f4").reshape(6, 4, 5)
    coords = {"realization": np.arange(6), "latitude": np.linspace(-1, 1, 4), "run": np.datetime64("2021-11-07", "ns")}
    return xr.Dataset({"t": (("realization", "latitude", "longitude"), values), "grid": 7}, coords=coords)


def observations() -> xr.Dataset:
    return xr.Dataset({"t": (("latitude", "longitude"), np.ones((4, 5), dtype="f4"))})


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("processes")
    sites = {name: folder / f"site-{name}" for name in ("ecmwf", "eumetsat")}
    for name, site in sites.items():
        (site / name).mkdir(parents=True)
    predictions().to_netcdf(sites["ecmwf"] / "ecmwf/p.nc")
    predictions().chunk(realization=2).to_zarr(sites["ecmwf"] / "ecmwf/p.zarr", zarr_format=2)
    for half in (0, 1):
        part = predictions().isel(realization=slice(3 * half, 3 * half + 3))
        part.to_netcdf(sites["ecmwf"] / f"ecmwf/part-{half}.nc")
    observations().to_netcdf(sites["eumetsat"] / "eumetsat/o.nc")

    workers = {name: Seat(name, site) for name, site in sites.items()}
    with (
        dask_processes(folder, workers, catalog_yaml=CATALOG) as scheduler_file,
        Client(scheduler_file=str(scheduler_file), timeout=DEADLINE_S) as client,
    ):
        client.wait_for_workers(2, timeout=DEADLINE_S)
        yield client


def test_scheduler_and_workers_run_isthmus_from_the_zip(client: Client) -> None:
    def where() -> str:
        import isthmus.pools

        return isthmus.pools.__file__

    files = [client.run_on_scheduler(where), *client.run(where).values()]
    assert [Path(file).parts[-4:] for file in files] == [("isthmus.zip", "isthmus", "pools", "__init__.py")] * 3


def test_a_dataset_that_only_its_pool_sees(client: Client) -> None:
    path = f"{HERE}/ecmwf/p.nc"
    with pytest.raises(FileNotFoundError):  # this process does not
        xr.open_dataset(path)

    opened = open_dataset(path)

    xr.testing.assert_identical(opened.drop_vars("t").compute(scheduler="sync"), predictions().drop_vars("t"))
    xr.testing.assert_identical(opened.compute(), predictions())


def test_chunks_are_the_users(client: Client) -> None:
    opened = open_dataset(f"{HERE}/ecmwf/p.nc", chunks={"realization": 4})

    assert opened.t.chunks == ((4, 2), (4,), (5,))


def test_arguments_go_to_xarray(client: Client) -> None:
    opened = open_dataset(Path(HERE) / "ecmwf/p.nc", drop_variables=["grid"])

    assert list(opened.data_vars) == ["t"]


def test_zarr_and_many_files(client: Client) -> None:
    from_zarr = open_zarr(f"{HERE}/ecmwf/p.zarr", chunks={})
    from_parts = open_mfdataset(f"{HERE}/ecmwf/part-*.nc", data_vars="minimal")
    from_list = open_mfdataset([f"{HERE}/ecmwf/part-{half}.nc" for half in (0, 1)], data_vars="minimal")

    assert from_zarr.t.chunks == ((2, 2, 2), (4,), (5,))
    for opened in (from_zarr, from_parts, from_list):
        xr.testing.assert_equal(opened.compute(), predictions())


def test_the_calculation_of_2022_over_data_that_nobody_sees_both_of(client: Client) -> None:
    averages = open_dataset(f"{HERE}/ecmwf/p.nc").t.mean("realization")
    diff = averages - open_dataset(f"{HERE}/eumetsat/o.nc").t

    np.testing.assert_array_equal(diff.compute(), predictions().t.mean("realization") - observations().t)


def test_a_pool_around_it_is_taken_and_the_catalog_is_not_asked(client: Client) -> None:
    with pool("ecmwf"):
        opened = open_dataset(f"{HERE}/./ecmwf/p.nc")

    assert float(opened.t.sum()) == float(predictions().t.sum())


def test_a_file_that_is_not_there_is_told_as_the_worker_sees_it(client: Client) -> None:
    with pytest.raises(FileNotFoundError, match="missing"):
        open_dataset(f"{HERE}/ecmwf/missing.nc")


def test_a_path_of_no_pool_is_refused_with_what_is_known(client: Client) -> None:
    with pytest.raises(NoPool) as error:
        open_dataset("/data/elsewhere/x.nc")

    assert error.value.path == "/data/elsewhere/x.nc"
    assert error.value.prefixes == (f"{HERE}/ecmwf/", f"{HERE}/eumetsat/")
    assert 'with pool("NAME")' in str(error.value)


def test_files_of_two_pools_are_refused(client: Client) -> None:
    paths: list[AnyPath] = [f"{HERE}/ecmwf/p.nc", f"{HERE}/eumetsat/o.nc"]
    with pytest.raises(ValueError, match=r"p\.nc in ecmwf, .*o\.nc in eumetsat"):
        open_mfdataset(paths)


def test_reading_through_the_client_is_refused(client: Client) -> None:
    with pytest.raises(ValueError, match="chunks=None"):
        open_dataset(f"{HERE}/ecmwf/p.nc", chunks=None)
