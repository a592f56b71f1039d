"""`isthmus graph diff`: what a change of the project would do to every stack, told before it is made."""

import contextlib
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import click

from isthmus.errors import IsthmusError
from isthmus.graph.diff.comment import Failure, Report, markdown
from isthmus.graph.diff.comparison import Comparison, compare
from isthmus.graph.diff.plain import as_json, as_text
from isthmus.graph.diff.versions import Version, called, recorded, terminable, tree
from isthmus.options import ROOT

_FORMS: Final = {"json": as_json, "markdown": markdown, "text": as_text}
#: A version could not be recorded; something must be looked at.
FAILED, DANGEROUS = 1, 3


@click.command()
@click.argument("base")
@click.argument("head")
@click.option("--stack", default="all", show_default=True, metavar="NAME|all", help="A stack of stacks/, or every one.")
@click.option(
    "--format",
    "form",
    type=click.Choice(sorted(_FORMS)),
    default=None,
    show_default="text in a terminal, else markdown",
    help="How it is told.",
)
@ROOT
@click.option("--out", default="-", show_default=True, metavar="FILE|-", help="Where it goes; `-` is standard output.")
@click.option("--fail-on-danger", is_flag=True, help=f"End with {DANGEROUS} if something must be looked at.")
@click.pass_context
def diff(
    context: click.Context,
    base: str,
    head: str,
    stack: str,
    form: str | None,
    root: Path,
    out: str,
    fail_on_danger: bool,
) -> None:
    """What `pulumi up` would do at HEAD where BASE is deployed: a prediction, without engine, cluster or secret.

    BASE and HEAD are what git calls a commit; `.` is the working tree. Ends with 1 if a version could not be recorded.
    """
    report = report_of(root.resolve(), base, head, stack)
    usual = "text" if out == "-" and sys.stdout.isatty() else "markdown"
    _write(_FORMS[form or usual](report), out)
    if report.failures:
        context.exit(FAILED)
    if fail_on_danger and any(one.dangers for one in report.comparisons):
        context.exit(DANGEROUS)


def report_of(root: Path, base: str, head: str, stack: str = "all") -> Report:
    """Both versions recorded and compared, stack by stack. Raises IsthmusError if there is no such version."""
    with terminable(), ExitStack() as clean:
        trees = [(name, clean.enter_context(tree(root, name))) for name in (base, head)]
        before, after = recorded(trees, stack)
        comparisons = _comparisons(before, after)
        pictures = _pictures(trees[1][1], comparisons)
    names = called(root, base), called(root, head)
    failures = [
        Failure(name, version.failure) for name, version in zip(names, (before, after), strict=True) if version.failure
    ]
    return Report(names[0], names[1], comparisons, failures, pictures)


def _comparisons(before: Version, after: Version) -> list[Comparison]:
    """Of every stack whose graph is there on both sides, or that is not there at all on one."""
    found = []
    for stack in sorted({*before.stacks, *after.stacks}):
        unrecorded = any(stack in version.stacks and stack not in version.graphs for version in (before, after))
        if not unrecorded:
            found.append(compare(before.graphs.get(stack), after.graphs.get(stack)))
    return found


def _pictures(folder: Path, comparisons: Sequence[Comparison]) -> dict[str, str]:
    """The sites of every stack where they change; drawn by this version, so it may know less than the other one."""
    from isthmus.environment import load
    from isthmus.graph.draw import sites

    found = {}
    for one in comparisons:
        if one.sites_change:
            with contextlib.suppress(IsthmusError):
                found[one.stack] = sites.mermaid(load(folder, one.stack))
    return found


def _write(text: str, out: str) -> None:
    if out == "-":
        click.echo(text, nl=False)
        return
    try:
        Path(out).write_text(text)
    except OSError as error:
        raise IsthmusError(f"{out}: {error.strerror}; --out names a file.") from None
