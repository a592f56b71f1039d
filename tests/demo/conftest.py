"""The demo's real files, once per run of the tests; the ensemble is smaller than the post's."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import xarray as xr

from demo import data

SMALL = data.Shape(times=3, realizations=5, heights=12, latitudes=24, longitudes=40)


@dataclass(frozen=True)
class Files:
    """Folders as the workers would see them: the last part of a path names the pool."""

    forecasts: Path
    observations: Path

    def open(self, name: str) -> xr.Dataset:
        """Everything of a file, read by this process."""
        folder = self.forecasts if name in ("glosea4", "predictions") else self.observations
        with xr.open_dataset(folder / f"{name}.nc") as dataset:
            return dataset.load()


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    root = tmp_path_factory.mktemp("data")
    made = Files(root / "ecmwf", root / "eumetsat")
    data.make_forecasts(made.forecasts, SMALL)
    data.make_observations(made.observations, SMALL)
    return made
