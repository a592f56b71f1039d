"""What the demo's files hold, and that they appear whole, once, and the same every time."""

import zlib
from pathlib import Path

import numpy as np
import pytest

from demo import data, questions
from tests.demo.conftest import SMALL, Files

pytestmark = pytest.mark.slow


def test_the_forecast_has_thirteen_members_and_six_months(files: Files) -> None:
    forecast = files.open("glosea4").surface_temperature

    assert forecast.dims == ("realization", "time", "latitude", "longitude")
    assert forecast.shape == (13, 6, 145, 192)
    assert forecast.realization.values.tolist() == [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13]
    assert forecast.time.dt.strftime("%Y-%m").values.tolist() == [
        "2011-08", "2011-09", "2011-10", "2011-11", "2011-12", "2012-01",
    ]  # fmt: skip
    started = forecast.forecast_reference_time.dt.strftime("%Y-%m-%d").values
    assert (started.min(), started.max()) == ("2011-07-18", "2011-07-24")


@pytest.mark.parametrize("name", ["glosea4", "ostia"])
def test_temperatures_are_kelvin_and_tropical_seas_are_warm(files: Files, name: str) -> None:
    field = files.open(name).surface_temperature
    pacific = field.sel(latitude=slice(-5, 5), longitude=slice(190, 240))

    assert field.units == "K"
    assert 288 < float(pacific.min()) < float(pacific.max()) < 305


def test_members_are_not_copies_of_each_other(files: Files) -> None:
    forecast = files.open("glosea4").surface_temperature

    assert len({zlib.crc32(member.values.tobytes()) for member in forecast}) == 13


def test_the_observations_are_a_series_of_months_with_land_missing(files: Files) -> None:
    observed = files.open("ostia").surface_temperature

    assert observed.shape == (54, 18, 432)
    months = observed.time.dt.strftime("%Y-%m").values
    assert (months[0], months[-1], len(set(months))) == ("2006-04", "2010-09", 54)
    land = np.isnan(observed.values)
    assert 0.2 < land[0].mean() < 0.4
    assert (land == land[0]).all()


def test_the_ensemble_is_made_as_stated_and_the_analyses_fit_its_eleventh_height(files: Files) -> None:
    predictions, analyses = files.open("predictions").air_pressure, files.open("analyses").air_pressure

    assert predictions.shape == (3, 5, 12, 24, 40)
    assert predictions.dtype == analyses.dtype == np.float32
    assert predictions.nbytes == SMALL.nbytes
    assert analyses.attrs["height"] == f"{predictions.height.values[questions.HEIGHT_INDEX]:.0f} m"
    # Sums of independent noise: the mean over 5 members differs from one analysis by 150 Pa * sqrt(1/5 + 1).
    difference = predictions.isel(height=questions.HEIGHT_INDEX).mean("realization") - analyses
    assert float(difference.std()) == pytest.approx(data.SPREAD_PA * (1 / 5 + 1) ** 0.5, rel=0.05)
    assert abs(float(difference.mean())) < 10


def test_the_posts_shape_is_the_posts() -> None:
    assert data.Shape(12, 18, 33, 192, 320) == data.POST_SHAPE
    assert (data.HEIGHTS_M[:3], data.HEIGHTS_M[-2:], len(data.HEIGHTS_M)) == ((5, 10, 20), (5500, 6000), 33)
    assert data.POST_SHAPE.nbytes == 12 * 18 * 33 * 192 * 320 * 4


def test_no_layer_can_compress_the_ensemble_away(files: Files) -> None:
    raw = files.open("predictions").air_pressure.values.tobytes()

    assert len(zlib.compress(raw)) > 0.7 * len(raw)


def test_files_that_are_there_are_not_made_again(files: Files) -> None:
    before = {path: path.stat().st_mtime_ns for path in files.forecasts.iterdir()}

    again = data.make_forecasts(files.forecasts, SMALL)

    assert {path: path.stat().st_mtime_ns for path in again} == before


def test_made_anew_the_values_are_the_same(files: Files, tmp_path: Path) -> None:
    data.make_observations(tmp_path, SMALL)

    fresh = Files(tmp_path, tmp_path).open("analyses")
    assert fresh.identical(files.open("analyses"))


def test_a_file_that_could_not_be_finished_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(data, "_noise", broken)
    with pytest.raises(OSError, match="No space left"):
        data.make_observations(tmp_path, SMALL)

    assert [path.name for path in tmp_path.iterdir()] == ["ostia.nc"]
