"""Where the recorder does the engine's work, the engine does the same: transforms, what is inherited, aliases."""

import json
from pathlib import Path
from typing import Any

import pytest

from isthmus.graph import Graph, Node, record
from tests.graph.programs import project
from tools.pulumi.engine import Engine

pytestmark = pytest.mark.engine

PASSWORD = "random:index/randomPassword:RandomPassword"
START = """
import pulumi_random as random
from pulumi import Alias, ComponentResource, ResourceOptions, ResourceTransformResult
provider = random.Provider("random")
"""
TRANSFORMS = (
    START
    + """
def told(digit, **options):
    def change(args):
        if args.name not in ("own", "nothing", "none"):
            return None
        props = {**args.props, "length": args.props["length"] * 10 + digit}
        return ResourceTransformResult(props, ResourceOptions.merge(args.opts, ResourceOptions(**options)))
    return change

def keep(args):
    if args.name == "inner":
        return ResourceTransformResult(args.props, ResourceOptions.merge(args.opts, ResourceOptions(protect=True)))

there = ResourceOptions(provider=provider)
first, added = (random.RandomPassword(name, length=1, opts=there) for name in ("first", "added"))
pulumi.runtime.register_resource_transform(told(4))
outer = ComponentResource("test:index:Box", "outer", {}, ResourceOptions(transforms=[told(3, depends_on=[added])]))
inner = ComponentResource("test:index:Box", "inner", {}, ResourceOptions(parent=outer, transforms=[keep, told(2)]))
keepers = {"a": first.bcrypt_hash, "b": "plain"}
for name, own in (("own", [told(1)]), ("nothing", [lambda args: None]), ("none", None)):
    below = ResourceOptions(parent=inner, provider=provider, transforms=own)
    random.RandomPassword(name, length=1, keepers=keepers, opts=below)
"""
)
#: What is kept of a resource: enough to see who changed it, and in which order.
Told = dict[str, Any]


def recorded(node: Node) -> Told:
    return {
        "length": node.inputs.get("length"),
        "parent": node.parent,
        "provider": node.provider,
        "protect": node.options.protect,
        "dependencies": list(node.dependencies),
        "property dependencies": {name: list(urns) for name, urns in node.property_dependencies.items()},
    }


def planned(state: dict[str, Any]) -> Told:
    properties = state.get("propertyDependencies", {})
    return {
        "length": state.get("inputs", {}).get("length"),
        "parent": state.get("parent", ""),
        "provider": state.get("provider", "").rpartition("::")[0],
        "protect": state.get("protect", False),
        "dependencies": sorted(state.get("dependencies") or ()),
        "property dependencies": {name: sorted(urns) for name, urns in sorted(properties.items()) if urns},
    }


def test_transforms_change_what_the_engine_says_they_change(tmp_path: Path) -> None:
    root = project(tmp_path, TRANSFORMS)

    steps = json.loads(Engine(root, "local").ask("preview", "--json").out)["steps"]
    graph = record(root, "local", preview=True)

    assert {node.urn: recorded(node) for node in graph.nodes} == {
        step["urn"]: planned(step["newState"]) for step in steps
    }
    assert {node.name: node.inputs["length"] for node in graph.of_type(PASSWORD)} == {
        "added": 1,
        "first": 1,
        "none": 1234,
        "nothing": 1234,
        "own": 11234,
    }


#: NAME is renamed, TYPE becomes another one, and the last moves; the leaf's name does not begin with its parent's.
ALIASES = (
    START
    + """
class Box(ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__("test:index:TYPE", name, {}, opts)
        inner = ComponentResource("test:index:Inner", f"{name}-inner", {}, ResourceOptions(parent=self))
        for leaf in (f"{name}-inner-password", f"{name}-leaf"):
            random.RandomPassword(leaf, length=8, opts=ResourceOptions(parent=inner, provider=provider))

box = Box("NAME", ResourceOptions(aliases=ALIASES))
random.RandomPassword("moved", length=8, opts=ResourceOptions(provider=provider, PARENT))
"""
)
BEFORE = {"TYPE": "Old", "NAME": "old", "ALIASES": "[]", "PARENT": "parent=box"}
AFTER = {
    "TYPE": "New",
    "NAME": "new",
    "ALIASES": '[Alias(name="old", type_="test:index:Old")]',
    "PARENT": "aliases=[Alias(parent=box)]",
}


def program(words: dict[str, str]) -> str:
    text = ALIASES
    for word, meaning in words.items():
        text = text.replace(word, meaning) if word != "ALIASES" else text.replace("=ALIASES", f"={meaning}")
    return text


def expected(before: Graph, after: Graph) -> dict[str, str]:
    """URN -> what happens to it, by the aliases that were recorded."""
    known = {old for node in after.nodes for old in (node.urn, *node.aliases)}
    there = {node.urn for node in before.nodes}
    made = {node.urn: "create" for node in after.nodes if not {node.urn, *node.aliases} & there}
    return made | {node.urn: "delete" for node in before.nodes if node.urn not in known}


def test_the_engine_finds_old_resources_by_the_recorded_aliases(tmp_path: Path) -> None:
    root = project(tmp_path, program(BEFORE))
    engine = Engine(root, "local")
    before = record(root, "local")
    try:
        engine.up()
        (root / "__main__.py").write_text("import pulumi" + program(AFTER))
        after = record(root, "local")
        steps = json.loads(engine.ask("preview", "--json").out)["steps"]
    finally:
        engine.destroy()

    happens = {step["urn"]: step["op"] for step in steps if step["op"] not in ("same", "update")}
    assert happens == expected(before, after)
    assert {urn.rpartition("::")[2]: what for urn, what in happens.items()} == {
        "new-leaf": "create",
        "old-leaf": "delete",
    }
