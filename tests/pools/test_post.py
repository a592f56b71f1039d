"""The calculation of the Dask blog's post of 2022-07-19, in its words: predictions here, observations there."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import xarray

from isthmus.pools import Pools, pool, propagate_pools
from tests.pools.sites import World, cluster

#: Realizations, heights, latitudes, longitudes of the predictions.
SHAPE = (18, 33, 24, 40)
SLICE_BYTES = 24 * 40 * 4  # float32: what has to leave a pool, the averages or the observations


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root, rng = tmp_path_factory.mktemp("data"), np.random.default_rng(2022)
    dims = ("realization", "height", "latitude", "longitude")
    predictions = xarray.Dataset({"air_pressure": (dims, rng.random(SHAPE, dtype="f4"))})
    observations = xarray.Dataset({"air_pressure": (dims[2:], rng.random(SHAPE[2:], dtype="f4"))})
    for name, dataset in (("ecmwf", predictions), ("eumetsat", observations)):
        (root / name).mkdir()
        dataset.to_netcdf(root / name / "data.nc")
    return root


@pytest.fixture(scope="module")
def shared_world() -> Iterator[World]:
    with cluster({"ecmwf": 2, "eumetsat": 2}) as world:
        yield world


def expected(root: Path) -> xarray.Dataset:
    with (
        xarray.open_dataset(root / "ecmwf/data.nc") as predictions,
        xarray.open_dataset(root / "eumetsat/data.nc") as observations,
    ):
        return (predictions.mean("realization").isel(height=10) - observations).load()


def test_with_pools_around_the_opening_one_slice_crosses(world: World, root: Path) -> None:
    with pool("ecmwf"):
        predictions = xarray.open_dataset(root / "ecmwf/data.nc").chunk("auto")
    with pool("eumetsat"):
        observations = xarray.open_dataset(root / "eumetsat/data.nc").chunk("auto")

    averages = predictions.mean("realization")
    diff = averages.isel(height=10) - observations

    with propagate_pools():
        result = diff.compute()

    xarray.testing.assert_allclose(result, expected(root))
    assert world.bytes_across() == SLICE_BYTES


def test_with_a_pool_around_the_computation_all_of_it_runs_there(world: World, root: Path) -> None:
    predictions = xarray.open_dataset(root / "ecmwf/data.nc").chunk({"realization": 3})
    with pool("ecmwf"):
        predictions.mean("realization").isel(height=10).compute()

    assert world.ran_in() == {"ecmwf"}


def test_in_many_chunks_each_slice_crosses_once(world: World, root: Path) -> None:
    with pool("ecmwf"):
        predictions = xarray.open_dataset(root / "ecmwf/data.nc").chunk(realization=1, height=11, latitude=8)
    with pool("eumetsat"):
        observations = xarray.open_dataset(root / "eumetsat/data.nc").chunk(latitude=8)
    diff = world.persist(predictions.mean("realization").isel(height=10) - observations)

    assert world.bytes_across() == SLICE_BYTES
    xarray.testing.assert_allclose(diff.compute(), expected(root), atol=1e-6)


def test_the_opaque_catalog_of_the_post(world: World, root: Path) -> None:
    def load_from_catalog(path: str) -> xarray.Dataset:
        with pool(Path(path).parent.name):
            return xarray.open_dataset(path).chunk("auto")

    predictions = load_from_catalog(str(root / "ecmwf/data.nc"))
    observations = load_from_catalog(str(root / "eumetsat/data.nc"))
    diff = predictions.mean("realization").isel(height=10) - observations
    with propagate_pools():
        diff.compute()

    assert world.bytes_across() == SLICE_BYTES


def test_with_nothing_but_the_catalog_one_slice_crosses(root: Path) -> None:
    with cluster(
        {"ecmwf": 2, "eumetsat": 2}, [Pools({f"{root}/{name}/": name for name in ("ecmwf", "eumetsat")})]
    ) as world:
        predictions = xarray.open_dataset(root / "ecmwf/data.nc").chunk("auto")
        observations = xarray.open_dataset(root / "eumetsat/data.nc").chunk("auto")
        result = (predictions.mean("realization").isel(height=10) - observations).compute()

        xarray.testing.assert_allclose(result, expected(root))
        assert world.bytes_across() == SLICE_BYTES


def test_without_pools_predictions_cross(root: Path) -> None:
    """The positive control: the same count sees the bytes that pools save."""
    with cluster({"ecmwf": 2, "eumetsat": 2}, plugins=[]) as world:
        predictions = xarray.open_dataset(root / "ecmwf/data.nc").chunk(realization=1, height=11)
        observations = xarray.open_dataset(root / "eumetsat/data.nc").chunk("auto")
        world.persist(predictions.mean("realization").isel(height=10) - observations)

        assert world.bytes_across() > 2 * SLICE_BYTES
