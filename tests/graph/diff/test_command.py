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
from isthmus.graph.diff.comment import MARKER
from tests.graph.diff.repositories import Repository
from tests.graph.programs import ROOT
from tests.waiting import until

pytestmark = pytest.mark.slow


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


def told(found: Result) -> dict[str, list[str]]:
    """Stack -> what happens to what, of a comparison as JSON."""
    data = json.loads(found.stdout)
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


def test_the_working_tree_is_a_version_too_and_danger_an_exit_status(repository: Repository) -> None:
    repository.program('thing("one")\nthing("gone")')
    repository.commit()
    repository.program('thing("one")\nthing("not-committed")')
    found = ran(repository, "HEAD", ".", "--fail-on-danger", "--format", "json")

    assert told(found) == {"local": ["delete gone", "create not-committed"]}
    assert found.exit_code == 3


def test_the_project_may_be_a_part_of_its_repository(tmp_path: Path, scratch: Path) -> None:
    repository = Repository(tmp_path / "project")
    (repository.folder / "deploy").mkdir()
    for part in ("Pulumi.yaml", "__main__.py", "stacks"):
        (repository.folder / part).rename(repository.folder / "deploy" / part)
    repository.commit()

    with versions.tree(repository.folder / "deploy", "HEAD") as folder:
        assert sorted(path.name for path in folder.iterdir()) == ["Pulumi.yaml", "__main__.py", "stacks"]
    assert list(scratch.iterdir()) == []


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


def test_stacks_of_one_version_only_are_told_and_sites_that_change_drawn(repository: Repository) -> None:
    repository.stack("before")
    repository.commit()
    repository.git("mv", "stacks/before", "stacks/after")
    repository.git("mv", "stacks/Pulumi.before.yaml", "stacks/Pulumi.after.yaml")
    repository.program('if pulumi.get_stack() == "after": pulumi.ComponentResource("isthmus:index:Site", "home", {})')
    repository.commit()
    found = ran(repository, "HEAD~1", "HEAD")

    assert found.exit_code == 0
    assert "- `after`: new: 2 to create\n" in found.stdout
    assert "- `before`: no longer there;" in found.stdout
    assert "- `local`: no change\n" in found.stdout
    assert [line for line in found.stdout.splitlines() if line.startswith("#### ")] == ["#### `after`"]
    assert found.stdout.count("<details><summary>The sites as they will be</summary>\n\n```mermaid\n") == 1


def test_one_stack_may_be_asked_for(repository: Repository) -> None:
    repository.stack("other")
    repository.program('thing("one")')
    (found,) = versions.recorded([(".", repository.folder)], "other")

    assert (found.stacks, list(found.graphs), found.failure) == (("other",), ["other"], "")


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


def test_a_program_that_fails_is_told_with_its_own_line(repository: Repository) -> None:
    repository.program('raise LookupError("no such luck")')
    (found,) = versions.recorded([(".", repository.folder)], "all")

    assert "LookupError: no such luck" in found.failure
    assert "__main__.py:" in found.failure
    assert str(repository.folder) not in found.failure


def test_a_version_that_cannot_record_itself_says_so(repository: Repository) -> None:
    repository.without_recorder()
    repository.commit()
    found = ran(repository, "HEAD", ".")

    assert found.exit_code == 1
    assert found.stdout.count("this version cannot record itself") == 2
    assert "No stack changes" not in found.stdout


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
    repository.without_recorder()  # nothing of it is about what is recorded
    repository.commit()
    options, _, others = " ".join(arguments).partition(" -- ")
    words = ["--root", str(repository.folder), *options.split(), *(["--", *others.split()] if others else [])]

    with pytest.raises(IsthmusError, match=f"^{datum}: |^none of .* {datum}") as caught:
        CliRunner().invoke(diff, words, catch_exceptions=False)

    assert "Traceback" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "markdown"),
    [([], False), (["--format", "markdown"], True), (["--out", "told"], True)],
    ids=["usually", "asked for", "into a file"],
)
def test_a_person_at_a_terminal_is_told_in_plain_text(
    repository: Repository, tmp_path: Path, options: list[str], markdown: bool
) -> None:
    repository.without_recorder()  # nothing of it is about what is recorded
    repository.commit()
    command = [
        sys.executable,
        "-m",
        "isthmus",
        "graph",
        "diff",
        "HEAD",
        ".",
        "--root",
        str(repository.folder),
        *options,
    ]
    terminal, end = os.openpty()
    try:
        status = subprocess.run(
            command, cwd=tmp_path, stdout=end, env=os.environ | {"PYTHONPATH": str(ROOT)}
        ).returncode
        os.write(end, b"END")
        text = b""
        while not text.endswith(b"END"):
            text += os.read(terminal, 4096)
    finally:
        os.close(terminal)
        os.close(end)
    if "--out" in options:
        text = (tmp_path / "told").read_bytes()

    assert status == 1
    assert text.startswith(MARKER.encode()) is markdown
    assert b"HEAD" in text


def test_what_a_shallow_clone_lacks_may_be_fetched(repository: Repository, tmp_path: Path) -> None:
    repository.commit()
    repository.commit()
    clone = tmp_path / "clone"
    repository.git("clone", "--quiet", "--depth", "1", f"file://{repository.folder}", str(clone))

    with (
        pytest.raises(IsthmusError, match=r"^HEAD~1: no such commit; the clone is shallow.*git fetch --unshallow"),
        versions.tree(clone, "HEAD~1"),
    ):
        pass


def test_an_unknown_stack_is_answered_with_those_that_there_are(repository: Repository) -> None:
    repository.stack("other")

    with pytest.raises(IsthmusError, match=r"^none of \. has the stack locl; there are: local, other\.$"):
        ran(repository, ".", ".", "--stack", "locl")


def test_a_folder_without_git_is_named(tmp_path: Path, repository: Repository) -> None:
    (repository.folder / ".git").rename(tmp_path / "elsewhere")

    with pytest.raises(IsthmusError, match=str(repository.folder)):
        ran(repository, "HEAD", ".")


def test_links_that_lead_out_of_the_project_are_left_out(repository: Repository) -> None:
    (repository.folder / "absolute").symlink_to("/")
    (repository.folder / "above").symlink_to("../../..")
    (repository.folder / "within").symlink_to("__main__.py")
    repository.commit()

    with versions.tree(repository.folder, "HEAD") as folder:
        assert [path.name for path in folder.iterdir() if path.is_symlink()] == ["within"]


def test_a_program_sees_no_credentials(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PULUMI_CONFIG_PASSPHRASE", "GITHUB_TOKEN", "KUBECONFIG"):
        monkeypatch.setenv(name, "open-sesame")
    repository.program('pulumi.export("seen", sorted(os.environ))')
    (found,) = versions.recorded([(".", repository.folder)], "local")
    seen = found.graphs["local"].exports["seen"]

    assert "PATH" in seen  # it sees what it needs
    assert not {"PULUMI_CONFIG_PASSPHRASE", "GITHUB_TOKEN", "KUBECONFIG"} & set(seen)


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
