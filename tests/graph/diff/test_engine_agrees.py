"""The real engine plans what the comparison of two records says: one stack deployed, another version previewed."""

import json
import shlex
from pathlib import Path

import pytest

from isthmus.graph import record
from isthmus.graph.diff.changes import changes
from isthmus.graph.diff.comparison import compare
from isthmus.graph.diff.model import Operation
from tests.engine.project import planned
from tests.graph.programs import project
from tools.pulumi.engine import Engine

pytestmark = pytest.mark.engine

START = """
import pulumi_random as random
from pulumi import Alias, ComponentResource, ResourceOptions
provider = random.Provider("random")

def box(name, parent=None, **aliases):
    return ComponentResource("test:index:Box", name, {}, ResourceOptions(parent=parent, **aliases))

def drawn(name, length=8, keepers=None, **options):
    opts = ResourceOptions(provider=provider, **options)
    return random.RandomPassword(name, length=length, keepers=keepers, opts=opts)
"""
BEFORE = """
seed = drawn("seed")
drawn("same")
drawn("longer")
drawn("follows", keepers={"of": seed.bcrypt_hash})
drawn("ignores", keepers={"of": seed.bcrypt_hash}, ignore_changes=["keepers"])
drawn("ignored", ignore_changes=["length"])
drawn("with-it", replace_with=[seed])
drawn("triggered", replacement_trigger=1)
drawn("not-triggered", replacement_trigger=1)
drawn("old-name")
drawn("gone")
drawn("left", retain_on_delete=True)
old = box("old")
inner = box("old-inner", old)
for name in ("old-inner-a", "free"):
    drawn(name, parent=inner)
drawn("moved", parent=old)
"""
AFTER = """
seed = drawn("seed", length=9)
drawn("same")
drawn("longer", length=9)
drawn("follows", keepers={"of": seed.bcrypt_hash})
drawn("ignores", keepers={"of": seed.bcrypt_hash}, ignore_changes=["keepers"])
drawn("ignored", length=9, ignore_changes=["length"])
drawn("with-it", replace_with=[seed])
drawn("triggered", replacement_trigger=2)
drawn("not-triggered", replacement_trigger=1)
drawn("new-name", aliases=[Alias(name="old-name")])
drawn("fresh")
new = box("new", aliases=[Alias(name="old")])
inner = box("new-inner", new)
for name in ("new-inner-a", "free"):
    drawn(name, parent=inner)
drawn("moved", parent=inner)
"""
#: What the engine calls what we tell apart.
CALLED = {Operation.FORGET: "delete", Operation.REPLACE: "replace"}


def test_the_engine_plans_what_the_comparison_says(tmp_path: Path) -> None:
    root = project(tmp_path / "project", START + BEFORE)
    engine = Engine(root, "local")
    before = record(root, "local")
    try:
        engine.up()
        (root / "__main__.py").write_text(f"import pulumi\n{START}{AFTER}")
        plan = planned(engine.ask("preview", "--json").out)
    finally:
        engine.ask("destroy", "--yes", "--skip-preview", expect=None)
    said: dict[str, set[str]] = {}
    for change in changes(before, record(root, "local")):
        if change.operation not in (Operation.RENAME, Operation.OPTIONS):
            called = CALLED.get(change.operation, change.operation.value)
            said.setdefault(called, set()).add(change.node.name)

    assert {operation: plan.get(operation, set()) for operation in ("create", "update", "replace", "delete")} == (
        {operation: said.get(operation, set()) for operation in ("create", "update", "replace", "delete")}
    ), json.dumps({key: sorted(value) for key, value in plan.items()})


KEPT = """
drawn("free")
drawn("kept", protect=True)
drawn("left", protect=True, retain_on_delete=True)
"""
REFUSED = 'resource "{urn}" cannot be deleted\n    because it is protected'


def test_up_fails_on_what_is_protected_until_the_commands_are_run_that_are_told(tmp_path: Path) -> None:
    root = project(tmp_path / "project", START + KEPT)
    engine = Engine(root, "local")
    before = record(root, "local")

    def left() -> set[str]:
        found = json.loads(engine.state_file.read_text())["checkpoint"]["latest"].get("resources", [])
        return {each["urn"].rpartition("::")[2] for each in found if "RandomPassword" in each["type"]}

    try:
        engine.up()
        (root / "__main__.py").write_text(f"import pulumi\n{START}")
        found = compare(before, record(root, "local"))
        refused = [change.node.urn for change in found.changes if change.refused]

        previewed = engine.ask("up", "--yes", expect=1)
        assert all(REFUSED.format(urn=urn) in previewed.out + previewed.err for urn in refused)
        assert left() == {"free", "kept", "left"}

        engine.ask("up", "--yes", "--skip-preview", expect=1)
        assert left() == {"kept", "left"}

        for command in found.unprotecting:
            program, *arguments = [word for word in shlex.split(command) if word not in ("--stack", "local")]
            assert program == "pulumi"
            engine.ask(*arguments)
        engine.ask("up", "--yes")
        assert left() == set()
    finally:
        engine.ask("state", "unprotect", "--all", "--yes", expect=None)
        engine.ask("destroy", "--yes", "--skip-preview", expect=None)
