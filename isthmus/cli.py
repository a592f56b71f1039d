"""The command line: `isthmus ROOM COMMAND`. Commands live in their room and are imported when called."""

import importlib
import sys
from typing import Final

try:
    import click
except ModuleNotFoundError as missing:
    sys.exit(f"isthmus: the command line needs {missing.name}; install it: pip install 'isthmus[deploy]'")

from isthmus.errors import IsthmusError

#: Room -> where its click group is, and the line that `isthmus --help` shows without importing it.
ROOMS: Final = {
    "local": ("isthmus.local.commands:local", "Data centres on this machine."),
}


class _Rooms(click.Group):
    """A group whose subcommands are imported one by one, when called: `isthmus --help` imports none."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return sorted(ROOMS)

    def get_command(self, _context: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in ROOMS:
            return None
        module, _, attribute = ROOMS[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, ROOMS[name][1]) for name in sorted(ROOMS)])


@click.command(cls=_Rooms)
@click.version_option(package_name="isthmus")
def isthmus() -> None:
    """One Dask cluster over several data centres: work runs where the data is."""


def main() -> None:
    """Entry point. An IsthmusError is one message on stderr and exit status 1; ^C is exit status 130."""
    try:
        status = isthmus.main(standalone_mode=False)
    except IsthmusError as error:
        sys.exit(f"isthmus: {error}")
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    sys.exit(status if isinstance(status, int) else 0)
