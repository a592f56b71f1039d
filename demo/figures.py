"""Two figures of the El Nino outlook: a plume of the members' index, and the equatorial strip month by month.

Colours are those of Okabe and Ito and a red-blue scale: readable with any colour vision, and in print.
"""

from collections.abc import Mapping
from typing import Any, Final

import matplotlib as mpl
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from demo.calculation import LA_NINA_K, NINO34, bounds

BLUE: Final = "#0072B2"
SKY: Final = "#56B4E9"
VERMILION: Final = "#D55E00"
GREY: Final = "#6E6E6E"
LAND: Final = "#D9D9D9"
#: Ends of the map's colour scale; a few cells lie beyond.
LIMIT_K: Final = 4.0

#: Observed winters that are drawn for comparison: first year -> what it became (NOAA's Oceanic Nino Index).
WINTERS: Final[Mapping[int, str]] = {2006: "El Niño", 2007: "La Niña", 2008: "weak La Niña", 2009: "El Niño"}

STYLE: Final[dict[Any, Any]] = {
    "font.family": "DejaVu Sans", "font.size": 10, "axes.titlesize": 13, "axes.titleweight": "bold",
    "axes.titlelocation": "left",
}  # fmt: skip


def plume(outlook: xr.Dataset) -> Figure:
    """Each member's Nino 3.4 index, with the same months of observed winters beside it."""
    index, last = outlook.nino34, outlook.sizes["time"] - 1
    mean, lowest = index.mean("realization"), float(index[:, -1].min())
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9, 5.6), layout="constrained")
        axes = figure.subplots()
        axes.spines[["top", "right"]].set_visible(False)
        axes.axhspan(-10, LA_NINA_K, color=SKY, alpha=0.10, lw=0)
        axes.axhline(0, color="black", lw=0.8)
        for member in index:
            axes.plot(member, color=SKY, lw=1.2, zorder=2)
        axes.plot(mean, color=BLUE, lw=3, zorder=4)
        _winters(axes, outlook)
        _label(axes, last, float(mean[-1]), "mean of the forecast", BLUE, weight="bold")
        _label(axes, last, lowest, f"its {index.sizes['realization']} members", SKY)
        axes.text(0, lowest, f"La Niña: below {LA_NINA_K:.1f} °C".replace("-", "−"), color=BLUE, fontsize=9)
        axes.set(xlim=(-0.1, last + 1.8), ylim=(min(lowest, -2) - 0.4, 2.2), ylabel="Niño 3.4 index (°C)")
        months = outlook.time.dt.strftime("%b").values.tolist()
        years = outlook.time.dt.strftime("\n%Y").values.tolist()
        axes.set_xticks(
            range(last + 1),
            [f"{m}{y if k in (0, last) else ''}" for k, (m, y) in enumerate(zip(months, years, strict=True))],
        )
        axes.set_title(f"Did the ensemble of July 2011 foresee a La Niña?\n{_verdict(index)}")
        _footnote(
            figure,
            "Sea-surface temperature over 170°W–120°W, 5°S–4.7°N, minus the OSTIA mean of the same calendar month, "
            "2006–2010.\nForecast: Met Office GloSea4, started 18–24 July 2011, its own bias not removed. "
            "Observed: OSTIA monthly means.",
        )
    return figure


def _verdict(index: xr.DataArray) -> str:
    """In how many members the index is below the limit in every month but the first, which is nearly the present."""
    foresaw = int((index.isel(time=slice(1, None)) < LA_NINA_K).all("time").sum())
    return f"{foresaw} of its {index.sizes['realization']} members did"


def _winters(axes: Axes, outlook: xr.Dataset) -> None:
    observed, months = outlook.observed_nino34, outlook.time
    found = dict(zip(_year_months(observed.observed_time), observed.values.tolist(), strict=True))
    start = int(months.dt.year[0])
    for first, became in WINTERS.items():
        values = [found.get((first + year - start, month), np.nan) for year, month in _year_months(months)]
        axes.plot(values, color=VERMILION, lw=1.6, ls=(0, (4, 2)), zorder=3)
        label = f"observed {first}–{(first + 1) % 100:02d}: {became}"
        _label(axes, len(values) - 1, values[-1], label, VERMILION)


def _year_months(times: xr.DataArray) -> list[tuple[int, int]]:
    return list(zip(times.dt.year.values.tolist(), times.dt.month.values.tolist(), strict=True))


def _label(axes: Axes, x: float, y: float, text: str, color: str, weight: str = "normal") -> None:
    axes.annotate(
        text, (x, y), xytext=(6, 0), textcoords="offset points", va="center", color=color, fontsize=9, weight=weight
    )


def strip(outlook: xr.Dataset) -> Figure:
    """The ensemble mean of the anomaly along the equator, a panel per month; land and unseen cells are grey."""
    anomaly = outlook.anomaly
    x, y = _edges(anomaly.longitude), _edges(anomaly.latitude)
    with mpl.rc_context(STYLE | {"axes.titlesize": 10, "axes.titleweight": "normal"}):
        figure = Figure(figsize=(11, 7.6), layout="constrained")
        panels = figure.subplots(anomaly.sizes["time"], 1, sharex=True)
        for axes, field in zip(panels, anomaly, strict=True):
            axes.set_facecolor(LAND)
            mesh = axes.pcolormesh(x, y, field, cmap="RdBu_r", vmin=-LIMIT_K, vmax=LIMIT_K)
            _region(axes, y)
            axes.set_title(field.time.dt.strftime("%B %Y").item())
            axes.set_yticks([-3, 0, 3], ["3°S", "0°", "3°N"])
        panels[-1].set_xticks(range(0, 361, 30), [_longitude(degrees) for degrees in range(0, 361, 30)])
        panels[0].text(sum(NINO34["longitude"]) / 2, 5.0, "Niño 3.4", ha="center", va="bottom", fontsize=9)
        bar = figure.colorbar(mesh, ax=panels, shrink=0.7, pad=0.015, extend="both")
        bar.set_label("forecast minus observed climatology (°C)")
        figure.suptitle(
            "The equatorial ocean that the ensemble of July 2011 foresaw", weight="bold", fontsize=13, x=0.01, ha="left"
        )
        _footnote(
            figure,
            f"Mean of {outlook.sizes['realization']} GloSea4 members minus the OSTIA mean of the same calendar month "
            "(2006–2010), on the forecast's grid (1.25° × 1.875°). Grey: land, or coast in part.",
        )
    return figure


def _region(axes: Axes, latitudes: NDArray[np.float64]) -> None:
    """The outline of Nino 3.4, as far as the map reaches."""
    (south, north), (west, east) = NINO34["latitude"], NINO34["longitude"]
    low, high = max(south, latitudes[0]), min(north, latitudes[-1])
    axes.add_patch(Rectangle((west, low), east - west, high - low, fill=False, lw=1.8, ec="black", clip_on=False))


def _edges(centres: xr.DataArray) -> NDArray[np.float64]:
    cells = bounds(centres)
    return np.append(cells[:, 0], cells[-1, 1])


def _longitude(degrees: int) -> str:
    if degrees % 180 == 0:
        return f"{degrees % 360}°"
    return f"{degrees}°E" if degrees < 180 else f"{360 - degrees}°W"


def _footnote(figure: Figure, text: str) -> None:
    figure.supxlabel(text, fontsize=8, color=GREY, x=0.01, ha="left")
