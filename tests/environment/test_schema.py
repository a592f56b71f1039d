"""What an editor is told: the schemas are fresh, right files pass, and what a schema can see is seen."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from isthmus.environment import examples, stack_names
from isthmus.environment.schema import site_schema, stack_schema
from tests.environment.projects import INVALID, VALID

REPOSITORY = Path(__file__).parents[2]
SCHEMAS = {"stack": stack_schema(), "site": site_schema()}

#: Of one file, but between two of its numbers, names or quantities: JSON schema compares no two values.
TWO_VALUES = {
    *("pool-min-above-max", "pool-slots-beyond-the-site", "pool-slots-overlap", "pool-slots-too-few"),
    *("pool-memory-too-small", "stack-scheduler-memory-too-small"),  # 1Gi, 2000Mi, 3G: a text is no quantity
    *("pool-catalog-contradicts", "pool-volume-path-twice"),
    *("pool-volume-name-is-ours", "pool-volume-path-is-ours"),  # names of the components, not of the files' shape
}
#: Between two files: an editor checks one.
TWO_FILES = {
    *("external-pool-catalog-contradicts", "external-pool-name-taken", "external-public-key-twice"),
    *("pool-name-at-two-sites", "pool-name-reserved"),
    *("sharing-one-namespace", "sharing-one-node-port", "sharing-two-controllers", "sharing-two-owners-of-crds"),
    *("sharing-watches-its-own", "site-endpoint-twice", "site-id-twice", "site-nobody-can-dial"),
    *("site-file-missing", "site-file-not-listed"),
    *("stack-prefix-of-a-federation", "stack-scheduler-site-unknown", "stack-secret-nobody-refers-to"),
}
#: No mistake of a stack file's content: of Pulumi.yaml, or of the text before it is data.
NO_DATA = {"project-without-name", "yaml-does-not-parse", "yaml-not-utf-8", "yaml-key-twice", "yaml-tab"}
UNSEEN = TWO_VALUES | TWO_FILES | NO_DATA


def files(root: Path) -> Iterator[Path]:
    """The stack files below a folder."""
    yield from sorted((root / "stacks").glob("Pulumi.*.yaml"))
    yield from sorted((root / "stacks").glob("*/*.yaml"))


def complaints(file: Path) -> list[str]:
    """What the schema for a file says of it."""
    kind = "stack" if file.name.startswith("Pulumi.") else "site"
    given: Any = yaml.safe_load(file.read_text())
    return [f"{error.json_path}: {error.message}" for error in Draft7Validator(SCHEMAS[kind]).iter_errors(given)]


@pytest.mark.parametrize("kind", SCHEMAS)
def test_the_schema_for_editors_is_what_the_models_say(kind: str) -> None:
    Draft7Validator.check_schema(SCHEMAS[kind])

    assert json.loads((REPOSITORY / "stacks/schema" / f"{kind}.json").read_text()) == SCHEMAS[kind], "run make golden"


@pytest.mark.parametrize("root", [REPOSITORY, VALID], ids=["ours", "valid"])
def test_every_right_file_passes(root: Path) -> None:
    checked = {str(file.relative_to(root)): complaints(file) for file in files(root)}

    assert {file: found for file, found in checked.items() if found} == {}
    assert len(checked) >= 4


@pytest.mark.parametrize(
    "example", [text for texts in examples.OF_SECTIONS.values() for text in texts.split(examples.NEXT)]
)
def test_every_example_of_the_reference_passes(example: str) -> None:
    given: dict[str, Any] = yaml.safe_load(example)
    stack = yaml.safe_load(examples.STACK)
    stack["config"] |= {key: value for key, value in given.items() if key.startswith("isthmus:")}
    site = yaml.safe_load(examples.SITE) | {key: value for key, value in given.items() if ":" not in key}

    assert list(Draft7Validator(SCHEMAS["stack"]).iter_errors(stack)) == []
    assert list(Draft7Validator(SCHEMAS["site"]).iter_errors(site)) == []


def test_no_default_is_shown_that_the_files_come_to_only_with_other_keys() -> None:
    service = SCHEMAS["site"]["else"]["properties"]["gateway"]

    assert "default" not in service
    assert SCHEMAS["site"]["$defs"]["Workers"]["properties"]["threads"]["default"] == 1


@pytest.mark.parametrize("folder", sorted({path.name for path in INVALID.iterdir()} - UNSEEN))
def test_a_mistake_that_a_schema_can_see_is_seen(folder: str) -> None:
    assert [line for file in files(INVALID / folder) for line in complaints(file)] != []


@pytest.mark.parametrize("folder", sorted(UNSEEN - NO_DATA))
def test_what_is_said_to_be_beyond_a_schema_is(folder: str) -> None:
    """A mistake that a schema has learned to see belongs in the list above, not in this one."""
    assert [line for file in files(INVALID / folder) for line in complaints(file)] == []


def test_a_misspelt_setting_is_not_only_called_a_wrong_secret_and_a_secret_passes() -> None:
    given = yaml.safe_load((VALID / "stacks/Pulumi.test.yaml").read_text())
    given["config"] |= {"isthmus:site": ["north"], "isthmus:anyKey": {"secure": "v1:bm90aGluZw=="}}

    (error,) = Draft7Validator(SCHEMAS["stack"]).iter_errors(given)

    assert error.json_path == "$.config['isthmus:site']"
    # What an editor shows: vscode-json-languageservice and yaml-language-server put it in the place of their own.
    assert "Misspelt" in error.schema["errorMessage"]


@pytest.mark.parametrize("env", stack_names(REPOSITORY))
def test_every_file_of_ours_names_its_schema(env: str) -> None:
    stack = REPOSITORY / f"stacks/Pulumi.{env}.yaml"
    for file in (stack, *sorted((REPOSITORY / "stacks" / env).glob("*.yaml"))):
        first = file.read_text().splitlines()[0]
        named = (file.parent / first.removeprefix("# yaml-language-server: $schema=")).resolve()

        assert named == REPOSITORY / "stacks/schema" / ("stack.json" if file == stack else "site.json")


def _mappings(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        if "properties" in schema and "description" in schema:
            yield schema
        for part in schema.values():
            yield from _mappings(part)


@pytest.mark.parametrize("kind", SCHEMAS)
def test_every_mapping_is_closed_and_every_key_explained(kind: str) -> None:
    mappings = list(_mappings(SCHEMAS[kind]))

    assert len(mappings) >= 4
    assert [part for part in mappings if part.get("additionalProperties") is not False] == []
    assert [
        key
        for part in mappings
        for key, field in part["properties"].items()
        if "description" not in field and key != "secure"
    ] == []
