"""The CustomResourceDefinitions of the Dask operator's API, as `components/crds/*.yaml` states them."""

import functools
from pathlib import Path
from typing import Final, TypedDict

import pulumi
import yaml
from pulumi_kubernetes.apiextensions.v1 import CustomResourceDefinition

from components.base import Component
from components.objects import Spec

FOLDER: Final = Path(__file__).parent / "crds"


class CrdsArgs(TypedDict):
    """How precious they are."""

    keep: bool
    """Protect them and leave them in the cluster: a CRD takes every object of its kind with it."""


class Crds(Component, kind="Crds"):
    """One CustomResourceDefinition per file. Custom resources are declared `after` this component."""

    def __init__(self, name: str, args: CrdsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        for file in sorted(FOLDER.glob("*.yaml")):
            definition = _read(file)
            CustomResourceDefinition(
                f"{name}-{file.stem}",
                metadata=definition["metadata"] | {"labels": {"app.kubernetes.io/part-of": "isthmus"}},
                spec=definition["spec"],
                opts=self.child_opts(keep=args["keep"]),
            )
        self.register_outputs({})


@functools.cache
def _read(file: Path) -> Spec:
    """A definition. Read once, however many sites have it: it is not changed by whoever declares it."""
    return yaml.safe_load(file.read_text())
