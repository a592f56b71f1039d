"""What another user of the machine is told: one sentence, at once. They are really another user here."""

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from isthmus.local import control
from tests.local.test_lock import holding

pytestmark = pytest.mark.cluster

ROOT = Path(__file__).parents[2]
#: Imports first: another user may not see our Python's own files.
_AS_NOBODY = """
import os, sys
{imports}
os.chdir(sys.argv[1])
os.setgroups([])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
{call}
"""
_ISTHMUS = _AS_NOBODY.format(
    imports="from isthmus.local import centres, commands; from isthmus.cli import main",
    call="sys.argv = ['isthmus', 'local', *sys.argv[2:]]; main()",
)
_DEMO = _AS_NOBODY.format(imports="from demo.__main__ import main", call="sys.exit(main(sys.argv[2:]))")


def as_nobody(script: str, folder: Path, *arguments: str) -> tuple[int, str]:
    """Exit status and words on stderr."""
    command = [sys.executable, "-c", script, str(folder), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20)
    return done.returncode, done.stderr


@pytest.fixture
def root() -> Iterator[Path]:
    """A project of root's that everybody may look at."""
    with tempfile.TemporaryDirectory(prefix="isthmus-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "Pulumi.yaml").touch()
        yield folder


@pytest.mark.parametrize(
    "arguments",
    [("status",), ("partition", "north"), ("heal", "north"), ("exec", "north", "true"), ("down",), ("clean",)],
    ids=lambda arguments: arguments[0],
)
async def test_another_user_is_told_whose_data_centres_these_are(root: Path, arguments: tuple[str, ...]) -> None:
    async def refuse_nothing(_request: Mapping[str, Any]) -> Any:
        pytest.fail("somebody else got through")

    state = root / ".isthmus"
    with holding(state) as process:
        async with await control.serve(state, refuse_nothing):
            told = await asyncio.to_thread(as_nobody, _ISTHMUS, root, *arguments)
        alive = process.poll() is None

    assert told == (1, f"isthmus: {state}: these data centres are root's; run it as that user (sudo -E).\n")
    assert alive


def test_another_user_may_not_bring_them_up(root: Path) -> None:
    status, said = as_nobody(_ISTHMUS, root, "up")

    assert status == 1
    assert said.startswith("isthmus: local data centres need root:")
    assert said.count("\n") == 1


def test_a_demo_of_another_user_ends_before_it_makes_anything(root: Path) -> None:
    status, said = as_nobody(_DEMO, root)

    assert status == 1
    assert said.startswith("demo: local data centres need root:")
    assert said.count("\n") == 1
