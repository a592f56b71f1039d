"""Workflows are pinned, may little, and hand nothing of a stranger to a shell."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from isthmus.environment import stack_names
from isthmus.local.binaries import CHECKOUT, build
from tests.workflows.files import FOLDER, Workflow, workflow, workflows
from tests.workflows.rules import PERMISSIONS, mistakes
from tools.build import ACTIONLINT

SHELLCHECK = Path(sys.executable).parent / "shellcheck"
#: Environments that live outside this machine, in the order in which a change reaches them.
DEPLOYED = ["staging", "production"]


@pytest.mark.parametrize("found", workflows(), ids=lambda found: found.file)
def test_a_workflow_keeps_every_rule(found: Workflow) -> None:
    assert list(mistakes(found)) == []


def test_the_table_of_permissions_has_no_job_that_is_not_there() -> None:
    assert PERMISSIONS.keys() == {(found.file, job) for found in workflows() for job in found.jobs}


DIGEST = "de0fac2e4500dabe0009e67214ff5f5447ce83dd"
SPOILED = [
    ("a tag", f"@{DIGEST} # v6.0.2", "@v6", "not pinned by digest"),
    ("a digest without its version", f"@{DIGEST} # v6.0.2", f"@{DIGEST}", "not pinned by digest"),
    ("rights of the whole file", "permissions: {}", "permissions: read-all", "permissions at the top are not {}"),
    ("a job with one right more", "contents: read\n", "contents: read\n      id-token: write\n", "other permissions"),
    ("a stranger's title in a shell", "run: make setup", "run: echo ${{ github.head_ref }}", "an expression in a line"),
    ("a token that stays", "persist-credentials: false", "persist-credentials: true", "the token stays"),
    (
        "a secret for all steps",
        "STACK: ${{ matrix",
        "X: ${{ secrets.X }}\n      STACK: ${{ matrix",
        "every step of the",
    ),
    ("a secret for an action", "pulumi-version: 3.259.0", "x: ${{ secrets.X }}", "a secret for an action"),
    ("a job without end", "timeout-minutes: 30", "continue-on-error: false", "no time limit"),
    (
        "secrets for foreign code",
        "on:\n  pull_request:",
        "on:\n  pull_request_target:",
        "pull_request_target runs with",
    ),
]


@pytest.mark.parametrize(("old", "new", "problem"), [row[1:] for row in SPOILED], ids=[row[0] for row in SPOILED])
def test_a_spoiled_workflow_is_refused(old: str, new: str, problem: str) -> None:
    good = workflow("preview.yml")
    assert old in good.text

    found = list(mistakes(Workflow("preview.yml", good.text.replace(old, new))))

    assert any(problem in mistake for mistake in found)


def test_a_workflow_that_may_write_checks_out_no_foreign_code() -> None:
    good = workflow("comment.yml")
    text = good.text.replace("with:\n", "with:\n          ref: ${{ github.event.workflow_run.head_sha }}\n")

    assert list(mistakes(Workflow("comment.yml", text))) == [
        "comment: checks out something else than the default branch, and may write"
    ]


def _actionlint(*files: Path) -> str:
    """What actionlint, and shellcheck over the lines of shell, have to say."""
    command: list[str | Path] = [
        build(ACTIONLINT) / "actionlint",
        "-shellcheck",
        SHELLCHECK,
        "-pyflakes",
        "",
        "-oneline",
        *files,
    ]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True)
    assert done.returncode == (1 if done.stdout else 0), done.stderr
    return done.stdout


def test_actionlint_and_shellcheck_have_nothing_to_say() -> None:
    assert _actionlint(*sorted(FOLDER.iterdir())) == ""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("runs-on: ubuntu-24.04", "runs_on: ubuntu-24.04", "unexpected key"),
        ('>>"$GITHUB_STEP_SUMMARY"', ">>$GITHUB_STEP_SUMMARY", "SC2086"),
    ],
    ids=["a key that GitHub does not know", "a variable without quotes"],
)
def test_they_would_say_something(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = workflow("preview.yml").text
    assert old in text
    spoiled = tmp_path / "preview.yml"
    spoiled.write_text(text.replace(old, new))

    assert said in _actionlint(spoiled)


def test_shellcheck_has_nothing_to_say_of_the_scripts() -> None:
    scripts: list[str | Path] = [*sorted((CHECKOUT / ".github").glob("*.sh"))]

    done = subprocess.run([SHELLCHECK, *scripts], capture_output=True, text=True)

    assert scripts
    assert (done.returncode, done.stdout) == (0, "")


def test_every_deployed_environment_is_previewed_watched_and_brought_up_one_after_the_other() -> None:
    matrices = {
        file: workflow(file).jobs[job]["strategy"]["matrix"]
        for file, job in (("preview.yml", "stack"), ("drift.yml", "drift"))
    }
    deploy = workflow("deploy.yml").jobs

    assert matrices == {file: {"environment": DEPLOYED} for file in matrices}
    assert [(job, described.get("needs")) for job, described in deploy.items()] == [
        ("staging", None),
        ("production", "staging"),
    ]
    assert {job: described["environment"] for job, described in deploy.items()} == {job: job for job in DEPLOYED}
    assert set(stack_names(CHECKOUT)) - {"local"} <= set(DEPLOYED)


def test_two_updates_of_a_stack_never_run_at_once_and_none_is_cut_off() -> None:
    deploy = workflow("deploy.yml").jobs

    assert {job: described["concurrency"] for job, described in deploy.items()} == {
        job: {"group": f"stack-{job}", "cancel-in-progress": False} for job in DEPLOYED
    }


def test_the_cli_of_the_workflows_is_the_one_that_the_tests_run() -> None:
    stated = {
        step["with"]["pulumi-version"]
        for found in workflows()
        for _, step in found.steps()
        if "pulumi-version" in step.get("with", {})
    }
    module = (CHECKOUT / "tools/pulumi/cli/go.mod").read_text()

    assert stated == set(re.findall(r"github\.com/pulumi/pulumi/pkg/v3 v([\d.]+)", module))
