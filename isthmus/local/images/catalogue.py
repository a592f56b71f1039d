"""The images that local data centres have: those of this repository, and Kubernetes' pause.

dask        Python, images/dask/requirements.txt         (isthmus travels to it as a zip)
controller  Python, images/controller/requirements.txt, isthmus
tunnel      one static file
"""

from dataclasses import replace
from pathlib import Path

import isthmus
from isthmus.environment import Environment
from isthmus.errors import ConfigError, Mistake
from isthmus.local.binaries import CHECKOUT, build
from isthmus.local.configuration import PAUSE, REGISTRY
from isthmus.local.images.layer import Layer, cached
from isthmus.local.images.oci import Image
from isthmus.local.images.python import base_layers, packages_layers, sources_layer
from isthmus.local.recipes import NODE, TUNNEL

_PATH = "PATH=/usr/local/bin:/usr/bin:/bin"
_USER = {"User": "1000:1000"}
_PYTHON = {**_USER, "Env": ["HOME=/tmp", "PYTHONUNBUFFERED=1", "LANG=C.UTF-8", _PATH]}

#: Image -> its OCI configuration. `images/<name>/Dockerfile` says the same; a test compares them.
CONFIGURATIONS = {
    "dask": _PYTHON,
    "controller": {**_PYTHON, "Entrypoint": ["python3", "-m", "isthmus.controller"]},
    "tunnel": {**_USER, "Entrypoint": ["/tunnel"]},
}


def requirements(image: str) -> Path:
    """The locked requirement file of an image with Python."""
    return CHECKOUT / "images" / image / "requirements.txt"


def images_of(environment: Environment) -> tuple[Image, ...]:
    """Every image that the environment names, and pause. Builds what the cache lacks; as long as minutes, once.

    Raises ConfigError if the stack names an image that only a registry has.
    """
    named = environment.images.model_dump()
    if foreign := {kind: name for kind, name in named.items() if not name.startswith(f"{REGISTRY}/{kind}:")}:
        file = f"stacks/Pulumi.{environment.name}.yaml"
        raise ConfigError(
            [
                Mistake(file, f"config.isthmus:images.{kind}", f"got {name}; expected {REGISTRY}/{kind}:TAG.", _WHY)
                for kind, name in foreign.items()
            ]
        )
    makers = {"dask": dask, "controller": controller, "tunnel": tunnel}
    return (*(makers[kind](name) for kind, name in named.items()), pause())


def foundation() -> tuple[Image, ...]:
    """The images whose layers are large and seldom change: what a store holds for all data centres."""
    under_controller = controller(f"{REGISTRY}/foundation/controller:1")
    return (
        dask(f"{REGISTRY}/foundation/dask:1"),
        replace(under_controller, layers=under_controller.layers[:-1]),  # without isthmus itself
        pause(),
    )


_WHY = "Local data centres reach no registry; they have the images that isthmus makes."


def dask(name: str) -> Image:
    """What scheduler and workers run."""
    return Image(name, (*base_layers(), *packages_layers("dask", requirements("dask"))), CONFIGURATIONS["dask"])


def controller(name: str) -> Image:
    """What a site's controller runs: `python3 -m isthmus.controller`."""
    packages = packages_layers("controller", requirements("controller"))
    own = sources_layer("isthmus", Path(isthmus.__file__).parent)
    return Image(name, (*base_layers(), *packages, own), CONFIGURATIONS["controller"])


def tunnel(name: str) -> Image:
    """What gateways and sidecars run."""
    return Image(name, (_one_file("tunnel", build(TUNNEL) / "tunnel"),), CONFIGURATIONS["tunnel"])


def pause() -> Image:
    """What holds a pod's namespaces; the container runtime is told its name."""
    return Image(PAUSE, (_one_file("pause", build(NODE) / "pause"),), {"User": "65535", "Entrypoint": ["/pause"]})


def _one_file(name: str, program: Path) -> Path:
    def fill(layer: Layer, _scratch: Path) -> None:
        layer.file(program, f"/{name}")

    return cached(name, [program.read_bytes()], fill)
