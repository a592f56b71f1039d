"""`isthmus graph record`."""

import sys
import traceback
from pathlib import Path

import click

from isthmus.environment import stack_names
from isthmus.errors import IsthmusError
from isthmus.graph import Graph, store
from isthmus.graph import record as record_stack
from isthmus.graph.record_error import RecordError
from isthmus.options import ROOT


@click.command()
@click.option("--stack", default="all", show_default=True, metavar="NAME|all", help="A stack of stacks/, or every one.")
@ROOT
@click.option(
    "--out", default="-", show_default=True, metavar="DIR|-", help="Where <stack>.json go; `-` is standard output."
)
@click.option("--preview", is_flag=True, help="Leave unknown what only a deployment knows.")
def record(stack: str, root: Path, out: str, preview: bool) -> None:
    """Write what a stack declares as JSON: every resource, its options, where it comes from. Never a secret.

    A stack that cannot be recorded keeps no other one from being written.
    """
    wrong: list[IsthmusError] = []
    for name in _named(stack, root):
        try:
            _write(store.dump(recorded(root.resolve(), name, preview=preview)), name, out)
        except IsthmusError as error:
            wrong.append(error)
    if wrong:
        raise wrong[0] if len(wrong) == 1 else IsthmusError("\n".join(map(str, wrong)))


def recorded(root: Path, stack: str, *, preview: bool) -> Graph:
    """The graph of a stack, for a person: raises IsthmusError whatever the program may raise."""
    try:
        return record_stack(root, stack, preview=preview)
    except IsthmusError:
        raise
    except Exception as error:  # the program is somebody's: it may raise anything
        raise _of_program(error, stack, root) from error


def _write(text: str, stack: str, out: str) -> None:
    if out == "-":
        sys.stdout.write(text)
        return
    try:
        Path(out).mkdir(parents=True, exist_ok=True)
        (Path(out) / f"{stack}.json").write_text(text)
    except OSError as error:
        raise IsthmusError(f"{error.filename}: {error.strerror}; --out names a folder.") from None


def _named(stack: str, root: Path) -> list[str]:
    if stack != "all":
        return [stack]
    found = stack_names(root)
    if not found:
        raise IsthmusError(f"{root}: no stacks/Pulumi.*.yaml; run it in a project's folder or name one with --root.")
    return found


def _of_program(error: Exception, stack: str, root: Path) -> RecordError:
    """What the program raised, and its own lines that led there."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(root)]
    lines = [f"\n    {Path(frame.filename).relative_to(root)}:{frame.lineno}, in {frame.name}" for frame in frames]
    said = "".join(traceback.format_exception_only(error)).strip()
    return RecordError(f"stack {stack}: the program failed: {said}{''.join(lines)}")
