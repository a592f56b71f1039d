"""Options that several commands have."""

from pathlib import Path
from typing import Final

import click

#: A command gets it as `root`. It exists; it may be relative.
ROOT: Final = click.option(
    "--root",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    default=Path(),
    show_default="the current folder",
    help="The project's folder: where Pulumi.yaml is.",
)
