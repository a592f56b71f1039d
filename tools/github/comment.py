"""`python3 -m tools.github.comment`: the comment of a preview, posted by a job that may, and runs no foreign code.

The preview ran on the code of a pull request, perhaps of a stranger, so whatever its artifact holds is a stranger's:
two members are read, by name and bounded; the number must be that of a pull request from the very branch that the run
was for, which GitHub says and not the artifact; the text is cut and posted, never run. Nothing is unpacked.

From the workflow: RUN_ID, HEAD_SHA, HEAD_BRANCH, HEAD_REPOSITORY (of `github.event.workflow_run`).
"""

import io
import os
import re
import sys
import zipfile
from dataclasses import dataclass
from typing import Final

from isthmus.errors import IsthmusError
from tools.github.api import GitHub, run_url
from tools.github.text import cut, printable

ARTIFACT: Final = "preview-comment"
#: First line of the comment, which nobody sees: `isthmus graph diff` writes it too.
MARKER: Final = "<!-- isthmus-graph-diff -->"
MAX_ARTIFACT_BYTES: Final = 1 << 20
MAX_MEMBER_BYTES: Final = 4 << 20


@dataclass(frozen=True)
class Run:
    """The run of the preview, as GitHub tells of it."""

    id: str
    sha: str
    branch: str
    repository: str
    """OWNER/NAME that the branch is in: a fork's, perhaps."""


def unpacked(archive: bytes) -> tuple[int, str]:
    """Number of the pull request and text of the comment. Raises IsthmusError."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as members:
            number, text = (_member(members, name) for name in ("number", "comment.md"))
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        raise _hostile(f"it is no archive that can be read ({type(error).__name__})") from None
    if not re.fullmatch(rb"[1-9][0-9]{0,8}\n?", number):
        raise _hostile("the number of the pull request is no number")
    return int(number), text.decode("utf-8", errors="replace")


def _hostile(problem: str) -> IsthmusError:
    """An artifact that the preview does not make. Nothing of it is repeated."""
    return IsthmusError(f"the artifact {ARTIFACT} was not made by the preview workflow: {problem}. Nothing is posted.")


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    if name not in archive.namelist():
        raise _hostile(f"it has no {name}")
    with archive.open(name) as member:
        content = member.read(MAX_MEMBER_BYTES + 1)  # what it says of its size may be a lie
    if len(content) > MAX_MEMBER_BYTES:
        raise _hostile(f"{name} is longer than {MAX_MEMBER_BYTES} bytes")
    return content


def body_of(text: str, run_url: str) -> str:
    """The comment: marker, then the text without markers of its own, as long as GitHub takes it."""
    ours = printable(text).replace(MARKER, "").lstrip("\n")
    return f"{MARKER}\n{cut(ours, f'the artifact `{ARTIFACT}` of {run_url}')}"


def post(github: GitHub, run: Run, run_url: str) -> str:
    """Creates or updates the comment; what was done, in one line. Raises IsthmusError."""
    found = github.get(f"/actions/runs/{run.id}/artifacts?name={ARTIFACT}")["artifacts"]
    if not found:
        return f"run {run.id} left no comment: nothing to post"
    newest = max(int(artifact["id"]) for artifact in found)  # a run that was repeated has one of each attempt
    archive = github.download(f"/actions/artifacts/{newest}/zip", MAX_ARTIFACT_BYTES)
    number, text = unpacked(archive)
    head = github.get(f"/pulls/{number}")["head"]
    if ((head["repo"] or {}).get("full_name"), head["ref"]) != (run.repository, run.branch):
        raise _hostile("it names a pull request that the run was not for")
    if head["sha"] != run.sha:
        return f"pull request {number} has moved on since run {run.id}: the comment is that of a later run"
    body = {"body": body_of(text, run_url)}
    comment = _ours(github, number)
    if comment is None:
        github.send("POST", f"/issues/{number}/comments", body)
        return f"commented on pull request {number}"
    github.send("PATCH", f"/issues/comments/{comment}", body)
    return f"updated the comment on pull request {number}"


def _ours(github: GitHub, number: int) -> int | None:
    """The id of our comment: a person who writes our marker is not us."""
    for comment in github.pages(f"/issues/{number}/comments"):
        if comment["user"]["type"] == "Bot" and str(comment["body"]).startswith(MARKER):
            return int(comment["id"])
    return None


def main() -> int:
    """Exit status: 0 if there is a comment or nothing to say, 1 with one message on stderr."""
    try:
        run = Run(*(_given(name) for name in ("RUN_ID", "HEAD_SHA", "HEAD_BRANCH", "HEAD_REPOSITORY")))
        sys.stdout.write(f"{post(GitHub.of_this_job(), run, run_url(run.id))}\n")
    except IsthmusError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _given(name: str) -> str:
    value = os.environ.get(name, "")
    if not value or (name == "RUN_ID" and not value.isdecimal()):
        raise IsthmusError(f"{name}: got {'nothing' if not value else 'no number'}; the workflow sets it.")
    return value


if __name__ == "__main__":
    sys.exit(main())
