"""Old URNs of a resource, as the engine derives them from what the program tells about it and about its ancestors."""

from pathlib import Path

import pytest

from isthmus.graph.aliases import Alias, aliases_of
from tests.graph.programs import recorded
from tests.graph.test_record import KUBERNETES

HERE = "urn:pulumi:prod::isthmus::"
SITE = f"{HERE}a:b:Platform$a:b:Site::ecmwf"
OLD_SITE = f"{HERE}a:b:Platform$a:b:Centre::reading"
OWN = f"{HERE}a:b:Platform$a:b:Site$k:core:Map::ecmwf-data"
STACK_URN = f"{HERE}pulumi:pulumi:Stack::isthmus-prod"

TOLD = [  # the alias, the URNs that it means
    ("another name", Alias(name="old"), [f"{HERE}a:b:Platform$a:b:Site$k:core:Map::old"]),
    ("another type", Alias(type="k:old:Map"), [f"{HERE}a:b:Platform$a:b:Site$k:old:Map::ecmwf-data"]),
    ("no parent", Alias(no_parent=True), [f"{HERE}k:core:Map::ecmwf-data"]),
    ("the stack as parent", Alias(parent=STACK_URN), [f"{HERE}k:core:Map::ecmwf-data"]),
    ("another parent", Alias(parent=f"{HERE}a:b:Box::box"), [f"{HERE}a:b:Box$k:core:Map::ecmwf-data"]),
    (
        "a parent that moved itself",
        Alias(parent=f"{HERE}a:b:Moved::new"),
        [f"{HERE}a:b:Moved$k:core:Map::ecmwf-data", f"{HERE}a:b:Was$k:core:Map::ecmwf-data"],
    ),
    (
        "another project and stack",
        Alias(project="dask", stack="old"),
        ["urn:pulumi:old::dask::a:b:Platform$a:b:Site$k:core:Map::ecmwf-data"],
    ),
    ("a URN", Alias(urn="urn:pulumi:x::y::z:z:Z::z"), ["urn:pulumi:x::y::z:z:Z::z"]),
    ("itself", Alias(name="ecmwf-data"), []),
]


@pytest.mark.parametrize(("alias", "urns"), [row[1:] for row in TOLD], ids=[row[0] for row in TOLD])
def test_an_alias_means_the_urn_that_the_resource_had(alias: Alias, urns: list[str]) -> None:
    known = {f"{HERE}a:b:Moved::new": [f"{HERE}a:b:Was::old"]}

    assert aliases_of(OWN, SITE, [alias], known) == tuple(urns)


def test_a_child_has_an_alias_for_each_of_its_parents_and_its_own_below_those() -> None:
    assert aliases_of(OWN, SITE, [Alias(name="old")], {SITE: [OLD_SITE]}) == (
        f"{HERE}a:b:Platform$a:b:Centre$k:core:Map::old",
        f"{HERE}a:b:Platform$a:b:Centre$k:core:Map::reading-data",
        f"{HERE}a:b:Platform$a:b:Site$k:core:Map::old",
    )


def test_a_renamed_component_takes_all_below_it_along(tmp_path: Path) -> None:
    graph = recorded(
        tmp_path,
        KUBERNETES
        + """
class Box(pulumi.ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__("test:index:Box", name, {}, opts)
        inner = pulumi.ComponentResource("test:index:Inner", f"{name}-inner", {}, ResourceOptions(parent=self))
        for leaf in (f"{name}-inner-map", f"{name}-map"):
            ConfigMap(leaf, opts=ResourceOptions(parent=inner, provider=provider))

Box("new", ResourceOptions(aliases=[pulumi.Alias(name="old"), pulumi.Alias(name="older")]))
""",
    )
    here = "urn:pulumi:local::isthmus::test:index:Box"

    inner = f"{here}$test:index:Inner"

    assert {node.name: node.aliases for node in graph.nodes if node.aliases} == {
        "new": (f"{here}::old", f"{here}::older"),
        "new-inner": (f"{inner}::old-inner", f"{inner}::older-inner"),
        "new-inner-map": (
            f"{inner}$kubernetes:core/v1:ConfigMap::old-inner-map",
            f"{inner}$kubernetes:core/v1:ConfigMap::older-inner-map",
        ),
        # `new-map` has none: its name does not begin with its parent's, so the engine would make it anew.
    }
    assert graph.named("test:index:Box", "new").options.aliases == ("name=old", "name=older")
