"""`isthmus graph draw`."""

import sys
from pathlib import Path
from typing import Final

import click

from isthmus.environment import load
from isthmus.errors import IsthmusError
from isthmus.options import ROOT

#: What a file is called -> its format. Another name, such as page.md, says nothing.
SUFFIXES: Final = {".svg": "svg", ".mmd": "mermaid", ".mermaid": "mermaid"}


@click.command()
@click.option("--stack", required=True, metavar="NAME", help="A stack of stacks/.")
@click.option(
    "--of",
    "subject",
    type=click.Choice(["sites", "resources"]),
    default="sites",
    show_default=True,
    help="Sites, tunnels, pools and data; or what Pulumi is asked for, by component.",
)
@click.option("--site", metavar="NAME", help="Of the resources only those of this site, with their names.")
@click.option(
    "--format",
    "stated",
    type=click.Choice(["mermaid", "svg"]),
    show_default="what the name of the file says, else mermaid",
)
@ROOT
@click.option("--out", default="-", show_default=True, metavar="FILE|-", help="`-` is standard output.")
def draw(stack: str, subject: str, site: str | None, stated: str | None, root: Path, out: str) -> None:
    """Draw a stack as Mermaid or SVG text, from its files alone: no engine, no cluster, no secret."""
    if subject == "sites" and site is not None:
        raise click.UsageError("--site goes with --of resources; the picture of the sites shows them all.")
    kind = _kind(stated, out)
    text = _sites(root, stack, kind) if subject == "sites" else _resources(root, stack, site, kind)
    if out == "-":
        sys.stdout.write(text)
        return
    try:
        Path(out).write_text(text)
    except OSError as error:
        raise IsthmusError(f"{out}: {error.strerror}; --out names a file in a folder that exists.") from None


def _kind(stated: str | None, out: str) -> str:
    """The format that is asked for, by name or by the file's suffix. Raises UsageError if the two contradict."""
    named = SUFFIXES.get(Path(out).suffix.lower())
    if stated and named and stated != named:
        raise click.UsageError(f"--out {out} is a name for {named}, but --format says {stated}; leave one of them out.")
    return stated or named or "mermaid"


def _sites(root: Path, stack: str, kind: str) -> str:
    from isthmus.graph.draw import sites

    environment = load(root.resolve(), stack)
    return sites.svg(environment) if kind == "svg" else sites.mermaid(environment)


def _resources(root: Path, stack: str, site: str | None, kind: str) -> str:
    from isthmus.graph.draw import resources
    from isthmus.graph.record_command import recorded

    graph = recorded(root.resolve(), stack, preview=False)
    return resources.svg(graph, site) if kind == "svg" else resources.mermaid(graph, site)
