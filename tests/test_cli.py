"""The command line as a whole: every room and every command that is named is there, and says what it is for."""

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from isthmus.cli import isthmus
from isthmus.later import Later


def commands(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command below a group, with the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        yield f"{path}{name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path}{name} ")


def test_every_command_can_be_imported_and_says_what_it_is_for() -> None:
    found = dict(commands(isthmus))

    assert {path for path, command in found.items() if not command.get_short_help_str()} == set()
    assert {"config check", "graph diff", "graph draw", "graph record", "local up", "reach"} <= found.keys()


def test_a_command_that_is_not_there_is_refused() -> None:
    group = Later("graph", places={})

    with pytest.raises(click.UsageError, match="No such command 'dwar'"):
        group.resolve_command(click.Context(group), ["dwar"])


def test_the_package_can_be_run_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "isthmus", "graph", "--help"], capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")
    assert {line.split()[0] for line in done.stdout.partition("Commands:")[2].splitlines() if line} >= {
        "diff",
        "record",
    }


def test_a_package_that_is_not_installed_is_named_with_the_way_to_have_it() -> None:
    script = "import sys; sys.modules['pulumi'] = None; from isthmus.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", script, "graph", "record"], capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "isthmus: this command needs pulumi; install it: pip install 'isthmus[deploy]'\n"
