"""`isthmus config ...`: check, show, schema. Data goes to stdout; mistakes and warnings to stderr."""

import json
from collections.abc import Sequence
from pathlib import Path

import click

from isthmus.environment import Environment, between, hints, load, stack_names
from isthmus.environment.schema import site_schema, stack_schema
from isthmus.errors import ConfigError, IsthmusError, Mistake
from isthmus.options import ROOT

SCHEMAS = {"stack": stack_schema, "site": site_schema}


@click.group()
def config() -> None:
    """The stack files: checked, shown with all that follows from them, described for editors."""


@config.command()
@click.argument("environments", metavar="[ENV...|all]", nargs=-1)
@ROOT
def check(environments: Sequence[str], root: Path) -> None:
    """Say all that is wrong with the stack files of each ENV, at once; exit status 1 if anything is.

    A line for each that is valid. A warning is what may be right and looks like a slip; of several environments also
    what two of them would do to each other.
    """
    known = stack_names(root)
    if not known:
        raise IsthmusError(f"{root.resolve() / 'stacks'}: no Pulumi.<env>.yaml there; is this the project's folder?")
    named = known if not environments or "all" in environments else list(dict.fromkeys(environments))
    valid: list[Environment] = []
    mistakes: dict[Mistake, None] = {}  # what is wrong with Pulumi.yaml is wrong for all, and said once
    for name in named:
        try:
            environment = load(root, name)
        except ConfigError as error:
            mistakes |= dict.fromkeys(error.mistakes)
            continue
        valid.append(environment)
        click.echo(_line(environment))
        _warn(hints(environment))
    _warn(between(valid))
    if mistakes:
        raise ConfigError(list(mistakes))


def _warn(hints: Sequence[Mistake]) -> None:
    for hint in hints:
        click.echo(f"warning: {hint}", err=True)


def _line(environment: Environment) -> str:
    """What a valid environment has, in one line."""
    pools = [pool for site in environment.sites for pool in site.pools.values()]
    workers = sum(pool.workers.max for pool in pools)
    others = f", {_count(len(environment.external), 'external site')}" if environment.external else ""
    paused = [site.name for site in environment.sites if site.paused]
    paused_text = f", paused: {', '.join(paused)}" if paused else ""
    return (
        f"{environment.name}: valid; {_count(len(environment.sites), 'site')}{others}, {_count(len(pools), 'pool')}, "
        f"at most {_count(workers, 'worker')}{paused_text}"
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


@config.command()
@click.argument("environment", metavar="ENV")
@click.option("--json", "as_json", is_flag=True, help="Everything, for programs.")
@ROOT
def show(environment: str, as_json: bool, root: Path) -> None:
    """Show ENV as it will be: defaults, addresses, who dials whom, which data lies where. Never a secret."""
    from isthmus.config.resolved import resolved

    found = resolved(load(root, environment))
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    from rich.console import Console

    from isthmus.config import tables

    console = Console(markup=False, highlight=False)  # an IPv6 address in brackets is no markup
    tables.show(found, console if console.is_terminal else Console(markup=False, highlight=False, width=tables.WIDTH))


@config.command()
@click.argument("kind", type=click.Choice(list(SCHEMAS)))
def schema(kind: str) -> None:
    """Print the JSON schema of a stack file or of a site's file, for editors."""
    click.echo(json.dumps(SCHEMAS[kind](), indent=2))
