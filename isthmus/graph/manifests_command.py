"""`isthmus graph manifests`."""

import sys
from pathlib import Path

import click

from isthmus.environment import load
from isthmus.errors import IsthmusError
from isthmus.options import ROOT


@click.command()
@click.option("--stack", required=True, metavar="NAME", help="A stack of stacks/.")
@click.option("--site", required=True, metavar="NAME", help="One of its sites.")
@click.option("--only", type=click.Choice(["install"]), help="What the site's `install` has this stack install.")
@ROOT
def manifests(stack: str, site: str, only: str | None, root: Path) -> None:
    """Print the objects of a site as YAML that kubectl takes; what stands in the site's file decides what there is.

    Secrets are never among them. With --only install: CRDs, PriorityClasses, namespaces and what guards them, the
    controller and its rights: what the operator of a Kubernetes applies where this stack may not.
    """
    import yaml

    from isthmus.graph.foundation import is_installed
    from isthmus.graph.record_command import recorded
    from isthmus.graph.render import manifests as rendered

    root = root.resolve()
    known = [one.name for one in load(root, stack).sites]
    if site not in known:
        raise IsthmusError(f"stack {stack} has no site {site!r}; it has {', '.join(known)}.")
    graph = recorded(root, stack, preview=False)
    found = rendered(graph, site, only=None if only is None else lambda node: is_installed(graph, node))
    found = [each for each in found if each["kind"] != "Secret"]
    if not found:
        file = f"stacks/{stack}/{site}.yaml"
        raise IsthmusError(f"{file}: it installs nothing; to see what there would be, leave `install` out of it.")
    yaml.safe_dump_all(found, sys.stdout, sort_keys=False)
