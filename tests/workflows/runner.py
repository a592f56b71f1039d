"""Runs the shell steps of a job as GitHub's runner does: same shell, same files, same expressions.

What it cannot run is an action (`uses:`): they live on GitHub. ACTIONS says of each what the test has in its place.
An action, an expression or a condition that it does not know is an error, never a step that is left out.
"""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.workflows.files import workflow

ACTIONS = {
    "actions/checkout": "the folder that the job runs in is a clone that the test made, with real git",
    "actions/setup-python": "the Python of the tests",
    "actions/setup-go": "the Go that built the tests' programs",
    "actions/cache": "the cache of this machine",
    "actions/upload-artifact": "the folder stays where it is, and the test hands it over",
    "pulumi/actions": "the real CLI, built by tools/pulumi, is on PATH",
}
_EXPRESSION = re.compile(r"\$\{\{ ([\w.-]+) \}\}")
_CONDITION = re.compile(r"([\w.-]+) (==|!=) (?:'([^']*)'|([\w.-]+))")


@dataclass
class Ran:
    """What became of a job."""

    done: list[str] = field(default_factory=list)
    """Names of the steps that ran, actions included."""
    skipped: list[str] = field(default_factory=list)
    failed: str = ""
    """The step that ended with another status than 0."""
    said: dict[str, str] = field(default_factory=dict)
    """Shell step -> its output."""
    summary: str = ""


class Job:
    """One job of a workflow, in a folder."""

    def __init__(self, file: str, job: str, folder: Path, *, env: Mapping[str, str], **contexts: Any) -> None:
        """env: beside what the runner sets. contexts: `github`, `secrets`, `vars`, `matrix` as nested mappings."""
        self.described = workflow(file).jobs[job]
        self.folder, self._contexts = folder, {**contexts, "steps": {}}
        self._files = folder.parent / "runner"
        self._files.mkdir(exist_ok=True)
        self._env = {"CI": "true", "RUNNER_TEMP": str(self._files), **env}

    def run(self) -> Ran:
        """All steps, as far as they get; none is left out that GitHub would run."""
        ran = Ran()
        own = {key: self._value(value) for key, value in self.described.get("env", {}).items()}
        for step in self.described["steps"]:
            if not self._wanted(step.get("if", ""), failed=bool(ran.failed)):
                ran.skipped.append(step["name"])
                continue
            ran.done.append(step["name"])
            if "uses" in step:
                assert step["uses"].partition("@")[0] in ACTIONS, f"an action that no test knows: {step['uses']}"
                continue
            status = self._shell(step, own, ran)
            if status and not ran.failed:
                ran.failed = step["name"]
        return ran

    def _shell(self, step: Mapping[str, Any], own: Mapping[str, str], ran: Ran) -> int:
        files = {name: self._files / name for name in ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for path in files.values():
            path.write_text("")
        given = {key: self._value(value) for key, value in step.get("env", {}).items()}
        script = self._files / "step.sh"
        script.write_text(step["run"])
        done = subprocess.run(
            # https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax, `shell: bash`
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.folder,
            env={**self._env, **own, **{name: str(path) for name, path in files.items()}, **given},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        ran.said[step["name"]] = done.stdout
        ran.summary += files["GITHUB_STEP_SUMMARY"].read_text()
        self._env |= _pairs(files["GITHUB_ENV"])
        if "id" in step:
            self._contexts["steps"][step["id"]] = {"outputs": _pairs(files["GITHUB_OUTPUT"])}
        return done.returncode

    def _wanted(self, condition: str, *, failed: bool) -> bool:
        if condition == "always()":
            return True
        return not failed and self.holds(condition)

    def holds(self, condition: str) -> bool:
        """Whether an `if:` of comparisons joined by `&&` is so; an empty one is."""
        parts = [part.strip() for part in condition.split("&&")] if condition else []
        compared = [_CONDITION.fullmatch(part) for part in parts]
        assert all(compared), f"a condition that this runner does not know: {condition}"
        return all((self._lookup(one[1]) == self._other(one)) is (one[2] == "==") for one in compared if one)

    def _other(self, compared: "re.Match[str]") -> str:
        """What a comparison compares with: a text in quotes, or what another context holds."""
        return self._lookup(compared[4]) if compared[4] else str(compared[3])

    def _value(self, text: Any) -> str:
        value = _EXPRESSION.sub(lambda found: self._lookup(found[1]), str(text))
        assert "${{" not in value, f"an expression that this runner does not know: {text}"
        return value

    def _lookup(self, path: str) -> str:
        """As GitHub does: what is not there is empty. A context that no test gave is an error."""
        first, *rest = path.split(".")
        assert first in self._contexts, f"{path}: the test gave no {first}"
        value: Any = self._contexts[first]
        for part in rest:
            value = value.get(part, "") if isinstance(value, Mapping) else ""
        return str(value)


def _pairs(file: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in file.read_text().splitlines())


def machine() -> dict[str, str]:
    """What a step inherits from this machine: no variable of ours, nor of Pulumi's or GitHub's."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
