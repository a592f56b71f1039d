"""The workflows of this repository as data."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from isthmus.local.binaries import CHECKOUT

FOLDER = CHECKOUT / ".github/workflows"


@dataclass(frozen=True)
class Workflow:
    """One file."""

    file: str
    text: str

    @property
    def data(self) -> Mapping[Any, Any]:
        content = yaml.safe_load(self.text)
        assert isinstance(content, dict)
        return content

    @property
    def triggers(self) -> Any:
        return self.data[True]  # YAML 1.1 reads the key `on` as a boolean

    @property
    def jobs(self) -> Mapping[str, Mapping[str, Any]]:
        jobs: Mapping[str, Mapping[str, Any]] = self.data["jobs"]
        return jobs

    def steps(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """(job, step) of all jobs, in order."""
        for job, described in self.jobs.items():
            for step in described["steps"]:
                yield job, step


def workflow(file: str) -> Workflow:
    return Workflow(file, (FOLDER / file).read_text())


def workflows() -> list[Workflow]:
    """All of them, by name."""
    return [workflow(path.name) for path in sorted(FOLDER.iterdir())]
