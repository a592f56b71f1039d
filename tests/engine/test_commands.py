"""What a person is told who gives the wrong environment, the wrong stack, or wrong stack files."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from isthmus.errors import IsthmusError
from tests.engine.checkout import CHECKOUT, copied
from tools.pulumi.engine import Engine

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with the stack `local`, in which two sites each have a mistake."""
    made = copied(CHECKOUT, tmp_path_factory.mktemp("commands") / "isthmus", "stacks")
    for site, right, wrong in (("home", "id: 1", "id: 70000"), ("ecmwf", "memory: 1Gi", "memory: 1GB")):
        file = made / "stacks" / "local" / f"{site}.yaml"
        text = file.read_text()
        assert right in text
        file.write_text(text.replace(right, wrong))
    return made


def test_every_mistake_of_the_stack_files_is_one_message_without_a_traceback(root: Path) -> None:
    failed = Engine(root, "local").ask("preview", expect=None)

    told = failed.out + failed.err
    assert failed.status != 0
    assert [told.count(mistake) for mistake in ("stacks/local/home.yaml: id", "stacks/local/ecmwf.yaml: pools")] == [
        1,
        1,
    ]
    assert "2 mistakes in the stack files" in told
    assert "Traceback" not in told
    assert "__main__.py" not in told


def test_a_programs_own_failure_is_told_with_its_place(root: Path) -> None:
    (root / "__main__.py").write_text("class IsthmusError(Exception): pass\nraise IsthmusError('not ours')\n")

    failed = Engine(root, "local").ask("preview", expect=None)

    assert failed.status != 0
    assert "IsthmusError: not ours" in failed.out + failed.err
    assert '__main__.py", line 2' in failed.out + failed.err


@pytest.mark.parametrize(
    ("args", "stack"),
    [
        (["preview", "--stack", "production"], "production"),
        (["up", "--stack=production", "--yes"], "production"),
        (["-s", "production", "up"], "production"),
    ],
)
def test_whoever_names_a_stack_is_told_to_name_the_environment(root: Path, args: list[str], stack: str) -> None:
    with pytest.raises(IsthmusError, match=f"the environment, local; .* --env {stack} "):
        Engine(root, "local").run(*args)


@pytest.mark.parametrize("named", [["--env", "production"], ["--env=production"]], ids=["two words", "one word"])
def test_the_environment_is_named_before_the_command(root: Path, named: list[str]) -> None:
    asked = subprocess.run(
        [sys.executable, "-m", "tools.pulumi", *named, "stack", "ls", "--json"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert '"name": "production"' in asked.stdout
