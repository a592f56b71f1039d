"""The demo's files. A file appears whole or not at all, and is made once; making it again gives the same values.

    forecasts/     glosea4.nc      the Met Office's seasonal forecast of July 2011, 13 members (from iris-sample-data)
                   predictions.nc  the post's ensemble: 18 realizations x 33 heights x a field, for each of 12 times
    observations/  ostia.nc        OSTIA sea surface temperature, April 2006 to September 2010 (from iris-sample-data)
                   analyses.nc     one height of the post's field, as if observed

*The post* is the Dask blog's of 2022-07-19, "Data proximate computation on a Dask cluster distributed between data
centres": an ensemble in one centre minus what was observed in another, which this demo repeats.

`predictions.nc` and `analyses.nc` are made here: a barometric profile with planetary waves and noise. The noise fills
the mantissas, so no layer that compresses can make the sizes look smaller than they are.
"""

import os
import shutil
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import netCDF4
import numpy as np
from numpy.typing import NDArray

from demo.questions import HEIGHT_INDEX

#: Claims of the site files, and what they hold.
FORECASTS: Final = "forecasts"
OBSERVATIONS: Final = "observations"

#: MOGREPS-G's first 33 height levels in metres, as in the post: 5 m to 6 km.
HEIGHTS_M: Final = (5, 10, 20, 30, 50, 75, 100, 150, 200, 250, 300, 400, 500, 600, 700, 800, 1000, 1250, 1500, 1750,
                    2000, 2250, 2500, 2750, 3000, 3250, 3500, 3750, 4000, 4500, 5000, 5500, 6000)  # fmt: skip
SEA_LEVEL_PA: Final = 101_325.0
SCALE_HEIGHT_M: Final = 8_000.0
SPREAD_PA: Final = 150.0


@dataclass(frozen=True)
class Shape:
    """How much of the post's ensemble is made."""

    times: int = 12
    realizations: int = 18
    heights: int = 33
    latitudes: int = 192
    longitudes: int = 320

    @property
    def nbytes(self) -> int:
        """Bytes of the predictions, which are float32."""
        return 4 * self.times * self.realizations * self.heights * self.latitudes * self.longitudes


POST_SHAPE: Final = Shape()
"""Per time one block of the post's shape (18, 33, 192, 320); 12 of them are 1.75 GB."""


def make_forecasts(folder: Path, shape: Shape = POST_SHAPE) -> tuple[Path, ...]:
    """The files of the forecasting centre, made where they are missing. Returns their paths."""
    return (
        _once(folder / "glosea4.nc", _glosea4),
        _once(folder / "predictions.nc", lambda path: _predictions(path, shape)),
    )


def make_observations(folder: Path, shape: Shape = POST_SHAPE) -> tuple[Path, ...]:
    """The files of the observing centre, made where they are missing. Returns their paths."""
    return (
        _once(folder / "ostia.nc", lambda path: shutil.copyfile(_sample("ostia_monthly.nc"), path)),
        _once(folder / "analyses.nc", lambda path: _analyses(path, shape)),
    )


def _once(path: Path, write: Callable[[Path], object]) -> Path:
    """Write beside the final name, then rename: who sees the file sees all of it."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_name(f".{os.getpid()}.{path.name}")  # iris goes by the suffix
        try:
            write(half)
            half.chmod(0o644)  # the volume's readers are other users (uid 1000 in the pods)
            half.rename(path)
        finally:
            half.unlink(missing_ok=True)
    return path


def _sample(name: str) -> Path:
    import iris_sample_data

    return Path(iris_sample_data.path) / name


def _glosea4(path: Path) -> None:
    """The 13 members (number 6 is not among them), started 18 to 24 July 2011, as one netCDF, a member per chunk."""
    import iris
    import iris.coords
    import iris.cube
    from iris.util import equalise_attributes

    members = iris.cube.CubeList()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # iris announces microsecond dates; these are whole hours
        for file in sorted(_sample("GloSea4").glob("ensemble_*.pp")):
            cube = iris.load_cube(str(file))
            # Some headers lack the member's number and some hold it: the file name always has it.
            for coordinate in cube.coords("realization"):
                cube.remove_coord(coordinate)
            number = int(file.stem.removeprefix("ensemble_"))
            cube.add_aux_coord(iris.coords.AuxCoord(np.int32(number), standard_name="realization", units=1))
            cube.remove_coord("forecast_period")  # time minus start date, and both of them stay
            members.append(cube)
        equalise_attributes(members)
        ensemble = members.merge_cube()
        with iris.FUTURE.context(save_split_attrs=True):
            iris.save(ensemble, str(path), chunksizes=(1, *ensemble.shape[1:]), zlib=False)


def _predictions(path: Path, shape: Shape) -> None:
    heights = np.array(HEIGHTS_M[: shape.heights], np.float32)
    with _grid(path, shape) as file:
        file.createDimension("realization", shape.realizations)
        file.createDimension("height", shape.heights)
        file.createVariable("realization", "i4", ("realization",))[:] = np.arange(shape.realizations)
        height = file.createVariable("height", "f4", ("height",))
        height.units, height[:] = "m", heights
        pressure = _pressure(file, ("time", "realization", "height", "latitude", "longitude"))
        for time in range(shape.times):
            column = _profile(heights)[:, None, None] + _waves(shape, time)
            for realization in range(shape.realizations):
                pressure[time, realization] = column + _noise((time, realization), column.shape)


def _analyses(path: Path, shape: Shape) -> None:
    height = np.array(HEIGHTS_M[HEIGHT_INDEX], np.float32)
    with _grid(path, shape) as file:
        pressure = _pressure(file, ("time", "latitude", "longitude"))
        pressure.height = f"{height:.0f} m"
        for time in range(shape.times):
            field = _profile(height) + _waves(shape, time)
            pressure[time] = field + _noise((time,), field.shape)


@contextmanager
def _grid(path: Path, shape: Shape) -> Iterator[netCDF4.Dataset]:
    with netCDF4.Dataset(path, "w") as file:
        file.set_fill_off()
        for name, values, units in (
            ("time", 24.0 * np.arange(shape.times), "hours since 2021-11-08"),
            ("latitude", _centres(-90, 90, shape.latitudes), "degrees_north"),
            ("longitude", _centres(-180, 180, shape.longitudes), "degrees_east"),
        ):
            file.createDimension(name, len(values))
            variable = file.createVariable(name, "f8", (name,))
            variable.units, variable[:] = units, values
        yield file


def _pressure(file: netCDF4.Dataset, dimensions: tuple[str, ...]) -> Any:
    """Uncompressed and contiguous: a chunk of one realization and its lowest heights is one read."""
    variable = file.createVariable("air_pressure", "f4", dimensions, contiguous=True)
    variable.units = "Pa"
    return variable


def _centres(low: float, high: float, cells: int) -> NDArray[np.float64]:
    edges = np.linspace(low, high, cells + 1)
    return (edges[:-1] + edges[1:]) / 2


def _profile(height_m: NDArray[np.float32]) -> NDArray[np.float32]:
    """Barometric formula of an isothermal atmosphere, in Pa."""
    return np.asarray(SEA_LEVEL_PA * np.exp(-height_m / SCALE_HEIGHT_M), np.float32)


def _waves(shape: Shape, time: int) -> NDArray[np.float32]:
    """Planetary waves of number 4 that travel 10 degrees a day, strongest in the middle latitudes."""
    latitude = np.radians(_centres(-90, 90, shape.latitudes))[:, None]
    longitude = np.radians(_centres(-180, 180, shape.longitudes))
    return np.asarray(1_500 * np.sin(2 * latitude) ** 2 * np.cos(4 * (longitude - np.radians(10 * time))), np.float32)


def _noise(of: tuple[int, ...], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Differs by time and realization, and is the same on every machine with this numpy."""
    noise = np.random.default_rng((2022, 7, 19, *of)).standard_normal(shape, dtype=np.float32)
    noise *= SPREAD_PA
    return noise
