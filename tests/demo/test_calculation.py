"""The calculation against plain loops in numpy, and against itself in chunks."""

import numpy as np
import pytest
import xarray as xr
from numpy.typing import NDArray

from demo.calculation import bounds, coarsened, el_nino_outlook, ensemble_difference, region_mean
from demo.minimum import Minimum, minimum_of
from demo.questions import el_nino, ensemble
from tests.demo.conftest import Files

pytestmark = pytest.mark.slow

FINE_LATITUDE, FINE_LONGITUDE = 10 / 18, 360 / 432
COARSE_LATITUDE, COARSE_LONGITUDE = 1.25, 1.875


def area(south: float, north: float, west: float, east: float) -> float:
    """Area of a cell on the unit sphere."""
    return float((np.sin(np.radians(north)) - np.sin(np.radians(south))) * np.radians(east - west))


def common(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    return max(a[0], b[0]), max(min(a[1], b[1]), max(a[0], b[0]))


def naive_index(
    field: NDArray[np.floating], latitudes: NDArray[np.floating], longitudes: NDArray[np.floating]
) -> float:
    """Mean over Nino 3.4, cell by cell."""
    total = weights = 0.0
    step_y, step_x = latitudes[1] - latitudes[0], longitudes[1] - longitudes[0]
    for y, latitude in enumerate(latitudes):
        for x, longitude in enumerate(longitudes):
            rows = common((latitude - step_y / 2, latitude + step_y / 2), (-5.0, 4.72))
            columns = common((longitude - step_x / 2, longitude + step_x / 2), (190.0, 240.0))
            weight = area(*rows, *columns)
            if weight > 0:
                total += weight * float(field[y, x])
                weights += weight
    return total / weights


def test_the_index_is_forecast_minus_the_mean_of_the_same_months(files: Files) -> None:
    forecasts, observed = files.open("glosea4").surface_temperature, files.open("ostia").surface_temperature
    answer = el_nino_outlook(forecasts, observed).answer.nino34
    member, step = 3, 2  # October 2011: observed in 2006, 2007, 2008 and 2009

    y, x = observed.latitude.values.astype(float), observed.longitude.values.astype(float)
    octobers = [month for month, time in enumerate(observed.time.values) if str(time)[5:7] == "10"]
    usual = np.mean([naive_index(observed.values[month], y, x) for month in octobers])
    forecast = naive_index(
        forecasts.values[member, step],
        forecasts.latitude.values.astype(float),
        forecasts.longitude.values.astype(float),
    )

    assert len(octobers) == 4
    assert float(answer[member, step]) == pytest.approx(forecast - usual, abs=1e-3)


def test_all_members_foresaw_a_la_nina(files: Files) -> None:
    answer = el_nino_outlook(files.open("glosea4").surface_temperature, files.open("ostia").surface_temperature).answer

    assert answer.nino34.shape == (13, 6)
    assert bool((answer.nino34 < -0.5).all())


def test_the_map_is_the_ensemble_mean_minus_what_lies_under_each_cell(files: Files) -> None:
    forecasts, observed = files.open("glosea4").surface_temperature, files.open("ostia").surface_temperature
    answer = el_nino_outlook(forecasts, observed).answer.anomaly
    north, east, step = 1.25, 210.0, 4  # December 2011

    decembers = observed.values[[month for month, time in enumerate(observed.time.values) if str(time)[5:7] == "12"]]
    total = weights = 0.0
    for y, latitude in enumerate(observed.latitude.values.astype(float)):
        for x, longitude in enumerate(observed.longitude.values.astype(float)):
            rows = common((latitude - FINE_LATITUDE / 2, latitude + FINE_LATITUDE / 2),
                          (north - COARSE_LATITUDE / 2, north + COARSE_LATITUDE / 2))  # fmt: skip
            columns = common((longitude - FINE_LONGITUDE / 2, longitude + FINE_LONGITUDE / 2),
                             (east - COARSE_LONGITUDE / 2, east + COARSE_LONGITUDE / 2))  # fmt: skip
            if shared := area(*rows, *columns):
                total += shared * float(decembers[:, y, x].mean())
                weights += shared
    mean = float(forecasts.sel(latitude=north, longitude=east).isel(time=step).mean())

    found = float(answer.isel(time=step).sel(latitude=north, longitude=east))
    assert found == pytest.approx(mean - total / weights, abs=2e-3)


def test_a_cell_is_sea_only_if_all_of_it_was_observed(files: Files) -> None:
    forecasts, observed = files.open("glosea4").surface_temperature, files.open("ostia").surface_temperature
    answer = el_nino_outlook(forecasts, observed).answer.anomaly
    land = observed.isnull().any("time")

    for cell in answer.isel(time=0).stack(cell=("latitude", "longitude")):
        y, x = float(cell.latitude), float(cell.longitude)
        dy = abs(land.latitude - y) < (COARSE_LATITUDE + FINE_LATITUDE) / 2 - 1e-3
        turned = abs((land.longitude - x + 180) % 360 - 180)
        dx = turned < (COARSE_LONGITUDE + FINE_LONGITUDE) / 2 - 1e-3
        assert bool(np.isnan(cell)) == bool(land.values[np.ix_(dy.values, dx.values)].any()), (y, x)


def test_the_rows_of_the_map_are_those_that_the_observations_cover_whole(files: Files) -> None:
    answer = el_nino_outlook(files.open("glosea4").surface_temperature, files.open("ostia").surface_temperature).answer

    assert answer.latitude.values.tolist() == [-3.75, -2.5, -1.25, 0, 1.25, 2.5, 3.75]
    assert answer.longitude.size == 192


def test_observed_anomalies_of_a_calendar_month_average_to_nothing(files: Files) -> None:
    observed = files.open("ostia").surface_temperature
    answer = el_nino_outlook(files.open("glosea4").surface_temperature, observed).answer.observed_nino34

    assert answer.size == 54
    assert answer.groupby("observed_time.month").mean().values == pytest.approx(np.zeros(12), abs=1e-9)


def axis(name: str, values: NDArray[np.floating]) -> xr.DataArray:
    return xr.DataArray(values, {name: values}, name=name)


@pytest.mark.parametrize(("cells", "finer"), [(8, 3), (12, 4)], ids=["thirds", "quarters"])
def test_coarsening_keeps_the_mean_over_the_sphere(cells: int, finer: int) -> None:
    rng = np.random.default_rng(3)
    fine_y = axis("latitude", -90 + (np.arange(cells * finer) + 0.5) * 180 / (cells * finer))
    fine_x = axis("longitude", (np.arange(cells * finer) + 0.5) * 360 / (cells * finer))
    y = axis("latitude", -90 + (np.arange(cells) + 0.5) * 180 / cells)
    x = axis("longitude", np.arange(cells) * 360.0 / cells)  # cells that straddle the meridian
    fine = xr.DataArray(rng.random((fine_y.size, fine_x.size)), {"latitude": fine_y, "longitude": fine_x})
    target = xr.DataArray(np.zeros((y.size, x.size)), {"latitude": y, "longitude": x})
    everywhere = {"latitude": (-90.0, 90.0), "longitude": (-360.0, 720.0)}

    coarse = coarsened(fine, target)

    assert coarse.shape == target.shape
    assert float(region_mean(coarse, everywhere)) == pytest.approx(float(region_mean(fine, everywhere)))


def test_cells_at_the_poles_end_there() -> None:
    edges = bounds(axis("latitude", np.array([-90.0, 0.0, 90.0])))

    assert edges.tolist() == [[-90, -45], [-45, 45], [45, 90]]


def test_the_ensembles_mean_at_one_height_minus_what_was_observed(files: Files) -> None:
    predictions, analyses = files.open("predictions").air_pressure, files.open("analyses").air_pressure
    naive = np.zeros(analyses.shape)
    for realization in range(5):
        naive += predictions.values[:, realization, 10].astype(float) / 5
    naive -= analyses.values

    answer = ensemble_difference(predictions, analyses, 10).answer

    assert list(answer.data_vars) == ["difference"]
    assert answer.difference.dims == ("time", "latitude", "longitude")
    np.testing.assert_allclose(answer.difference.values, naive, atol=0.05)  # float32 of 1e5 Pa


QUESTIONS = [
    # 13 x 6 float64 of the index meet 6, 6 x 7 x 192 float32 of the map as many; 54 observed months go along.
    ("el-nino", el_nino, Minimum(6 * 8 + 6 * 7 * 192 * 4, 13 * 6 * 8 + 6 * 7 * 192 * 4 + 54 * 8)),
    # A field of either side for each of 3 times, and the answer.
    ("ensemble", ensemble, Minimum(3 * 24 * 40 * 4, 3 * 24 * 40 * 4)),
]  # fmt: skip


@pytest.mark.parametrize(("ask", "expected"), [row[1:] for row in QUESTIONS], ids=[row[0] for row in QUESTIONS])
def test_the_minimum_is_the_smaller_operand_of_each_difference_and_the_answer(
    files: Files, ask: object, expected: Minimum
) -> None:
    assert callable(ask)
    question = ask(lambda path, chunks: xr.open_dataset(path, chunks=chunks), files.forecasts, files.observations)

    assert minimum_of(question) == expected


@pytest.mark.parametrize("ask", [el_nino, ensemble], ids=["el-nino", "ensemble"])
def test_chunks_change_nothing_but_rounding(files: Files, ask: object) -> None:
    assert callable(ask)
    whole, chunked = (
        ask(opened, files.forecasts, files.observations).answer.compute()
        for opened in (lambda path, _: xr.load_dataset(path), lambda path, chunks: xr.open_dataset(path, chunks=chunks))
    )

    xr.testing.assert_allclose(chunked, whole, rtol=1e-6, atol=1e-2)
