"""The issue about drift: one per environment, opened, brought up to date, closed."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from isthmus.local.binaries import CHECKOUT
from tests.workflows.github_server import REPOSITORY, TOKEN, Repository, github
from tests.workflows.runner import machine


@pytest.fixture
def repository() -> Iterator[Repository]:
    with github() as running:
        running.issues = [
            {"number": number, "state": "open", "user": {"type": "User"}, "body": None} for number in range(1, 121)
        ]
        yield running


def tell(repository: Repository, folder: Path, status: int, said: str) -> "subprocess.CompletedProcess[str]":
    """`python -m tools.github.drift`, as the step of drift.yml calls it."""
    (folder / "said").write_text(said)
    env = {
        **machine(),
        "GITHUB_API_URL": repository.url,
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_TOKEN": TOKEN,
        "GITHUB_RUN_ID": "31",
    }
    command = [sys.executable, "-m", "tools.github.drift", "staging", str(status), str(folder / "said")]
    return subprocess.run(command, cwd=CHECKOUT, env=env, capture_output=True, text=True)


def test_it_is_opened_brought_up_to_date_and_closed(repository: Repository, tmp_path: Path) -> None:
    opened = tell(repository, tmp_path, 7, "~ one change")
    updated = tell(repository, tmp_path, 7, "~ two changes")
    issue = dict(repository.issues[-1])
    closed = tell(repository, tmp_path, 0, "")
    quiet = tell(repository, tmp_path, 0, "")

    assert [(done.returncode, done.stdout) for done in (opened, updated, closed, quiet)] == [
        (1, "staging: drift; issue 121 is opened\n"),
        (1, "staging: drift; issue 121 is up to date\n"),
        (0, "staging: as the stack says again; issue 121 is closed\n"),
        (0, "staging: as the stack says\n"),
    ]
    assert len(repository.issues) == 121
    assert issue["title"] == "Drift in staging"
    assert "~ two changes" in issue["body"]
    assert "~ one change" not in issue["body"]
    assert "https://github.com/example/isthmus/actions/runs/31" in issue["body"]
    assert repository.issues[-1]["state"] == "closed"


def test_the_issue_of_another_environment_and_that_of_a_person_are_left_alone(
    repository: Repository, tmp_path: Path
) -> None:
    marker = "<!-- isthmus-drift staging -->"
    repository.issues[3]["body"] = f"{marker}\nwritten by a person"
    repository.issues[4] |= {"user": {"type": "Bot"}, "body": marker.replace("staging", "production")}
    repository.issues[5] |= {"user": {"type": "Bot"}, "body": marker, "pull_request": {}}

    tell(repository, tmp_path, 7, "~ one change")

    assert repository.calls == ["POST /issues"]


def test_a_check_that_did_not_take_place_fails_and_says_nothing_about_the_cluster(
    repository: Repository, tmp_path: Path
) -> None:
    done = tell(repository, tmp_path, 255, "error: no stack named 'staging' found")

    assert (done.returncode, repository.calls) == (1, [])
    assert done.stderr == "staging: the check itself ended with exit status 255; nobody knows whether it drifted.\n"


def test_what_was_said_cannot_leave_its_block(repository: Repository, tmp_path: Path) -> None:
    tell(repository, tmp_path, 7, "```\n@everybody\n````\n" + "x" * 70_000)

    body = repository.issues[-1]["body"]
    assert len(body) < 65_536
    assert body.count("`````") == 2
    assert body.index("`````") < body.index("@everybody") < body.rindex("`````")
