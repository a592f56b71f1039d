"""What must hold for every workflow: rules over its data, each a sentence per mistake."""

import re
from collections.abc import Iterator
from typing import Any

from tests.workflows.files import Workflow

#: Who may what: whole values, so that a right that is added anywhere is a change here too.
PERMISSIONS: dict[tuple[str, str], dict[str, str]] = {
    ("ci.yml", "test"): {"contents": "read"},
    ("comment.yml", "comment"): {"actions": "read", "contents": "read", "pull-requests": "write"},
    ("deploy.yml", "production"): {"contents": "read"},
    ("deploy.yml", "staging"): {"contents": "read"},
    ("drift.yml", "drift"): {"contents": "read", "issues": "write"},
    ("preview.yml", "graph"): {"contents": "read"},
    ("preview.yml", "stack"): {"contents": "read"},
}
_PINNED = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
#: What stands for itself in a line of shell, and so could be a stranger's words there.
_EXPRESSION = "${{"


def mistakes(workflow: Workflow) -> Iterator[str]:
    """Every mistake of one workflow."""
    yield from _pins(workflow)
    yield from _triggers(workflow)
    yield from _rights(workflow)
    for job, step in workflow.steps():
        for problem in _step(step):
            yield f"{job}: {step.get('name', step)}: {problem}"


def _pins(workflow: Workflow) -> Iterator[str]:
    for line in workflow.text.splitlines():
        if re.search(r"\buses:", line) and not _PINNED.search(line):
            yield f"not pinned by digest with its version beside it: {line.strip()}"


def _triggers(workflow: Workflow) -> Iterator[str]:
    triggers = workflow.triggers
    if "pull_request_target" in triggers:
        yield "pull_request_target runs with the secrets of this repository"
    if "workflow_run" in triggers:
        for job, step in workflow.steps():
            if _action(step) == "actions/checkout" and step.get("with", {}).keys() & {"ref", "repository"}:
                yield f"{job}: checks out something else than the default branch, and may write"


def _rights(workflow: Workflow) -> Iterator[str]:
    if workflow.data.get("permissions") != {}:
        yield "permissions at the top are not {}"
    for job, described in workflow.jobs.items():
        if described.get("permissions") != PERMISSIONS.get((workflow.file, job)):
            yield f"{job}: other permissions than the table of this test has"
        if "secrets." in str(described.get("env", "")):
            yield f"{job}: every step of the job is given a secret"
        if "timeout-minutes" not in described:
            yield f"{job}: no time limit"


def _step(step: Any) -> Iterator[str]:
    if "name" not in step:
        yield "it has no name"
    if _EXPRESSION in str(step.get("run", "")):
        yield "an expression in a line of shell; hand it over in env"
    if _action(step) == "actions/checkout" and step.get("with", {}).get("persist-credentials") is not False:
        yield "the token stays in .git/config"
    if "uses" in step and "secrets." in str({**step.get("with", {}), **step.get("env", {})}):
        yield "a secret for an action of somebody else"


def _action(step: Any) -> str:
    return str(step.get("uses", "")).partition("@")[0]
