"""What the demo asks, in ordinary xarray. Nothing here knows where the data lies, or whether Dask computes it.

*Did the ensemble of July 2011 foresee a La Nina?* An index of sea-surface temperature over the Nino 3.4 region, per
member, and a map of the equatorial strip, both as forecast minus the observed mean of the same calendar month.

Two grids meet (forecast 1.25 x 1.875 degrees, observations 0.56 x 0.83), and only sums over cells are compared:
a field is taken as constant in each grid cell, and every mean is exact for such a field. Cells weigh with the area
that they share with the region or with the coarser cell (difference of sines of latitude times width in longitude,
which is what cos(latitude) approximates). Observed land is missing; a coarse cell is sea only if all of it was
observed, which also keeps the land of the forecast's surface temperature out of the map.

All of it is linear, so means over members and over the region come before the subtraction: what must meet is small.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

#: Nino 3.4: 170 W to 120 W, 5 S to 5 N (Trenberth 1997). The observations end at 4.72 N, which both data sets cover.
NINO34: Final[Mapping[str, tuple[float, float]]] = {"latitude": (-5.0, 4.72), "longitude": (190.0, 240.0)}
#: The customary limit: La Nina below, for several months in a row.
LA_NINA_K: Final = -0.5
#: Shares of area within this of 1 are whole: coordinates come as float32.
TOLERANCE: Final = 1e-4


@dataclass(frozen=True)
class Question:
    """Something that takes both data sets: results that are differences, and results of the observations alone."""

    differences: Mapping[str, tuple[xr.DataArray, xr.DataArray]]
    """Name of a result: (of the forecasts, of the observations). Both sides are as small as they can get apart."""
    observed: Mapping[str, xr.DataArray] = field(default_factory=dict)

    @property
    def answer(self) -> xr.Dataset:
        """Forecast minus observed, and what was observed."""
        return xr.Dataset({name: one - other for name, (one, other) in self.differences.items()} | dict(self.observed))


def el_nino_outlook(forecasts: xr.DataArray, observed: xr.DataArray) -> Question:
    """Forecast minus observed climatology, in K.

    forecasts: surface temperature in K (realization, time, latitude, longitude), monthly means.
    observed: sea-surface temperature in K (time, latitude, longitude), monthly means of some years, NaN on land.

    The answer has `nino34` (realization, time), `anomaly` (time, latitude, longitude: ensemble mean, where both have
    sea) and `observed_nino34` (observed_time: the observed months against the mean of their calendar month).
    """
    forecasts, observed = (data.reset_coords(drop=True) for data in (forecasts, observed))
    months = forecasts.time.dt.month
    strip = whole_cells(forecasts, of=observed)
    region = region_mean(observed, NINO34)
    measured = region.rename(time="observed_time")
    return Question(
        differences={
            "nino34": (region_mean(forecasts, NINO34), climatology(region, months)),
            "anomaly": (strip.mean("realization"), coarsened(climatology(observed, months), strip)),
        },
        observed={"observed_nino34": measured - climatology(region, measured.observed_time.dt.month)},
    )


def ensemble_difference(predictions: xr.DataArray, analyses: xr.DataArray, height: int) -> Question:
    """The post's calculation: mean over the realizations at one height minus what was observed there, in Pa.

    As in the post, the mean is taken at every height of a chunk and one of them is kept: deliberately inefficient.
    """
    averages = predictions.mean("realization")
    return Question({"difference": (averages.isel(height=height, drop=True), analyses)})


def climatology(observed: xr.DataArray, months: xr.DataArray) -> xr.DataArray:
    """Mean over the years of each calendar month in `months`; its axis takes the place of `time`."""
    axis = str(months.dims[0])
    asked = months.rename({axis: "asked"})
    return observed.weighted((observed.time.dt.month == asked).astype(observed.dtype)).mean("time").rename(asked=axis)


def region_mean(data: xr.DataArray, region: Mapping[str, tuple[float, float]]) -> xr.DataArray:
    """Mean over latitudes and longitudes from..to, in degrees; cells weigh with the area inside the region."""
    latitude, longitude = (_inside(data[name], *region[name]) for name in ("latitude", "longitude"))
    return data.weighted(latitude * longitude).mean(("latitude", "longitude"))


def coarsened(data: xr.DataArray, target: xr.DataArray) -> xr.DataArray:
    """The data on the grid of `target`: mean over each target cell, NaN unless every part of it has a value.

    First-order conservative remapping. Shares of a cell's area factor into latitude and longitude.
    """
    total, share = data.fillna(0.0), data.notnull().astype(data.dtype)
    for name in ("latitude", "longitude"):
        overlap = _overlaps(data[name], target[name]).astype(data.dtype)
        total, share = xr.dot(total, overlap, dim=name), xr.dot(share, overlap, dim=name)
        total, share = (part.rename({f"{name}_to": name}) for part in (total, share))
    return total / share.where(share > 1 - TOLERANCE)


def whole_cells(data: xr.DataArray, *, of: xr.DataArray) -> xr.DataArray:
    """The rows that lie wholly between the outer edges of the latitudes of the other data."""
    edges, limits = bounds(data.latitude), bounds(of.latitude)
    inside = (edges[:, 0] >= limits.min() - TOLERANCE) & (edges[:, 1] <= limits.max() + TOLERANCE)
    return data.isel(latitude=np.flatnonzero(inside))


def bounds(centres: xr.DataArray) -> NDArray[np.float64]:
    """Lower and upper edge of each cell of an evenly spaced, ascending axis in degrees; latitudes end at the poles."""
    points = centres.values.astype(np.float64)
    half = (points[-1] - points[0]) / (len(points) - 1) / 2
    edges = np.stack([points - half, points + half], axis=1)
    return edges.clip(-90, 90) if centres.name == "latitude" else edges


def _inside(centres: xr.DataArray, low: float, high: float) -> xr.DataArray:
    """How much of each cell lies between low and high, in units that are proportional to area."""
    edges = bounds(centres).clip(low, high)
    return xr.DataArray(np.diff(_measure(edges, str(centres.name)), axis=1)[:, 0], {centres.name: centres})


def _overlaps(source: xr.DataArray, target: xr.DataArray) -> xr.DataArray:
    """Share of each target cell that each source cell covers: a row of a whole target cell sums to 1."""
    name, circle = str(target.name), 360.0
    cells, onto = bounds(source)[:, None, :], bounds(target)[None, :, :]
    turns = (0.0,) if name == "latitude" else (-circle, 0.0, circle)  # longitudes wrap around
    common = sum(
        np.diff(_measure(np.clip(cells + turn, onto[..., :1], onto[..., 1:]), name), axis=2)[..., 0] for turn in turns
    )
    whole = np.diff(_measure(onto, name), axis=2)[..., 0]
    return xr.DataArray(common / whole, {name: source, f"{name}_to": target.values}, (name, f"{name}_to"))


def _measure(edges: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    return np.sin(np.radians(edges)) if name == "latitude" else edges
