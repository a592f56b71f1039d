"""`isthmus graph ...`: what a stack would create, without engine, provider or cluster."""

from typing import Final

import click

from isthmus.later import Later

#: Command -> where it is, and the line that `isthmus graph --help` shows without importing it.
COMMANDS: Final = {
    "diff": ("isthmus.graph.diff.command:diff", "What a change of the project would do to every stack."),
    "draw": ("isthmus.graph.draw.command:draw", "A picture of sites and tunnels, or of the resources."),
    "manifests": ("isthmus.graph.manifests_command:manifests", "The objects of a site as YAML, without Secrets."),
    "record": ("isthmus.graph.record_command:record", "Write the graph of each stack into a file."),
}


@click.command(cls=Later, places=COMMANDS)
def graph() -> None:
    """The resources that a stack declares: recorded, compared, drawn. No engine, no cluster, no secret."""
