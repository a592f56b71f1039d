"""The stand-in for YAML refuses what it does not know, by name, instead of declaring something else."""

from typing import Any

import pulumi
import pytest

from tools.pulumi.language.yaml_document import Document

PLATFORM = {"type": "isthmus:Platform"}


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"variables": {}}, "variables"),
        ({"resources": {"a": PLATFORM | {"options": {}}}}, "options"),
        ({"resources": {"a": PLATFORM | {"properties": {"x": {"fn::secret": "y"}}}}}, "fn::secret"),
        ({"resources": {"a": PLATFORM | {"properties": {"x": ["${nowhere}"]}}}}, "nowhere"),
        ({"resources": {"a": PLATFORM | {"properties": {"x": "a-${pulumi.stack}"}}}}, "whole value"),
        ({"config": {"k": {"type": "string", "items": {}}}, "outputs": {"x": "${k}"}}, "items"),
    ],
    ids=["a part", "an option", "a function", "a reference", "a reference inside a text", "a kind of configuration"],
)
def test_what_it_does_not_know_is_an_error_that_names_it(document: dict[str, Any], told: str) -> None:
    with pytest.raises(pulumi.RunError, match=told):
        Document({"name": "test", "runtime": "yaml"} | document).declare()
