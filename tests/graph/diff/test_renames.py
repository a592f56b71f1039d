"""Aliases, from the program that states them to the comparison: nothing that is renamed with one is deleted."""

from pathlib import Path

import pytest

from isthmus.graph.diff.changes import changes
from tests.graph.programs import recorded

PROGRAM = """
import pulumi_kubernetes as kubernetes
from pulumi import Alias, ResourceOptions
from pulumi_kubernetes.core.v1 import ConfigMap
provider = kubernetes.Provider("here", context="here", cluster_identifier="here")

class Box(pulumi.ComponentResource):
    def __init__(self, kind, name, opts=None):
        super().__init__(f"test:index:{kind}", name, {}, opts)
        self.register_outputs({})

def tree(outer, inner, kind="Box", **aliases):
    options = {part: ResourceOptions(aliases=[Alias(**given)]) for part, given in aliases.items()}
    top = Box(kind, outer, options.get("top"))
    middle = Box("Box", f"{outer}-{inner}", ResourceOptions.merge(ResourceOptions(parent=top), options.get("middle")))
    for part in ("a", "b"):
        meta = {"name": part, "namespace": "data"}
        ConfigMap(f"{outer}-{inner}-{part}", metadata=meta, opts=ResourceOptions(parent=middle, provider=provider))
"""
ALL = ["rename box-in", "rename box-in-a", "rename box-in-b", "rename box"]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ('tree("old", "in")', 'tree("box", "in", top={"name": "old"})', set(ALL)),
        ('tree("box", "in", kind="Old")', 'tree("box", "in", top={"type_": "test:index:Old"})', set(ALL)),
        ('tree("box", "was")', 'tree("box", "in", middle={"name": "box-was"})', set(ALL) - {"rename box"}),
        (
            'tree("old", "in", kind="Old")',
            'tree("box", "in", top={"name": "old", "type_": "test:index:Old"})',
            set(ALL),
        ),
        (
            'tree("old", "in")',
            'tree("box", "in")',
            {
                f"{verb} {name}{rest}"
                for verb, name in (("delete", "old"), ("create", "box"))
                for rest in ("", "-in", "-in-a", "-in-b")
            },
        ),
    ],
    ids=["its name", "its type", "one in the middle", "name and type", "no alias"],
)
def test_children_follow_a_renamed_component(tmp_path: Path, before: str, after: str, expected: set[str]) -> None:
    old = recorded(tmp_path / "old", PROGRAM + before)
    new = recorded(tmp_path / "new", PROGRAM + after)

    assert {f"{change.operation.value} {change.node.name}" for change in changes(old, new)} == expected
