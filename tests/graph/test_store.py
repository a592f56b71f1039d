"""Graphs as text: nothing is lost, equal graphs are equal texts, and another form is refused."""

import json
from dataclasses import replace

import pytest

from isthmus.graph import Graph, Node, Options, store
from tests.components.recorded import STACKS, graph

FULL = Graph(
    project="isthmus",
    stack="local",
    preview=True,
    nodes=(
        Node(
            urn="urn:pulumi:local::isthmus::test:index:Box::one",
            type="test:index:Box",
            name="one",
            custom=False,
            parent="urn:pulumi:local::isthmus::pulumi:pulumi:Stack::isthmus-local",
            provider="",
            inputs={"größe": [1, 2.5, None, {"deep": "[secret]"}]},
            secret_paths=("größe[3].deep",),
            unknown_paths=("other",),
            dependencies=("urn:a", "urn:b"),
            property_dependencies={"größe": ("urn:a",)},
            options=Options(
                protect=True,
                aliases=("name=old",),
                custom_timeouts=(("create", "3m"), ("read", "1m")),
                replacement_trigger={"a": [1]},
            ),
            aliases=("urn:pulumi:local::isthmus::test:index:Box::old",),
            outputs={"list": []},
        ),
    ),
    exports={"a": [1]},
    export_secrets=("a[0]",),
    log=("WARNING: text",),
)


def whole(recorded: Graph) -> list[object]:
    """Every field of a graph, those too that `==` leaves out."""
    return [recorded, *(node.outputs for node in recorded.nodes)]


@pytest.mark.parametrize("recorded", [FULL, *map(graph, STACKS)], ids=["full", *STACKS])
def test_a_graph_comes_back_as_it_was(recorded: Graph) -> None:
    assert whole(store.parse(store.dump(recorded))) == whole(recorded)


def test_equal_graphs_are_equal_texts_in_whatever_order_their_mappings_were_made() -> None:
    other = replace(FULL, exports={"b": 2, "a": 1})

    assert store.dump(other) == store.dump(replace(FULL, exports={"a": 1, "b": 2}))


def test_a_resource_stands_on_one_line_so_that_a_diff_of_files_shows_which_differ() -> None:
    changed = replace(FULL, nodes=(replace(FULL.nodes[0], inputs={"größe": 2}),))
    before, after = (store.dump(recorded).splitlines() for recorded in (FULL, changed))

    assert [line for line in before if line not in after] == [before[1]]
    assert '"größe"' in before[1]


def test_what_an_older_version_did_not_write_has_its_default() -> None:
    data = json.loads(store.dump(FULL))
    del data["log"], data["nodes"][0]["aliases"], data["nodes"][0]["options"]["protect"]
    node = FULL.nodes[0]

    assert store.parse(json.dumps(data)) == replace(
        FULL, log=(), nodes=(replace(node, aliases=(), options=replace(node.options, protect=False)),)
    )


def test_what_a_later_version_added_is_left_out() -> None:
    data = json.loads(store.dump(FULL))
    for place in (data, data["nodes"][0], data["nodes"][0]["options"]):
        place["later"] = True

    assert store.parse(json.dumps(data)) == FULL


@pytest.mark.parametrize(
    ("text", "datum"),
    [
        ("{", "line 1, column 2"),
        ("[]", "format None"),
        ("{}", "format None"),
        ('{"format": 2}', "format 2; this isthmus reads 1"),
        ('{"format": 1}', "nodes"),
        ('{"format": 1, "nodes": [{"options": {}, "property_dependencies": {}}]}', "urn"),
        ('{"format": 1, "nodes": [7]}', "not a recorded graph"),
    ],
    ids=["no JSON", "a list", "no number", "another number", "no nodes", "half a node", "no node"],
)
def test_what_is_no_graph_is_refused(text: str, datum: str) -> None:
    with pytest.raises(store.StoreError, match=datum):
        store.parse(text)
