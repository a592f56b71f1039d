"""`isthmus local ...`: data centres on this machine, for the project in the current folder."""

import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from isthmus.errors import IsthmusError
from isthmus.local.binaries import CHECKOUT
from isthmus.local.wan import DEFAULT_MBYTES_PER_S
from isthmus.local.world import World

#: Arguments after the site's name belong to the command there.
_PASS_ON = {"ignore_unknown_options": True, "allow_interspersed_args": False}


def project() -> Path:
    """The folder with Pulumi.yaml: the current one or the nearest above. Raises IsthmusError if there is none."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if os.path.isfile(folder / "Pulumi.yaml"):  # noqa: PTH113 (Path.is_file raises where we may not look)
            return folder
    raise IsthmusError(f"{here}: no Pulumi.yaml here or above; run it in a project folder.")


@click.group()
def local() -> None:
    """Data centres on this machine: each a whole Kubernetes, joined by a WAN of known speed. Linux, as root."""


@local.command()
@click.option(
    "--env", "environment", default="local", show_default=True, help="The environment of stacks/ to bring up."
)
@click.option(
    "--ports",
    type=click.Choice(["fixed", "auto"]),
    default="fixed",
    show_default=True,
    help="On 127.0.0.1: the usual ones, or any that are free.",
)
@click.option(
    "--wan", type=click.FloatRange(min=0.1), default=DEFAULT_MBYTES_PER_S, show_default=True, help="MB/s of each link."
)
def up(environment: str, ports: str, wan: float) -> None:
    """Bring every site up and leave it running."""
    from isthmus.local.centres import DataCentres

    started = time.monotonic()

    def show(facts: Mapping[str, Any]) -> None:
        click.echo(f"{time.monotonic() - started:5.1f} s  {facts['site']}: {facts['phase']}", err=True)

    centres = DataCentres(project(), environment, free_ports=ports == "auto", mbytes_per_s=wan, report=show)
    centres.start()
    centres.detach()
    _show(centres.status())


@local.command()
def down() -> None:
    """End everything; what is on disk stays for the next `up`."""
    World(project()).down()


@local.command()
@click.option("--json", "as_json", is_flag=True, help="Everything, for programs.")
def status(as_json: bool) -> None:
    """Show the sites, their doors on 127.0.0.1 and the bytes that crossed the WAN."""
    found = World(project()).status()
    if as_json:
        click.echo(json.dumps(found, indent=2))
    else:
        _show(found)


@local.command("exec", context_settings=_PASS_ON)
@click.argument("site")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def exec_(site: str, command: tuple[str, ...]) -> None:
    """Run COMMAND on the node of SITE; `kubectl` there is that site's."""
    words, environment = World(project()).command_in(site, command)
    os.execvpe(words[0], words, environment)  # noqa: S606 (it has the terminal, and ^C, to itself)


@local.command()
@click.argument("site")
@click.argument("program", required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on as it grows.")
def logs(site: str, program: str | None, follow: bool) -> None:
    """Show the log of a PROGRAM of SITE (kubelet, etcd, ...), or name those that have one."""
    state = World(project()).state
    folder = state / site / "logs"
    known = sorted(path.stem for path in folder.glob("*.log"))
    if not known:
        sites = sorted(path.parent.name for path in state.glob("*/logs"))
        raise IsthmusError(f"no logs of {site}; there are those of: {', '.join(sites) or 'no site yet'}.")
    if program is None:
        click.echo("\n".join(known))
    elif program not in known:
        raise IsthmusError(f"{site} has no program {program}; there are: {', '.join(known)}.")
    else:
        tail = ["tail", "-n", "+1", *(["-f"] if follow else []), str(folder / f"{program}.log")]
        os.execvp(tail[0], tail)  # noqa: S606 (tail is better at this than we are)


@local.command()
@click.argument("site")
def partition(site: str) -> None:
    """Cut SITE off the WAN, as if somebody had pulled its cable."""
    World(project()).partition(site)


@local.command()
@click.argument("site")
def heal(site: str) -> None:
    """Join SITE to the WAN again."""
    World(project()).heal(site)


@local.command(context_settings=_PASS_ON)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def pulumi(arguments: tuple[str, ...]) -> None:
    """Run the Pulumi CLI on this project with everything it needs: `isthmus local pulumi up`."""
    if not (CHECKOUT / "tools" / "pulumi").is_dir():
        raise IsthmusError(
            "the Pulumi engine is built from a checkout of isthmus; the installed package has no tools/."
        )
    search = os.pathsep.join([str(CHECKOUT), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-m", "tools.pulumi", *arguments]
    os.chdir(project())
    # It becomes the engine, which waits for the CLI: nobody is left who would kill it while it writes its state.
    os.execve(command[0], command, {**os.environ, "PYTHONPATH": search})  # noqa: S606


@local.command()
def clean() -> None:
    """End everything and delete .isthmus/ with all that the sites have stored; works after any crash."""
    World(project()).clean()


def _show(found: Mapping[str, Any]) -> None:
    rows = [("SITE", "STATE", "WAN", "LINK", "API SERVER", "KUBECONFIG", "MEMORY")]
    for name, site in found["sites"].items():
        memory, link = f"{site['memory_bytes'] / 1e6:.0f} MB", "up" if site["link"] == "up" else "cut"
        config = os.path.relpath(site["kubeconfig"])
        rows.append((name, site["phase"], site["wan_address"], link, site["api"], config, memory))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    click.echo(f"scheduler {found['scheduler']}   dashboard {found['dashboard']}")
    for name, site in found["sites"].items():
        if site["failure"]:
            click.echo(f"{name}: {site['failure']}")
    for source, targets in found["wan"]["bytes"].items():
        for target, count in targets.items():
            if count:
                click.echo(f"WAN {source} -> {target}: {count / 1e6:.2f} MB")
