"""`python3 -m tools.github.drift STACK STATUS FILE`: what the weekly check has found, in one issue per environment.

STATUS is the exit status of `pulumi preview --refresh --expect-no-changes`, FILE what it said (Pulumi masks secrets).
Changes: the environment's issue is opened, or brought up to date. None: an open one is closed. Any other status is a
check that did not take place: it says nothing about the cluster, and the issue stays as it is.
"""

import os
import sys
from pathlib import Path
from typing import Final

from isthmus.errors import IsthmusError
from tools.github.api import GitHub, run_url
from tools.github.text import cut, fenced, printable

NO_CHANGES: Final = 0
CHANGES: Final = 7
"""pulumi/pulumi, cmd/exit_codes.go: --expect-no-changes found some."""


def marker(stack: str) -> str:
    """First line of the issue, which nobody sees."""
    return f"<!-- isthmus-drift {stack} -->"


def body_of(stack: str, said: str, run_url: str) -> str:
    """The issue's text."""
    shown = fenced(cut(printable(said), run_url))
    return (
        f"{marker(stack)}\nThe clusters of `{stack}` are not what its stack says. Somebody changed them by hand, or an "
        f"update did not end. `pulumi up --refresh` makes them so again; or change the stack. Found by {run_url}\n\n"
        f"<details><summary>What a refreshed preview would do</summary>\n\n{shown}\n</details>\n"
    )


def tell(github: GitHub, stack: str, status: int, said: str, run_url: str) -> str:
    """What was done, in one line. Raises IsthmusError."""
    issue = _ours(github, stack)
    if status == NO_CHANGES:
        if issue is None:
            return f"{stack}: as the stack says"
        github.send("POST", f"/issues/{issue}/comments", {"body": f"As the stack says again: {run_url}"})
        github.send("PATCH", f"/issues/{issue}", {"state": "closed"})
        return f"{stack}: as the stack says again; issue {issue} is closed"
    text = {"title": f"Drift in {stack}", "body": body_of(stack, said, run_url)}
    if issue is None:
        return f"{stack}: drift; issue {github.send('POST', '/issues', text)['number']} is opened"
    github.send("PATCH", f"/issues/{issue}", text)
    return f"{stack}: drift; issue {issue} is up to date"


def _ours(github: GitHub, stack: str) -> int | None:
    for issue in github.pages("/issues?state=open"):
        ours = issue["user"]["type"] == "Bot" and str(issue["body"] or "").startswith(marker(stack))
        if ours and "pull_request" not in issue:
            return int(issue["number"])
    return None


def main(arguments: list[str]) -> int:
    """Exit status: 0 if there is no drift, 1 if there is, or if nobody knows."""
    try:
        stack, status, file = _read(arguments)
        if status not in (NO_CHANGES, CHANGES):
            raise IsthmusError(
                f"{stack}: the check itself ended with exit status {status}; nobody knows whether it drifted."
            )
        url = run_url(os.environ.get("GITHUB_RUN_ID", "0"))
        sys.stdout.write(f"{tell(GitHub.of_this_job(), stack, status, file.read_text(errors='replace'), url)}\n")
    except IsthmusError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 1 if status == CHANGES else 0


def _read(arguments: list[str]) -> tuple[str, int, Path]:
    match arguments:
        case [stack, status, file] if status.isdecimal() and Path(file).is_file():
            return stack, int(status), Path(file)
    raise IsthmusError("expected STACK, the exit status of the preview, and a file with what it said.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
