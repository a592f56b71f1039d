"""`isthmus graph manifests`: what a site's API server is asked for, and which part of it is the operator's to apply."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from isthmus.errors import IsthmusError
from isthmus.graph import Graph, record
from isthmus.graph.commands import graph as command
from tests.components.recorded import ROOT, graph
from tests.local_api import api_server

pytestmark = pytest.mark.slow

FALSE = "install: {crds: false, namespaces: false, controller: false}"


def run(*words: str, root: Path = ROOT) -> Result:
    """`isthmus graph manifests ...`; what it raises is in the result."""
    return CliRunner().invoke(command, ["manifests", "--root", str(root), *words])


def printed(*words: str, root: Path = ROOT) -> list[dict[str, Any]]:
    """The objects that it prints."""
    done = run(*words, root=root)
    assert (done.exit_code, done.stderr) == (0, "")
    return list(yaml.safe_load_all(done.stdout))


def project(into: Path, install: str) -> Path:
    """Our project, with this in place of `install` of staging's eumetsat, which has all of it false."""
    shutil.copytree(ROOT / "stacks", into / "stacks")
    for name in ("Pulumi.yaml", "__main__.py"):
        shutil.copy(ROOT / name, into)
    file = into / "stacks/staging/eumetsat.yaml"
    assert file.read_text().count(FALSE) == 1
    file.write_text(file.read_text().replace(FALSE, install))
    return into


def objects(of: Graph) -> list[tuple[str, str, str]]:
    """Kind, namespace and name of each object of eumetsat."""
    return [_key(each) for each in of.manifests("eumetsat")]


def _key(manifest: dict[str, Any]) -> tuple[str, str, str]:
    return manifest["kind"], manifest["metadata"].get("namespace", ""), manifest["metadata"]["name"]


@pytest.mark.parametrize(("stack", "site"), [("local", "ecmwf"), ("staging", "home")])
def test_every_object_of_a_site_but_its_secrets_is_printed(stack: str, site: str) -> None:
    done = run("--stack", stack, "--site", site)

    expected = [each for each in record(ROOT, stack).manifests(site) if each["kind"] != "Secret"]
    assert list(yaml.safe_load_all(done.stdout)) == expected
    assert "[secret]" not in done.stdout


@pytest.mark.parametrize(
    "install",
    ["", "install: {namespaces: false}", "install: {crds: false, controller: false}"],
    ids=["everything", "all but the namespaces", "the namespaces alone"],
)
def test_what_install_decides_about_is_what_is_missing_where_it_is_false(tmp_path: Path, install: str) -> None:
    root = project(tmp_path, install)

    found = printed("--stack", "staging", "--site", "eumetsat", "--only", "install", root=root)

    without = set(objects(graph("staging")))
    assert [_key(each) for each in found] == [each for each in objects(record(root, "staging")) if each not in without]
    assert len(found) >= 5


def test_where_all_is_the_operators_there_is_nothing_to_print_and_it_says_how_there_would_be() -> None:
    done = run("--stack", "staging", "--site", "eumetsat", "--only", "install")

    assert isinstance(done.exception, IsthmusError)
    assert str(done.exception) == (
        "stacks/staging/eumetsat.yaml: it installs nothing; to see what there would be, leave `install` out of it."
    )


def test_a_site_that_is_not_there_is_refused_with_those_that_are() -> None:
    done = run("--stack", "local", "--site", "dwd")

    assert isinstance(done.exception, IsthmusError)
    assert str(done.exception) == "stack local has no site 'dwd'; it has home, ecmwf, eumetsat."


@pytest.mark.cluster
def test_an_operator_applies_it_at_once_as_it_is_printed(tmp_path: Path) -> None:
    root, file = project(tmp_path, ""), tmp_path / "for-the-operator.yaml"
    file.write_text(run("--stack", "staging", "--site", "eumetsat", "--only", "install", root=root).stdout)

    with api_server() as server:
        applied = server.kubectl("apply", "--warnings-as-errors", "-f", str(file), "-o", "name").split()

    printed_names = [each["metadata"]["name"] for each in yaml.safe_load_all(file.read_text())]
    assert [name.rpartition("/")[2] for name in applied] == printed_names
