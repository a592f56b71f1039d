"""The demo's two questions over its files: which data, cut how. The opener decides whether Dask knows of pools."""

from collections.abc import Callable, Mapping
from typing import Final

import xarray as xr

from demo.calculation import Question, el_nino_outlook, ensemble_difference

#: Where the workers of each pool see their site's volume (stacks/local).
FORECASTS_DIR: Final = "/data/ecmwf"
OBSERVATIONS_DIR: Final = "/data/eumetsat"
#: The height that is compared, as in the post (demo.data); the observations are of this height.
HEIGHT_INDEX: Final = 10
HEIGHTS_PER_CHUNK: Final = 11

Opener = Callable[[str, Mapping[str, int]], xr.Dataset]
"""Path and chunks -> data set."""


def el_nino(opened: Opener, forecasts: str = FORECASTS_DIR, observations: str = OBSERVATIONS_DIR) -> Question:
    """Did the ensemble of July 2011 foresee a La Nina? A chunk is a member; the observations are one chunk."""
    members = opened(f"{forecasts}/glosea4.nc", {"realization": 1})
    sea = opened(f"{observations}/ostia.nc", {"time": -1, "latitude": -1, "longitude": -1})
    return el_nino_outlook(members.surface_temperature, sea.surface_temperature)


def ensemble(opened: Opener, forecasts: str = FORECASTS_DIR, observations: str = OBSERVATIONS_DIR) -> Question:
    """The post's shape (demo.data): per time (18, 33, 192, 320), in chunks of (1, 11, 192, 320)."""
    chunks = {"time": 1, "realization": 1, "height": HEIGHTS_PER_CHUNK}
    predictions = opened(f"{forecasts}/predictions.nc", chunks)
    analyses = opened(f"{observations}/analyses.nc", {"time": 1})
    return ensemble_difference(predictions.air_pressure, analyses.air_pressure, HEIGHT_INDEX)


QUESTIONS: Final[Mapping[str, Callable[..., Question]]] = {"el-nino": el_nino, "ensemble": ensemble}
