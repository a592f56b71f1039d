"""The zip that travels into users' images."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import yaml

from components.python_files import CONTENT, archive, dask_yaml
from isthmus.names import DISTRIBUTED
from tests.components.recorded import ROOT

PROBE = """
import isthmus, isthmus.catalog, isthmus.comm, isthmus.pools, isthmus.pools.preload, sys
print(isthmus.__file__)
foreign = {"pulumi", "pydantic", "kopf", "aiohttp", "rich", "isthmus.environment", "isthmus.wireguard"}
print(sorted(foreign & sys.modules.keys()))
"""


def test_the_supported_dask_is_the_one_that_the_package_requires() -> None:
    """It stands in a message that travels, so it cannot be read from the package."""
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"] == [DISTRIBUTED]


def test_the_same_source_gives_the_same_bytes(tmp_path: Path) -> None:
    """Whenever and by whomever the files were written, in whatever order a folder lists them."""
    for folder, names in (("one", CONTENT), ("two", reversed(CONTENT))):
        for name in names:
            file = tmp_path / folder / (name if name.endswith(".py") else f"{name}/x.py")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"# {name}\n")
            file.chmod(0o600 if folder == "one" else 0o644)

    assert archive(tmp_path / "one") == archive(tmp_path / "two")


def test_another_source_gives_other_bytes(tmp_path: Path) -> None:
    for name in CONTENT:
        file = tmp_path / (name if name.endswith(".py") else f"{name}/x.py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
    before = archive(tmp_path)
    (tmp_path / "names.py").write_text("# more\n")

    assert archive(tmp_path) != before


def test_a_config_map_can_hold_it() -> None:
    """A ConfigMap may have 1 MiB, which base64 makes three quarters of."""
    assert len(archive()) < 2**20 * 3 / 4 - 10_000


def test_it_can_be_imported_with_distributed_alone(tmp_path: Path) -> None:
    zipped = tmp_path / "isthmus.zip"
    zipped.write_bytes(archive())
    assert zipfile.ZipFile(zipped).testzip() is None

    told = subprocess.run(
        [sys.executable, "-c", PROBE],
        env={"PYTHONPATH": str(zipped), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        timeout=60,
    )

    assert (told.stdout, told.stderr) == (f"{zipped}/isthmus/__init__.py\n[]\n", "")


def test_the_catalog_is_a_list_that_dask_leaves_alone() -> None:
    assert yaml.safe_load(dask_yaml({"/data/b_c/": "two", "/data/a/": "one"})) == {
        "isthmus": {"catalog": [{"prefix": "/data/a/", "pool": "one"}, {"prefix": "/data/b_c/", "pool": "two"}]}
    }
