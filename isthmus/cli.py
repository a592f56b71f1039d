"""The command line: `isthmus ROOM COMMAND`. Commands live in their room and are imported when called."""

import sys
from typing import Final

try:
    import click
except ModuleNotFoundError as missing:
    sys.exit(f"isthmus: the command line needs {missing.name}; install it: pip install 'isthmus[deploy]'")

from isthmus.errors import IsthmusError
from isthmus.later import Later

#: Room -> where its click group is, and the line that `isthmus --help` shows without importing it.
ROOMS: Final = {
    "config": ("isthmus.config.commands:config", "The stack files: checked, shown, described for editors."),
    "graph": ("isthmus.graph.commands:graph", "What a stack declares: recorded, compared, drawn."),
    "local": ("isthmus.local.commands:local", "Data centres on this machine."),
    "reach": ("isthmus.reach:reach", "Whether every API server of an environment answers."),
}


@click.command(cls=Later, places=ROOMS)
@click.version_option(package_name="isthmus")
def isthmus() -> None:
    """One Dask cluster over several data centres: work runs where the data is."""


def main() -> None:
    """Entry point. An IsthmusError, or a package that is not installed, is one message on stderr and exit status 1.

    ^C is exit status 130.
    """
    try:
        status = isthmus.main(standalone_mode=False)
    except IsthmusError as error:
        sys.exit(f"isthmus: {error}")
    except ModuleNotFoundError as missing:
        package = (missing.name or "isthmus").partition(".")[0]
        if package == "isthmus":
            raise
        sys.exit(f"isthmus: this command needs {package}; install it: pip install 'isthmus[deploy]'")
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    sys.exit(status if isinstance(status, int) else 0)
