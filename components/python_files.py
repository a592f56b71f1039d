"""The Python that travels into somebody's scheduler and workers: a zip in a ConfigMap, for any Dask image."""

import hashlib
import io
import zipfile
from base64 import b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pulumi
import yaml
from pulumi_kubernetes.core.v1 import ConfigMap

import isthmus
from components.base import Component, Place
from components.objects import metadata
from isthmus import names

#: What goes in: modules and packages of `isthmus` that need nothing but distributed.
CONTENT: Final = ("__init__.py", "catalog.py", "comm.py", "errors.py", "names.py", "pools")
#: The earliest time that a zip can hold; a real one would make another file of the same source.
NO_TIME: Final = (1980, 1, 1, 0, 0, 0)


class PythonFilesArgs(Place):
    """What Dask is configured with."""

    catalog: Mapping[str, str]
    """Path or URL prefix -> pool, over all sites."""


class PythonFiles(Component, kind="PythonFiles"):
    """The ConfigMap that every Dask pod of a site mounts at `names.PYTHON_DIR`."""

    def __init__(self, name: str, args: PythonFilesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        ConfigMap(
            f"{name}-python",
            metadata=metadata(args, names.python(args["cluster"])),
            data={names.DASK_YAML: dask_yaml(args["catalog"])},
            binary_data={names.PYTHON_ZIP: b64encode(archive()).decode()},
            opts=self.child_opts(),
        )
        self.register_outputs({})


def dask_yaml(catalog: Mapping[str, str]) -> str:
    """Dask's configuration: the catalog, as a list, because Dask takes `-` and `_` in keys for the same letter."""
    rows = [{"prefix": prefix, "pool": pool} for prefix, pool in sorted(catalog.items())]
    return yaml.safe_dump({"isthmus": {"catalog": rows}}, sort_keys=False)


def archive(package: Path | None = None) -> bytes:
    """The zip: the same bytes for the same source on every machine, hence no times, one order, no compression."""
    root = package or Path(isthmus.__file__).parent
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as target:
        for file in _files(root):
            entry = zipfile.ZipInfo(f"isthmus/{file.relative_to(root).as_posix()}", NO_TIME)
            entry.create_system = 3  # Unix, also where it is made on another one
            entry.external_attr = 0o644 << 16
            target.writestr(entry, file.read_bytes())
    return buffer.getvalue()


def digest(catalog: Mapping[str, str]) -> str:
    """Changes when what a Dask pod imports or is configured with does."""
    return hashlib.sha256(archive() + dask_yaml(catalog).encode()).hexdigest()


def _files(root: Path) -> Iterator[Path]:
    for part in CONTENT:
        path = root / part
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]
