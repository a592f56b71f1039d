"""What is made from the code is fresh: `make golden` makes it anew. (Policy rules: tests/policy/test_pack.py.)"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from isthmus.environment import stack_names
from isthmus.environment.reference import allowed, page
from tests.docs import components, reachability
from tests.docs.commands import CHECKOUT
from tests.docs.pictures import FOLDER, PICTURES

STACK_FILES = CHECKOUT / "docs/reference/stack-files.md"


def _paths(value: Any, above: str = "") -> Iterator[str]:
    """The path of every key of a file; `[]` for each element of a list."""
    if isinstance(value, dict):
        for key, inner in value.items():
            path = f"{above}.{key}" if above else key
            yield path
            yield from _paths(inner, path)
    elif isinstance(value, list):
        for inner in value:
            yield from _paths(inner, f"{above}[]")


def _documented(path: str) -> str:
    """The path as the page has it: what a person named is `<name>`."""
    return re.sub(r"^((?:external\.)?pools|claims)\.[^.]+", r"\1.<name>", path)


def test_the_page_of_the_stack_files_says_what_the_models_say() -> None:
    assert STACK_FILES.read_text() == page()


def test_the_page_of_the_components_says_what_the_schema_says() -> None:
    assert components.PAGE.read_text() == components.page()


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_shows_what_the_stack_files_say_today(name: str) -> None:
    assert (FOLDER / name).read_text() == PICTURES[name](), f"{name} differs; if that is meant: make pictures"


@pytest.mark.parametrize("env", stack_names(CHECKOUT))
def test_every_key_of_our_own_stack_files_is_on_the_page(env: str) -> None:
    documented = set(re.findall(r"^\| `([^`]+)` \|", STACK_FILES.read_text(), flags=re.MULTILINE))
    stack = yaml.safe_load((CHECKOUT / f"stacks/Pulumi.{env}.yaml").read_text())["config"]
    files = [yaml.safe_load(file.read_text()) for file in sorted((CHECKOUT / "stacks" / env).glob("*.yaml"))]
    ours = {key: value for key, value in stack.items() if key.startswith("isthmus:")}

    used = {_documented(path) for tree in (ours, *files) for path in _paths(tree)}
    chosen = {"external", "pools.<name>", "claims.<name>", "external.pools.<name>"}

    unknown = used - documented - chosen
    assert {path for path in unknown if not path.startswith("gateway.service.annotations.")} == set()


def test_a_field_that_the_page_has_no_words_for_is_an_error_and_no_gap() -> None:
    with pytest.raises(ValueError, match="no words"):
        allowed({"type": "null", "description": "nothing"})


def test_the_page_of_reachability_is_what_the_policies_say() -> None:
    assert reachability.PAGE.read_text() == reachability.page()
