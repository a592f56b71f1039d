"""What of the components programs in other languages are offered, as the Pulumi package `isthmus` (`package/`)."""

from typing import Final

from components.base import Component
from components.cluster import Cluster
from components.controller import Controller
from components.crds import Crds
from components.gateway import Gateway
from components.priorities import Priorities
from components.python_files import PythonFiles
from components.rights import Rights
from components.site import Site
from components.worker_group import Slots, WorkerGroup

NAME: Final = "isthmus"
VERSION: Final = "0.1.0"
OFFERED: Final[tuple[type[Component], ...]] = (
    Cluster,
    Controller,
    Crds,
    Gateway,
    Priorities,
    PythonFiles,
    Rights,
    Site,
    Slots,
    WorkerGroup,
)
