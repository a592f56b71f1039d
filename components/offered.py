"""What of the components programs in other languages are offered, as the Pulumi package `isthmus` (`package/`)."""

import json
from typing import Any, Final

from pulumi.provider.experimental.analyzer import Analyzer
from pulumi.provider.experimental.component import ComponentProvider

from components.base import Component, Place
from components.cluster import Cluster
from components.controller import Controller
from components.crds import Crds
from components.gateway import Gateway
from components.platform import Platform
from components.priorities import Priorities
from components.provider import Provider
from components.python_files import PythonFiles
from components.rights import Rights
from components.site import Site
from components.slots import Slots
from components.worker_group import WorkerGroup

NAME: Final = "isthmus"
VERSION: Final = "0.1.0"
OFFERED: Final[tuple[type[Component], ...]] = (
    Cluster,
    Controller,
    Crds,
    Gateway,
    Platform,
    Priorities,
    PythonFiles,
    Rights,
    Site,
    Slots,
    WorkerGroup,
)


def provider() -> ComponentProvider:
    """The process behind the package: it declares a component for each that a program registers."""
    made = Provider([*OFFERED], NAME, None, VERSION)
    # The SDK reads the docstrings of a class's own fields only; most arguments inherit those of `Place`.
    made.schema = json.dumps(_described(json.loads(str(made.schema))))
    return made


def _described(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with the descriptions of inherited arguments."""
    analyzer = Analyzer(NAME)
    told = {_camel(name): analyzer.get_docstring(Place, name) for name in Place.__annotations__}
    for resource in schema["resources"].values():
        for name, field in resource["inputProperties"].items():
            if name in told:
                field.setdefault("description", told[name])
    return schema


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.title() for word in others)
