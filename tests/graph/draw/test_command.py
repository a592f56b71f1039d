"""`isthmus graph draw` writes the same as the functions, and refuses what makes no sense."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from isthmus.environment import Environment, load
from isthmus.errors import IsthmusError
from isthmus.graph.commands import graph
from isthmus.graph.draw import resources, sites
from tests.components import recorded
from tests.components.recorded import ROOT
from tests.graph.programs import project


def _draw(*words: str) -> Result:
    return CliRunner().invoke(graph, ["draw", "--root", str(ROOT), *words])


def test_by_default_the_sites_as_mermaid_on_standard_output() -> None:
    assert _draw("--stack", "local").stdout == sites.mermaid(load(ROOT, "local"))


def test_a_file_gets_the_resources_of_a_site_as_svg(tmp_path: Path) -> None:
    out = tmp_path / "home.svg"

    _draw("--stack", "local", "--of", "resources", "--site", "home", "--format", "svg", "--out", str(out))

    assert out.read_text() == resources.svg(recorded.graph("local"), "home")


@pytest.mark.parametrize(
    ("name", "words", "kind"),
    [
        ("sites.svg", (), sites.svg),
        ("sites.SVG", (), sites.svg),
        ("sites.mmd", (), sites.mermaid),
        ("page.md", (), sites.mermaid),
        ("page.html", ("--format", "svg"), sites.svg),
    ],
    ids=["svg", "capitals", "mmd", "another", "another, and a format"],
)
def test_the_name_of_the_file_says_the_format(
    tmp_path: Path, name: str, words: tuple[str, ...], kind: Callable[[Environment], str]
) -> None:
    _draw("--stack", "local", *words, "--out", str(tmp_path / name))

    assert (tmp_path / name).read_text() == kind(load(ROOT, "local"))


@pytest.mark.parametrize(("name", "kind"), [("sites.svg", "mermaid"), ("sites.mmd", "svg")])
def test_a_name_that_contradicts_the_format_is_a_mistake_of_usage_and_writes_nothing(
    tmp_path: Path, name: str, kind: str
) -> None:
    done = _draw("--stack", "local", "--format", kind, "--out", str(tmp_path / name))

    assert (done.exit_code, f"--format says {kind}" in done.stderr) == (2, True)
    assert not (tmp_path / name).exists()


def test_a_site_of_the_sites_is_a_mistake_of_usage() -> None:
    done = _draw("--stack", "local", "--site", "home")

    assert (done.exit_code, "--of resources" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--stack", "nowhere"), "nowhere"),
        (("--stack", "local", "--of", "resources", "--site", "moon"), "'moon'; it has ecmwf, eumetsat, home"),
        (("--stack", "local", "--out", "no/such/folder/x.svg"), "no/such/folder/x.svg"),
    ],
    ids=["no such stack", "no such site", "no such folder"],
)
def test_what_cannot_be_drawn_is_one_error_that_names_it(words: tuple[str, ...], told: str) -> None:
    error = _draw(*words).exception

    assert isinstance(error, IsthmusError)
    assert told in str(error)


def test_a_mistake_of_the_program_is_told_where_it_stands(tmp_path: Path) -> None:
    root = project(tmp_path, "{}['missing']")

    error = CliRunner().invoke(graph, ["draw", "--root", str(root), "--stack", "local", "--of", "resources"]).exception

    assert isinstance(error, IsthmusError)
    assert str(error) == "stack local: the program failed: KeyError: 'missing'\n    __main__.py:2, in <module>"
