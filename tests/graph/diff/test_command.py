"""`isthmus graph diff` on real repositories: both versions run, and nothing is left behind."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from isthmus.errors import IsthmusError
from isthmus.graph.diff import versions
from isthmus.graph.diff.command import diff
from tests.graph.diff.repositories import Repository
from tests.waiting import until


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders go."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture
def repository(tmp_path: Path, scratch: Path) -> Repository:
    return Repository(tmp_path / "project")


def ran(repository: Repository, *arguments: str) -> Result:
    found = CliRunner().invoke(diff, [*arguments, "--root", str(repository.folder)])
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found


def operations(repository: Repository, *arguments: str) -> dict[str, list[str]]:
    """Stack -> what happens to what."""
    data = json.loads(ran(repository, *arguments, "--format", "json").stdout)
    return {
        stack: [f"{change['operation']} {change['urn'].rpartition('::')[2]}" for change in found["changes"]]
        for stack, found in data["stacks"].items()
    }


def ended(pids: Iterable[int]) -> list[int]:
    """Those that were still there; none of them is afterwards."""
    left = []
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            left.append(pid)
    return left


def test_two_commits_are_recorded_and_compared(repository: Repository, scratch: Path) -> None:
    repository.program('thing("one", size=1)\nthing("gone")')
    old = repository.commit()
    repository.program('thing("one", size=2)')
    new = repository.commit()
    found = ran(repository, "HEAD~1", "main")

    assert found.exit_code == 0
    assert f"### Preview: `HEAD~1 ({old})` to `main ({new})`\n" in found.stdout
    assert "- `local`: 1 to delete, 1 to update; **1 to look at**\n" in found.stdout
    assert "- size: 1\n+ size: 2\n" in found.stdout
    assert "mermaid" not in found.stdout
    assert list(scratch.iterdir()) == []
    assert repository.git("status", "--porcelain") == ""
    assert repository.git("worktree", "list").count("\n") == 0


def test_the_working_tree_is_a_version_too(repository: Repository) -> None:
    repository.program('thing("one", size=1)')
    repository.commit()
    repository.program('thing("one", size=1)\nthing("not-committed")')

    assert operations(repository, "HEAD", ".") == {"local": ["create not-committed"]}


def test_the_project_may_be_a_part_of_its_repository(tmp_path: Path, scratch: Path) -> None:
    repository = Repository(tmp_path / "project")
    (tmp_path / "project" / "deploy").mkdir()
    for part in ("Pulumi.yaml", "__main__.py", "stacks"):
        (repository.folder / part).rename(repository.folder / "deploy" / part)
    repository.commit()
    repository.folder /= "deploy"
    repository.program('thing("one")')
    repository.commit()

    assert operations(repository, "HEAD~1", "HEAD") == {"local": ["create one"]}


def test_each_version_is_recorded_by_its_own_code(repository: Repository) -> None:
    names = repository.package() / "names.py"
    code = names.read_text()
    names.write_text(f'{code}\nMARK = "old"\n')
    repository.program('from isthmus import names\nthing("one", mark=names.MARK)')
    repository.commit()
    names.write_text(f'{code}\nMARK = "new"\n')
    repository.commit()
    found = ran(repository, "HEAD~1", "HEAD")

    assert '- mark: "old"\n+ mark: "new"\n' in found.stdout


def test_sites_that_change_are_drawn_as_they_will_be(repository: Repository) -> None:
    repository.program('pulumi.ComponentResource("isthmus:index:Site", "ecmwf", {})')
    repository.commit()
    repository.program('for site in ("ecmwf", "home"): pulumi.ComponentResource("isthmus:index:Site", site, {})')
    repository.commit()
    found = ran(repository, "HEAD~1", "HEAD").stdout

    assert "<details><summary>The sites as they will be</summary>\n\n```mermaid\n" in found


def test_stacks_of_one_version_only_are_told(repository: Repository) -> None:
    repository.program('thing("one")')
    repository.stack("before")
    repository.commit()
    repository.git("mv", "stacks/before", "stacks/after")
    repository.git("mv", "stacks/Pulumi.before.yaml", "stacks/Pulumi.after.yaml")
    repository.commit()
    found = ran(repository, "HEAD~1", "HEAD")

    assert "- `after`: new: 2 to create\n" in found.stdout
    assert "- `before`: no longer there;" in found.stdout
    assert "- `local`: no change\n" in found.stdout


def test_one_stack_may_be_asked_for(repository: Repository) -> None:
    repository.stack("other")
    repository.commit()
    repository.program('thing("one")')
    repository.commit()

    assert operations(repository, "HEAD~1", "HEAD", "--stack", "other") == {"other": ["create one"]}


def test_wrong_stack_files_are_the_first_thing_told(repository: Repository, tmp_path: Path, scratch: Path) -> None:
    repository.stack("other")
    repository.commit()
    (repository.folder / "stacks" / "other" / "ecmwf.yaml").write_text("id: 70000\n")
    repository.program('thing("one")')
    repository.commit()
    comment = tmp_path / "comment.md"
    found = ran(repository, "HEAD~1", "HEAD", "--out", str(comment))
    text = comment.read_text()

    assert found.exit_code == 1
    assert "stacks/other/ecmwf.yaml: id: got 70000" in text
    assert text.index("cannot be compared") < text.index("#### `local`")
    assert "- `local`: 1 to create" in text
    assert "`other`" not in text
    assert str(scratch) not in text


def test_a_program_that_fails_is_told_with_its_own_line(repository: Repository, scratch: Path) -> None:
    repository.commit()
    repository.program('raise LookupError("no such luck")')
    repository.commit()
    found = ran(repository, "HEAD~1", "HEAD")

    assert found.exit_code == 1
    assert "LookupError: no such luck" in found.stdout
    assert "__main__.py:" in found.stdout
    assert str(scratch) not in found.stdout


def test_a_version_that_cannot_record_itself_says_so(repository: Repository) -> None:
    package = repository.package()
    (package / "graph" / "record_command.py").unlink()
    repository.commit()
    repository.git("rm", "-r", "--quiet", "isthmus")
    repository.commit()
    found = ran(repository, "HEAD~1", "HEAD")

    assert found.exit_code == 1
    assert "this version cannot record itself" in found.stdout
    assert "No stack changes" not in found.stdout


def test_danger_is_an_exit_status_if_that_is_asked_for(repository: Repository) -> None:
    repository.program('thing("one")')
    repository.commit()
    repository.program('thing("one")\nthing("two")')
    repository.commit()
    repository.program('thing("two")')

    assert ran(repository, "HEAD~1", "HEAD", "--fail-on-danger").exit_code == 0
    assert ran(repository, "HEAD", ".", "--fail-on-danger").exit_code == 3


@pytest.mark.parametrize(
    ("arguments", "datum"),
    [
        (["nowhere", "HEAD"], "nowhere"),
        (["HEAD", "--", "--output=x"], "--output=x"),
        (["HEAD", "HEAD:stacks"], "HEAD:stacks"),
        (["HEAD", "HEAD", "--stack", "nobody"], "nobody"),
        (["HEAD", ".", "--out", "/dev/null/file"], "/dev/null/file"),
    ],
    ids=["no such version", "a version that looks like an option", "a folder", "no such stack", "no place to write to"],
)
def test_what_is_not_there_is_named(repository: Repository, arguments: Sequence[str], datum: str) -> None:
    repository.commit()
    options, _, others = " ".join(arguments).partition(" -- ")
    words = ["--root", str(repository.folder), *options.split(), *(["--", *others.split()] if others else [])]

    with pytest.raises(IsthmusError, match=f"^{datum}: |^none of .* {datum}") as caught:
        CliRunner().invoke(diff, words, catch_exceptions=False)

    assert "Traceback" not in str(caught.value)


def test_a_folder_without_git_is_named(tmp_path: Path, repository: Repository) -> None:
    (repository.folder / ".git").rename(tmp_path / "elsewhere")

    with pytest.raises(IsthmusError, match=str(repository.folder)):
        ran(repository, "HEAD", ".")


def test_links_that_lead_out_of_the_project_are_left_out(repository: Repository) -> None:
    (repository.folder / "absolute").symlink_to("/")
    (repository.folder / "above").symlink_to("../../..")
    (repository.folder / "within").symlink_to("__main__.py")
    repository.program(
        'thing("one", links=sorted(str(p) for p in Path(__file__).parent.iterdir() if p.is_symlink()) and '
        "[p.name for p in sorted(Path(__file__).parent.iterdir()) if p.is_symlink()])"
    )
    repository.commit()
    found = ran(repository, "HEAD", ".")

    assert '+ links[0]: "above"' in found.stdout
    assert '- links[0]: "within"' in found.stdout


def test_a_program_sees_no_credentials(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "open-sesame")
    monkeypatch.setenv("GITHUB_TOKEN", "open-sesame")
    repository.commit()
    repository.program('thing("one")\npulumi.export("seen", sorted(os.environ))')
    found = ran(repository, "HEAD", ".")

    assert '"PATH"' in found.stdout  # it sees what it needs
    assert "PASSPHRASE" not in found.stdout
    assert "TOKEN" not in found.stdout


def test_a_program_that_does_not_end_is_ended(
    repository: Repository, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "PATIENCE_S", 0.5)
    repository.program("time.sleep(600)")
    repository.commit()

    with pytest.raises(IsthmusError, match=r"HEAD: .* 0\.5 s"):
        ran(repository, "HEAD", "HEAD")

    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 128 + signal.SIGTERM)], ids=["SIGINT", "SIGTERM"]
)
def test_an_interrupted_comparison_leaves_nothing_behind(
    repository: Repository, scratch: Path, tmp_path: Path, sent: signal.Signals, status: int
) -> None:
    started = tmp_path / "started"
    started.mkdir()
    repository.program(f"(Path({str(started)!r}) / str(os.getpid())).touch()\ntime.sleep(600)")
    repository.commit()
    command = [sys.executable, "-m", "isthmus", "graph", "diff", "HEAD", "HEAD", "--root", str(repository.folder)]
    process = subprocess.Popen(command, env=os.environ | {"TMPDIR": str(scratch)})
    try:
        until("both versions run", lambda: len(list(started.iterdir())) == 2)
        process.send_signal(sent)
        assert process.wait(30) == status
    finally:
        process.kill()
        process.wait()
        left = ended(int(file.name) for file in started.iterdir())

    assert list(scratch.iterdir()) == []
    assert left == []
