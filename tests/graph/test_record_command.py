"""`isthmus graph record`, called as a person calls it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from isthmus.graph import record, store
from tests.graph.programs import ROOT, project

pytestmark = pytest.mark.slow


def isthmus(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """What a command said and how it ended."""
    return subprocess.run(
        [sys.executable, "-m", "isthmus", *words],
        cwd=cwd,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )


def test_every_stack_is_written_as_a_file_of_its_name(tmp_path: Path) -> None:
    root = project(tmp_path / "project", 'pulumi.export("stack", pulumi.get_stack())')
    shutil.copytree(root / "stacks" / "local", root / "stacks" / "other")
    shutil.copy(root / "stacks" / "Pulumi.local.yaml", root / "stacks" / "Pulumi.other.yaml")

    done = isthmus("graph", "record", "--root", str(root), "--out", str(tmp_path / "new"), cwd=tmp_path)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    written = {file.name: file.read_text() for file in (tmp_path / "new").iterdir()}
    assert written == {f"{name}.json": store.dump(record(root, name)) for name in ("local", "other")}


def test_one_stack_as_a_preview_on_standard_output(tmp_path: Path) -> None:
    program = 'pulumi.export("dry", pulumi.runtime.is_dry_run())'

    done = isthmus("graph", "record", "--stack", "local", "--preview", cwd=project(tmp_path, program))

    graph = store.parse(done.stdout)
    assert (graph.stack, graph.preview, graph.exports) == ("local", True, {"dry": True})


def test_a_stack_with_mistakes_keeps_no_other_from_being_written(tmp_path: Path) -> None:
    root = project(tmp_path, "")
    (root / "stacks" / "Pulumi.first.yaml").write_text("config: {isthmus:sites: 7}")

    done = isthmus("graph", "record", "--out", "out", cwd=root)

    assert done.returncode == 1
    assert "stacks/Pulumi.first.yaml: config.isthmus:sites" in done.stderr
    assert [file.name for file in (root / "out").iterdir()] == ["local.json"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--stack", "nowhere"], "stacks/Pulumi.nowhere.yaml"),
        (["--stack", "local", "--out", "Pulumi.yaml"], "Pulumi.yaml"),
        (["--root", "stacks"], "stacks: no stacks/Pulumi.*.yaml"),
        (["--root", "nowhere"], "nowhere"),
    ],
    ids=["no such stack", "a file as the folder", "no project", "no folder"],
)
def test_what_cannot_be_recorded_is_one_message(tmp_path: Path, words: list[str], said: str) -> None:
    done = isthmus("graph", "record", *words, cwd=project(tmp_path, ""))

    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_mistake_of_the_program_is_shown_where_it_stands(tmp_path: Path) -> None:
    root = project(tmp_path, "def platform():\n    return {}['missing']\nplatform()")

    done = isthmus("graph", "record", "--stack", "local", cwd=root)

    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "isthmus: stack local: the program failed: KeyError: 'missing'",
        "    __main__.py:4, in <module>",
        "    __main__.py:3, in platform",
    ]
