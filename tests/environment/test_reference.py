"""The page of the stack files leaves nothing out, and every example on it is right."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from isthmus.environment import Environment, examples, hints, load
from isthmus.environment.model import Settings
from isthmus.environment.reference import page, sections
from isthmus.environment.site import ExternalSite, Site

HOME = "id: 1\nkubernetes: {context: home}\ngateway: {endpoint: 'wg.home.example:51820'}\n"
FILES = ((Settings, "isthmus:"), (Site, ""), (ExternalSite, "external."))
EXAMPLES = [
    (path, text) for path, texts in examples.OF_SECTIONS.items() for text in texts.split(examples.NEXT)
]  # fmt: skip


def loaded(root: Path, example: str = "{}") -> Environment:
    """The environment of the whole files, with the keys of an example in place of theirs."""
    given: dict[str, Any] = yaml.safe_load(example)
    stack = yaml.safe_load(examples.STACK)
    stack["config"] |= {key: value for key, value in given.items() if key.startswith("isthmus:")}
    site = yaml.safe_load(examples.SITE) | {key: value for key, value in given.items() if ":" not in key}
    (root / "stacks/weather").mkdir(parents=True)
    (root / "Pulumi.yaml").write_text("name: isthmus\n")
    (root / "stacks/Pulumi.weather.yaml").write_text(yaml.safe_dump(stack))
    for name, text in {"home": HOME, "ecmwf": yaml.safe_dump(site), "dwd": examples.EXTERNAL}.items():
        (root / f"stacks/weather/{name}.yaml").write_text(text)
    return load(root, "weather")


def used(value: Any, above: str = "") -> set[str]:
    """The path of every key of an example, as the page has it."""
    if isinstance(value, list):
        return {path for element in value for path in used(element, f"{above}[]")}
    if not isinstance(value, dict):
        return set()
    found = set()
    for key, inner in value.items():
        chosen = above in ("pools", "external.pools", "claims", "gateway.service.annotations")
        path = f"{above}.{'<name>' if chosen else key}" if above else key
        found |= {path} | used(inner, path)
    return found


def test_the_whole_files_are_an_environment(tmp_path: Path) -> None:
    environment = loaded(tmp_path)

    assert (len(environment.sites), len(environment.external), hints(environment)) == (2, 1, [])


@pytest.mark.parametrize(("path", "example"), EXAMPLES, ids=[f"{row[0]}: {row[1].splitlines()[0]}" for row in EXAMPLES])
def test_an_example_is_right_and_about_its_section(tmp_path: Path, path: str, example: str) -> None:
    environment = loaded(tmp_path, example)

    assert hints(environment) == []
    assert any(key.startswith(path) for key in used(yaml.safe_load(example)))


def test_every_mapping_has_a_section_and_every_section_an_example() -> None:
    paths = [section.path for model, prefix in FILES for section in sections(model.model_json_schema(), prefix)]

    assert [path for path in paths if path] == list(examples.OF_SECTIONS)
    assert re.findall("^### `(.*)`$", page(), flags=re.MULTILINE) == list(examples.OF_SECTIONS)


def test_every_key_of_the_page_is_in_an_example_of_it() -> None:
    rows = re.findall(r"^\| `([^`]+)` \|", page(), flags=re.MULTILINE)
    whole = [yaml.safe_load(examples.STACK)["config"], yaml.safe_load(examples.SITE), yaml.safe_load(examples.EXTERNAL)]
    shown = {path for given in (*whole, *(yaml.safe_load(text) for _, text in EXAMPLES)) for path in used(given)}

    assert len(rows) == len(set(rows)) >= 50
    assert [row for row in rows if row not in shown] == []
