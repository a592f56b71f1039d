"""What programs in other languages are offered: a file that a diff shows, and the same from the real CLI."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.offered import OFFERED, VERSION
from tests.docs.commands import CHECKOUT
from tests.package.golden import SCHEMA, canonical, schema, text
from tools.pulumi.engine import Engine


def _fields(offered: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """`token.name` and the schema of everything that a program may give or gets."""
    for token, resource in offered["resources"].items():
        for kind in ("inputProperties", "properties"):
            yield from ((f"{token}.{name}", field) for name, field in resource.get(kind, {}).items())
    for token, type_ in offered["types"].items():
        yield from ((f"{token}.{name}", field) for name, field in type_["properties"].items())


def test_the_schema_is_the_one_of_its_file() -> None:
    assert SCHEMA.read_text() == text(), "package/schema.json differs; if that is meant: python -m tests.package.golden"


def test_every_component_is_offered_under_its_own_token() -> None:
    assert set(schema()["resources"]) == {component.token for component in OFFERED}


def test_the_version_is_the_project_s() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]

    assert schema()["version"] == VERSION == project["version"]


def test_everything_that_is_given_or_got_says_what_it_is() -> None:
    silent = sorted(name for name, field in _fields(schema()) if not field.get("description"))

    assert silent == []


@pytest.mark.engine
def test_the_real_cli_gets_the_same_schema_from_the_package_s_folder(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "asks", "runtime": "python"}))

    answer = Engine(tmp_path, "dev").ask("package", "get-schema", str(CHECKOUT / "package")).out

    given = canonical(json.loads(answer))
    # The CLI adds, to what the package says, how it is called and what every SDK is told.
    assert {key: given[key] for key in ("resources", "types")} == {key: schema()[key] for key in ("resources", "types")}
    assert (given["name"], given["version"]) == ("isthmus", VERSION)


@pytest.mark.engine
def test_package_add_says_that_classes_need_the_official_host(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "adds", "runtime": "nodejs"}))

    done = Engine(tmp_path, "dev").ask("package", "add", str(CHECKOUT / "package"), expect=None)

    assert done.status != 0
    assert "the official language host does" in done.err
