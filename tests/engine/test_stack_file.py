"""The CLI gets the committed configuration and our salt; the user's tree gets neither salt nor rewriting."""

import json
import os
import socket
from pathlib import Path

import pytest
import yaml

from tests.engine.ended import ended_pid
from tools.pulumi.locks import drop_stale
from tools.pulumi.stack_file import StackFile

COMMITTED = "# a comment\nconfig:\n  a:b: c\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("stacks", "private"):
        (tmp_path / name).mkdir()
    (tmp_path / "stacks" / "Pulumi.local.yaml").write_text(COMMITTED)
    (tmp_path / "private" / "Pulumi.local.yaml").write_text("encryptionsalt: v1:salt\n")
    return tmp_path


def stack_file(folder: Path) -> StackFile:
    return StackFile(folder, {"stackConfigDir": "stacks"}, "local", folder / "private")


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["up", "--yes"], True),
        (["--color", "always", "preview"], True),
        (["config", "get", "a:b"], True),
        (["config", "set", "a:b", "d"], False),
        (["stack", "output"], False),
        (["stack", "import", "--file", "up"], False),
        (["up", "--config-file", "mine.yaml"], False),
    ],
)
def test_commands_that_read_the_configuration_get_the_copy(folder: Path, args: list[str], told: bool) -> None:
    file = stack_file(folder)

    arguments = file.arguments(args)

    assert arguments == [*args, "--config-file", str(file.private)] if told else arguments == args
    assert file.committed.read_text() == COMMITTED


def test_the_copy_is_the_committed_text_of_this_moment_and_the_salt(folder: Path) -> None:
    file = stack_file(folder)
    file.arguments(["up"])
    file.committed.write_text("config: {a:b: d}\n")

    file.arguments(["up"])

    assert yaml.safe_load(file.private.read_text()) == {"encryptionsalt": "v1:salt", "config": {"a:b": "d"}}


def test_what_follows_two_dashes_stays_last(folder: Path) -> None:
    arguments = stack_file(folder).arguments(["import", "--", "-x"])

    assert arguments[-2:] == ["--", "-x"]


def test_removing_the_stack_leaves_the_committed_file(folder: Path) -> None:
    assert stack_file(folder).arguments(["stack", "rm", "--yes"]) == ["stack", "rm", "--yes", "--preserve-config"]


def test_a_file_with_secrets_of_its_own_is_used_as_it_is(folder: Path) -> None:
    file = stack_file(folder)
    file.committed.write_text(f"encryptionsalt: v1:own\n{COMMITTED}")

    assert file.has_own_secrets
    assert file.arguments(["up"]) == ["up"]


def test_only_a_lock_of_a_living_process_stays(tmp_path: Path) -> None:
    here = socket.gethostname()
    locks = tmp_path / ".pulumi" / "locks" / "organization" / "p" / "s"
    locks.mkdir(parents=True)
    for name, content in {
        "living.json": json.dumps({"pid": os.getpid(), "hostname": here}),
        "dead.json": json.dumps({"pid": ended_pid(), "hostname": here}),
        "elsewhere.json": json.dumps({"pid": ended_pid(), "hostname": f"not-{here}"}),
        "half-written.json": '{"pid": 2',
    }.items():
        (locks / name).write_text(content)

    assert drop_stale(tmp_path) == [locks / "dead.json"]
    assert {file.name for file in locks.iterdir()} == {"living.json", "elsewhere.json", "half-written.json"}
