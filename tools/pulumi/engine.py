"""The Pulumi engine for one environment of one project on this machine.

root/.isthmus/pulumi/
    passphrase    0600; what the state's secrets are encrypted with
    state/        the stack's state: a file backend
    home/         PULUMI_HOME: plugins, logs
    project/      a project of the same name in which the stack is initialised (stack_file.py says why)
"""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from isthmus.errors import IsthmusError
from tools.pulumi.companions import install
from tools.pulumi.locks import drop_stale
from tools.pulumi.stack_file import StackFile, uses_plugins

#: Exit status of `preview --expect-no-changes` that found changes (pulumi/pulumi, cmd/exit_codes.go).
CHANGES_FOUND: Final = 7
#: Resources worked on at once. The CLI's default, four per core, is used up by Deployments that only wait.
PARALLEL: Final = 64
#: How long an interrupted update may take to end: the requests under way, then the state.
STOP_S: Final = 30.0
#: Would send the CLI to another stack, state or plugin than this engine's.
_NOT_OURS: Final = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE", "PULUMI_DEBUG_PROVIDERS")


class PulumiFailed(IsthmusError):
    """The CLI ended with another exit status than expected."""

    def __init__(self, arguments: Sequence[str], status: int, output: str) -> None:
        self.status, self.output = status, output
        super().__init__(f"pulumi {' '.join(arguments)}: exit status {status}\n{output}")


@dataclass(frozen=True)
class Result:
    """What the CLI answered."""

    status: int
    out: str
    err: str


class Engine:
    """Runs the CLI on a project's stack; the stack is made with the first call that needs it."""

    def __init__(self, root: Path, env: str) -> None:
        """root: the folder of Pulumi.yaml. Builds the CLI if need be. Raises IsthmusError."""
        self.root, self.env = root.resolve(), env
        self._folder = self.root / ".isthmus" / "pulumi"
        self._project = self._read_project()
        for folder in (self._folder, self._state, self._folder / "home", self._folder / "project"):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.companions = install(self._folder / "home")
        self._file = StackFile(self.root, self._project, env, self._folder / "project")

    @property
    def state_file(self) -> Path:
        """The stack's state. It exists once the stack does."""
        return self._state / ".pulumi" / "stacks" / str(self._project["name"]) / f"{self.env}.json"

    @property
    def environment(self) -> dict[str, str]:
        """The CLI's environment variables: with them, any `pulumi` works on this stack."""
        # A committed file with secrets of its own was encrypted with the user's passphrase, not with ours.
        inherited = {} if self._file.has_own_secrets else dict.fromkeys(_NOT_OURS)
        ours = {
            "PULUMI_HOME": str(self._folder / "home"),
            "PULUMI_BACKEND_URL": f"file://{self._state}",
            "PULUMI_STACK": self.env,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_PARALLEL": str(PARALLEL),
            **self.companions.environment,
        }
        kept = {key: value for key, value in os.environ.items() if key not in inherited}
        if not {"PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"} & kept.keys():
            ours["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(self._passphrase())
        return kept | ours

    def run(self, *args: str) -> int:
        """Runs `pulumi ARGS` in the terminal that we have; its exit status."""
        command = self._command(args)
        sys.stderr.write(self._notice(args))
        with subprocess.Popen(command, cwd=self.root, env=self.environment) as child:
            while True:
                # Ctrl-C reaches the CLI too, which ends in good order at the first and at once at the second.
                with contextlib.suppress(KeyboardInterrupt):
                    return child.wait()

    def ask(self, *args: str, expect: int | None = 0) -> Result:
        """Runs `pulumi ARGS` without asking anybody anything. Raises PulumiFailed unless it ends with `expect`."""
        cli, *told = self._command(args)
        with subprocess.Popen(
            [cli, "--non-interactive", "--color", "never", *told],
            cwd=self.root,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as child:
            try:
                out, err = child.communicate()
            except BaseException as error:
                _end(child, told=isinstance(error, KeyboardInterrupt))  # the terminal sends Ctrl-C to both
                raise
        if expect is not None and child.returncode != expect:
            raise PulumiFailed(args, child.returncode, out + err)
        return Result(child.returncode, out, self._notice(args) + err)

    def up(self, *args: str) -> Result:
        """Creates and changes what the program declares, without asking."""
        return self.ask("up", "--yes", "--skip-preview", *args)

    def settled(self, *args: str) -> bool:
        """Whether a preview finds nothing to do. Raises PulumiFailed if there is no preview."""
        told = ("preview", "--expect-no-changes", *args)
        result = self.ask(*told, expect=None)
        if result.status not in (0, CHANGES_FOUND):
            raise PulumiFailed(told, result.status, result.out + result.err)
        return result.status == 0

    def destroy(self, *args: str) -> Result:
        """Deletes everything that the stack made, without asking. The stack stays, empty."""
        return self.ask("destroy", "--yes", "--skip-preview", *args)

    @property
    def _state(self) -> Path:
        return self._folder / "state"

    def _command(self, args: Sequence[str]) -> list[str]:
        for word, value in zip(args, [*args[1:], ""], strict=True):
            if word in ("--stack", "-s") or word.startswith("--stack="):
                stack = word.partition("=")[2] or value or "NAME"
                raise IsthmusError(
                    f"--stack {stack}: the stack here is that of the environment, {self.env}; name another "
                    f"environment before the command: isthmus local pulumi --env {stack} preview"
                )
        drop_stale(self._state)
        if not self.state_file.exists() or not self._file.has_salt:
            self._init()
        return [str(self.companions.cli), *self._file.arguments(args)]

    def _notice(self, args: Sequence[str]) -> str:
        """Said once a command, not by each plugin of each of its steps."""
        if not self.companions.stand_ins or not uses_plugins(args):
            return ""
        return f"Not the official plugins: stand-ins of this repository for {', '.join(self.companions.stand_ins)}.\n"

    def _init(self) -> None:
        folder = self._folder / "project"
        described = {key: self._project[key] for key in ("name", "runtime")}
        (folder / "Pulumi.yaml").write_text(yaml.safe_dump(described))
        command = [str(self.companions.cli), "--non-interactive", "stack", "init", self.env]
        done = subprocess.run(
            command, cwd=folder, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        if done.returncode:
            raise PulumiFailed(command[1:], done.returncode, done.stdout + done.stderr)

    def _passphrase(self) -> Path:
        path = self._folder / "passphrase"
        if not path.exists():
            fresh = path.with_name(f".passphrase.{os.getpid()}")
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(32))
            fresh.rename(path)
        return path

    def _read_project(self) -> Mapping[str, Any]:
        path = self.root / "Pulumi.yaml"
        if not path.is_file():
            raise IsthmusError(f"{path}: no such file; expected the folder of a Pulumi project.")
        document: Mapping[str, Any] = yaml.safe_load(path.read_text())
        return document


def _end(child: "subprocess.Popen[str]", *, told: bool) -> None:
    """Lets an update stop in good order, so that its state says what it made; kills a CLI that takes too long."""
    if not told:  # a second signal would end it at once
        child.send_signal(signal.SIGINT)
    try:
        child.communicate(timeout=STOP_S)
    except subprocess.TimeoutExpired:
        child.kill()


def forget(root: Path) -> None:
    """Removes state, passphrase and plugins of a project. What a stack made, and did not destroy, stays as it is."""
    shutil.rmtree(root / ".isthmus" / "pulumi", ignore_errors=True)
