"""The module as Dask's programs meet it: in a process of its own, from a zip, with the environment of a pod."""

import functools
import os
import re
import subprocess
import sys
import zipfile
from ipaddress import IPv6Network
from pathlib import Path

import distributed.comm.tcp as tcp
import pytest
from distributed.comm.registry import backends

import isthmus.comm
from isthmus.comm import STANDS_ON, Place, install, missing
from isthmus.errors import UnsupportedDask

PLACE = Place(IPv6Network("fd12:3456:789a::/48"))
ENVIRON = {
    "ISTHMUS_PREFIX": "fd12:3456:789a::/48",
    "ISTHMUS_ADDRESS": "fd12:3456:789a:2::11",
    "ISTHMUS_SITE": "ecmwf",
    "ISTHMUS_CLUSTER": "c",
}
PACKAGE = Path(isthmus.comm.__file__).parent


def run(code: str, environ: dict[str, str], path: Path = PACKAGE.parent) -> str:
    """What `code` prints in a fresh process that finds isthmus at `path` only."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ISTHMUS_", "PYTHON"))}
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(
        command,
        env={**inherited, **environ, "PYTHONPATH": str(path)},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


WHO_SERVES_TCP = (
    "import isthmus.comm; from distributed.comm.registry import backends; print(type(backends['tcp']).__module__)"
)


def test_without_a_prefix_dask_stays_as_it_is() -> None:
    assert run(WHO_SERVES_TCP, {}) == "distributed.comm.tcp"


def test_with_a_prefix_the_ways_are_installed() -> None:
    assert run(WHO_SERVES_TCP, ENVIRON) == "isthmus.comm"


def test_it_works_from_a_zip_with_nothing_of_isthmus_beside_it(tmp_path: Path) -> None:
    travels = tmp_path / "isthmus.zip"
    with zipfile.ZipFile(travels, "w") as archive:
        for name in ("__init__.py", "names.py", "errors.py", "comm.py"):
            archive.write(PACKAGE / name, f"isthmus/{name}")

    code = WHO_SERVES_TCP + "; print(isthmus.comm.__file__)"

    assert run(code, ENVIRON, travels).split() == ["isthmus.comm", f"{travels}/isthmus/comm.py"]


def test_it_brings_nothing_along_but_distributed() -> None:
    code = "import sys, isthmus.comm; print(*(name for name in sys.modules if name.startswith('isthmus.')))"

    assert sorted(run(code, ENVIRON).split()) == ["isthmus.comm", "isthmus.errors", "isthmus.names"]


def test_the_installed_distributed_has_all_that_is_needed() -> None:
    assert missing() == []


@pytest.mark.parametrize("path", [path for path, _ in STANDS_ON])
def test_a_distributed_that_lacks_something_is_refused_by_name(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    *owners, last = path.removesuffix(".fget").split(".")
    owner = functools.reduce(getattr, owners, tcp)
    for definer in getattr(owner, "__mro__", [owner]):  # an inherited one would stand in for what is missing
        if last in vars(definer):
            monkeypatch.delattr(definer, last)
    before = dict(backends)

    with pytest.raises(UnsupportedDask) as refused:
        install(PLACE)

    assert path in refused.value.missing
    assert re.fullmatch(rf"[^\n]*distributed \d{{4}}\.\d+[^\n]*{path}[^\n]*", str(refused.value))
    assert backends == before


def test_an_override_that_nobody_would_call_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def start_in_another_way(self: object) -> None: ...

    monkeypatch.setattr(tcp.BaseTCPListener, "start", start_in_another_way)

    with pytest.raises(UnsupportedDask) as refused:
        install(PLACE)

    assert refused.value.missing == ("BaseTCPListener.start",)
