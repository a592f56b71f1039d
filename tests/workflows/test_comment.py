"""The comment of a preview: one per pull request, found again, cut, and never what a hostile artifact wants."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from isthmus.local.binaries import CHECKOUT
from tests.workflows.github_server import ATTEMPT, REPOSITORY, TOKEN, Repository, archive, comment, github
from tests.workflows.runner import Job, Ran, machine
from tools.github.comment import MARKER, MAX_ARTIFACT_BYTES
from tools.github.text import MAX_CHARACTERS

pytestmark = pytest.mark.slow

SHA, BRANCH = "5" * 40, "more-workers"
TEXT = f"{MARKER}\n## What would change\n"


@pytest.fixture
def repository() -> Iterator[Repository]:
    """A repository with pull request 7 of a fork, whose preview was run 31."""
    with github() as running:
        running.pull(7, SHA, BRANCH, "stranger/isthmus")
        running.artifacts["31"] = archive(number="7\n", comment_md=TEXT)
        yield running


@pytest.fixture
def post(repository: Repository, tmp_path: Path) -> "Posting":
    return Posting(repository, tmp_path)


class Posting:
    """The job of comment.yml, run as often as wanted."""

    def __init__(self, repository: Repository, folder: Path) -> None:
        self.repository, self.folder = repository, folder

    def __call__(self, token: str = TOKEN) -> Ran:
        run = {
            "id": 31,
            "event": "pull_request",
            "conclusion": "success",
            "head_sha": SHA,
            "head_branch": BRANCH,
            "head_repository": {"full_name": "stranger/isthmus"},
        }
        (self.folder / "clone").mkdir(exist_ok=True)
        for name in ("tools", "isthmus"):  # as the checkout of the default branch has them
            if not (self.folder / "clone" / name).exists():
                (self.folder / "clone" / name).symlink_to(CHECKOUT / name)
        job = Job(
            "comment.yml",
            "comment",
            self.folder / "clone",
            env={**machine(), "GITHUB_API_URL": self.repository.url, "GITHUB_REPOSITORY": REPOSITORY},
            github={"event": {"workflow_run": run}, "token": token},
        )
        assert job.holds(job.described["if"])
        return job.run()


def test_it_is_written_once_and_then_brought_up_to_date(repository: Repository, post: Posting) -> None:
    first = post()
    repository.artifacts["31"] = archive(number="7", comment_md=f"{MARKER}\n## Something else\n")
    second = post()

    assert (first.failed, first.said["Post"]) == ("", "commented on pull request 7\n")
    assert (second.failed, second.said["Post"]) == ("", "updated the comment on pull request 7\n")
    assert repository.comments[7] == [comment(1, f"{MARKER}\n## Something else\n", kind="Bot")]
    assert repository.calls == ["POST /issues/7/comments", "PATCH /issues/comments/1"]


def test_it_is_found_beyond_the_first_hundred_and_no_person_can_take_its_place(
    repository: Repository, post: Posting
) -> None:
    talk = [comment(number, "no") for number in range(1, 250)]
    pretender = comment(250, f"{MARKER}\nnot a bot")
    ours = comment(251, f"{MARKER}\nold", kind="Bot")
    repository.comments[7] = [*talk, pretender, ours]

    post()

    assert repository.comments[7] == [*talk, comment(250, f"{MARKER}\nnot a bot"), comment(251, TEXT, kind="Bot")]


def test_a_long_one_is_cut_where_a_line_ends_and_what_is_open_is_closed(repository: Repository, post: Posting) -> None:
    lines = [f"resource {number}" for number in range(6000)]
    text = "\n".join(["## Resources", "<details><summary>all</summary>", "", "```", *lines])
    repository.artifacts["31"] = archive(number="7", comment_md=text)

    ran = post()

    (made,) = repository.comments[7]
    body = made["body"]
    shown, _, end = body.partition("\n```\n</details>\n\n**Cut here**: ")
    assert ran.failed == ""
    assert shown.splitlines()[-1] in lines
    assert MAX_CHARACTERS - 50 < len(shown) < MAX_CHARACTERS + 50
    assert end == (
        f"{len(shown) - len(MARKER) - 1} of {len(text)} characters. The rest: the artifact `preview-comment` of "
        "https://github.com/example/isthmus/actions/runs/31\n"
    )


def test_what_would_show_something_else_than_it_is_is_left_out(repository: Repository, post: Posting) -> None:
    repository.artifacts["31"] = archive(number="7", comment_md=f"a\x00b\x1b[31mc\u202ed\r\n{MARKER}e")

    post()

    assert repository.comments[7][0]["body"] == f"{MARKER}\nab[31mcd\ne"


def test_of_a_run_that_was_repeated_the_last_attempt_counts(repository: Repository, post: Posting) -> None:
    repository.artifacts[str(31 + ATTEMPT)] = archive(number="7", comment_md=f"{MARKER}\nagain\n")

    post()

    assert repository.comments[7] == [comment(1, f"{MARKER}\nagain\n", kind="Bot")]


def test_a_preview_that_left_nothing_is_one_line(repository: Repository, post: Posting) -> None:
    repository.artifacts.clear()

    ran = post()

    assert (ran.failed, ran.said["Post"]) == ("", "run 31 left no comment: nothing to post\n")
    assert repository.calls == []


def test_the_comment_of_an_older_push_does_not_replace_that_of_a_newer(repository: Repository, post: Posting) -> None:
    repository.pull(7, "6" * 40, BRANCH, "stranger/isthmus")

    ran = post()

    assert ran.said["Post"].startswith("pull request 7 has moved on since run 31")
    assert (ran.failed, repository.calls) == ("", [])


HOSTILE = [
    ("a number that is a path", archive(number="7/../../issues/1", comment_md=TEXT), "is no number"),
    ("a number that is a line of shell", archive(number="$(id)", comment_md=TEXT), "is no number"),
    ("a number and more", archive(number="7\n8", comment_md=TEXT), "is no number"),
    ("the pull request of somebody else", archive(number="8", comment_md=TEXT), "that the run was not for"),
    ("a pull request of the same branch's name here", archive(number="9", comment_md=TEXT), "that the run was not for"),
    ("no number", archive(comment_md=TEXT), "it has no number"),
    ("no comment", archive(number="7"), "it has no comment.md"),
    ("no archive", b"PK\x03\x04 is how one begins", "no archive that can be read"),
    ("a bomb", archive(number="7", comment_md=b"\n" * (5 << 20)), "comment.md is longer than 4194304 bytes"),
    ("a heavy one", b"0" * (MAX_ARTIFACT_BYTES + 1), "longer than 1048576 bytes; refused"),
]


@pytest.mark.parametrize(("artifact", "problem"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_a_hostile_artifact_is_refused_in_one_line_and_nothing_is_posted(
    repository: Repository, post: Posting, artifact: bytes, problem: str
) -> None:
    repository.pull(8, SHA, "another-branch", "stranger/isthmus")
    repository.pull(9, SHA, BRANCH)
    repository.artifacts["31"] = artifact

    ran = post()

    assert ran.failed == "Post"
    assert problem in ran.said["Post"]
    assert len(ran.said["Post"].splitlines()) == 1
    assert repository.calls == []


def test_a_token_that_may_not_is_named_and_not_shown(repository: Repository, post: Posting) -> None:
    ran = post(token="ghs_of_another_job")

    assert ran.failed == "Post"
    assert ran.said["Post"] == ("GitHub: GET /actions/runs/31/artifacts?name=preview-comment: 401 Bad credentials\n")
