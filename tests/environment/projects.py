"""Projects to load: the valid one beside this file, and variations of it."""

import shutil
from pathlib import Path

import pytest

from isthmus.environment import load
from isthmus.errors import ConfigError, Mistake

HERE = Path(__file__).parent
VALID = HERE / "valid"
INVALID = HERE / "invalid"

STACK = "stacks/Pulumi.test.yaml"
NORTH = "stacks/test/north.yaml"
SOUTH = "stacks/test/south.yaml"
ABROAD = "stacks/test/abroad.yaml"


def project(into: Path, *overlays: Path) -> Path:
    """A copy of the valid project with the files of the overlays in place of its own."""
    for source in (VALID, *overlays):
        shutil.copytree(source, into, dirs_exist_ok=True)
    return into


def rewritten(into: Path, file: str, old: str, new: str) -> Path:
    """A copy of the valid project with one text replaced, which must be there exactly once."""
    root = project(into)
    text = (root / file).read_text()
    assert text.count(old) == 1, f"{file}: {old!r} stands there {text.count(old)} times"
    (root / file).write_text(text.replace(old, new))
    return root


def mistakes(root: Path, env: str = "test") -> tuple[Mistake, ...]:
    """Every mistake of a project that must not load."""
    with pytest.raises(ConfigError) as caught:
        load(root, env)
    return caught.value.mistakes
