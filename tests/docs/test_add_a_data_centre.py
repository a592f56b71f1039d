"""The page about one more data centre: its files, in a copy of this repository, are checked, shown and diffed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.clones import cloned
from tests.docs.commands import CHECKOUT, typed

pytestmark = pytest.mark.slow

PAGE = "docs/guides/add-a-data-centre.md"
TEXT = (CHECKOUT / PAGE).read_text()
SITE = re.search(r"```yaml\n# stacks/production/noaa.yaml\n(.*?)```", TEXT, flags=re.DOTALL)
LIST = re.search(r"  isthmus:sites: .*", TEXT)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The page's changes on top of what is committed."""
    root = cloned(tmp_path / "isthmus")
    assert SITE is not None
    assert LIST is not None
    (root / "stacks/production/noaa.yaml").write_text(SITE[1])
    stack = root / "stacks/Pulumi.production.yaml"
    stack.write_text(re.sub(r"  isthmus:sites: .*", LIST[0], stack.read_text()))
    return root


def test_its_commands_work_and_show_the_new_site(clone: Path) -> None:
    said = {}
    for command in typed(PAGE):
        program, *arguments = command.split()
        done = subprocess.run(
            [str(Path(sys.executable).parent / program), *arguments], cwd=clone, capture_output=True, text=True
        )
        assert done.returncode == 0, f"$ {command}\n{done.stdout}{done.stderr}"
        said[arguments[1]] = done.stdout

    assert set(said) == {"check", "show", "diff"}
    assert "wg.noaa.example:51820" in said["show"]
    assert "noaa" in said["diff"]
    assert "production-gateway" in said["diff"]
