"""The test program as a project of its own, in a folder of the test."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from tools.pulumi.engine import Engine

PROGRAM = Path(__file__).parent / "program"


class Project:
    """A private copy of `program/` and the engine that runs it."""

    def __init__(self, folder: Path, kubeconfig: Path) -> None:
        shutil.copytree(PROGRAM, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        self.stack_file = folder / "stacks" / "Pulumi.test.yaml"
        self.first_kubeconfig = str(kubeconfig)
        self._settings: dict[str, Any] = {"kubeconfig": self.first_kubeconfig}
        self.configure()
        self.engine = Engine(folder, "test")

    def configure(self, **settings: Any) -> None:
        """Writes the committed stack file, comment and all; settings given before stay."""
        self._settings |= settings
        config = {f"engine-test:{key}": value for key, value in self._settings.items()}
        text = yaml.safe_dump({"config": {"pulumi:disable-default-providers": ["*"], **config}})
        self.stack_file.parent.mkdir(exist_ok=True)
        self.stack_file.write_text(f"# what a person wrote\n{text}")

    def plan(self, *args: str, expect: int = 0) -> dict[str, set[str]]:
        """What a preview would do: operation -> logical names."""
        return planned(self.engine.ask("preview", "--json", *args, expect=expect).out)

    def resources(self) -> dict[str, str]:
        """The state: logical name -> id; empty for a component."""
        state = json.loads(self.engine.state_file.read_text())
        return {
            found["urn"].rpartition("::")[2]: found.get("id", "")
            for found in state["checkpoint"]["latest"].get("resources", [])
        }

    def cli_alone(self, *args: str) -> "subprocess.CompletedProcess[str]":
        """The CLI on the same stack and state, without what our engine does around it."""
        given = (
            "--non-interactive",
            "--config-file",
            str(self.engine.root / ".isthmus/pulumi/project/Pulumi.test.yaml"),
        )
        return subprocess.run(
            [str(self.engine.companions.cli), *args, *given],
            cwd=self.engine.root,
            env=self.engine.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, secrets in the clear."""
        answer = self.engine.ask("stack", "output", "--json", "--show-secrets").out
        outputs: dict[str, Any] = json.loads(answer)
        return outputs


def planned(answer: str) -> dict[str, set[str]]:
    """Operation -> logical names, of `preview --json`."""
    found: dict[str, set[str]] = {}
    for step in json.loads(answer)["steps"]:
        if step["op"] not in ("same", "refresh"):
            found.setdefault(step["op"], set()).add(step["urn"].rpartition("::")[2])
    return found
