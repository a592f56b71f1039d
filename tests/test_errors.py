"""Errors carry their data as fields and say all of it in one message."""

import ast
import inspect
from pathlib import Path

import pytest

from isthmus import errors
from isthmus.errors import ConfigError, IsthmusError, Mistake, StartFailed

WHERE = Mistake("stacks/production/ecmwf.yaml", "id", "got 70000; expected 1 to 65535.", "Next free: 4.")
WHOLE = Mistake("stacks/production/ecmwf.yaml", "", "missing.")


@pytest.mark.parametrize(
    ("mistake", "expected"),
    [
        (WHERE, "stacks/production/ecmwf.yaml: id: got 70000; expected 1 to 65535. Next free: 4."),
        (WHOLE, "stacks/production/ecmwf.yaml: missing."),
    ],
    ids=["a field, with a way out", "a whole file, without one"],
)
def test_a_mistake_is_one_line(mistake: Mistake, expected: str) -> None:
    assert str(mistake) == expected


@pytest.mark.parametrize(
    ("mistakes", "first_line"),
    [([WHERE], "1 mistake in the stack files:"), ([WHERE, WHOLE], "2 mistakes in the stack files:")],
    ids=["one", "several"],
)
def test_a_config_error_counts_and_lists_its_mistakes(mistakes: list[Mistake], first_line: str) -> None:
    error = ConfigError(mistakes)

    assert error.mistakes == tuple(mistakes)
    assert str(error).splitlines() == [first_line, *(f"  {mistake}" for mistake in mistakes)]


@pytest.mark.parametrize(
    ("exit_status", "last_lines", "expected"),
    [
        (1, ["boom", "bye"], "sched ended with exit status 1; expected: a port; its last lines:\n    boom\n    bye"),
        (0, [], "sched ended with exit status 0; expected: a port; its last lines: (it wrote nothing)"),
        (None, ["still here"], "sched is still running; expected: a port; its last lines:\n    still here"),
    ],
    ids=["it failed", "it ended at once", "it stayed silent"],
)
def test_a_program_that_did_not_start_is_shown_with_its_status_and_its_last_words(
    exit_status: int | None, last_lines: list[str], expected: str
) -> None:
    error = StartFailed("sched", "a port", exit_status=exit_status, last_lines=last_lines)

    assert str(error) == expected
    assert (error.program, error.exit_status, error.last_lines) == ("sched", exit_status, tuple(last_lines))


def test_one_except_clause_catches_everything_that_a_person_can_mend() -> None:
    raised = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Exception)]

    assert len(raised) >= 3
    assert [kind for kind in raised if not issubclass(kind, IsthmusError)] == []


def test_the_tree_in_the_docstring_names_every_error() -> None:
    root = Path(__file__).parents[1]
    files = [file for room in ("isthmus", "components", "tools") for file in sorted((root / room).rglob("*.py"))]
    bases: dict[str, set[str]] = {}
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ClassDef):  # two rooms may have a class of one name
                bases.setdefault(node.name, set()).update(base.id for base in node.bases if isinstance(base, ast.Name))
    known = {"IsthmusError"}
    while found := {name for name, of in bases.items() if of & known} - known:
        known |= found
    tree = {line.lstrip("│├└─ ").split()[0] for line in (errors.__doc__ or "").splitlines() if line.startswith("    ")}

    assert "PulumiFailed" in known
    assert tree == known
