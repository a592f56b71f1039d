"""Which pool a task is in, as tables of small graphs: node -> its inputs, sources first."""

import pytest

from isthmus.pools.propagate import ANYWHERE, MIXED, Tag, propagate, readers

Graph = dict[str, list[str]]

STORIES: list[tuple[str, Graph, dict[str, Tag], dict[str, Tag]]] = [
    ("a user follows its input", {"s": [], "m": ["s"], "n": ["m"]}, {"s": "a"}, {"m": "a", "n": "a"}),
    ("inputs that agree", {"s": [], "t": [], "m": ["s", "t"]}, {"s": "a", "t": "a"}, {"m": "a"}),
    ("inputs that do not", {"s": [], "t": [], "m": ["s", "t"]}, {"s": "a", "t": "b"}, {"m": MIXED}),
    ("after a mix all is mixed", {"s": [], "m": ["s"], "n": ["m"]}, {"s": "a", "m": MIXED}, {"n": MIXED}),
    ("mixed with a pool stays mixed", {"s": [], "t": [], "m": ["s", "t"]}, {"s": "a", "t": MIXED}, {"m": MIXED}),
    ("an own tag stays", {"s": [], "m": ["s"]}, {"s": "a", "m": "b"}, {}),
    ("an input without a pool says nothing", {"s": [], "l": [], "m": ["s", "l"]}, {"s": "a"}, {"m": "a", "l": "a"}),
    (
        "an input of two users in one pool goes there",
        {"l": [], "m": ["l"], "n": ["l"]},
        {"m": "a", "n": "a"},
        {"l": "a"},
    ),
    ("an input of users in two pools stays free", {"l": [], "m": ["l"], "n": ["l"]}, {"m": "a", "n": "b"}, {}),
    ("an input of a user without a pool stays free", {"l": [], "m": ["l"], "n": ["l"]}, {"m": "a"}, {}),
    ("an input of a mixed task stays free", {"l": [], "m": ["l"]}, {"m": MIXED}, {}),
    ("back over several steps", {"k": [], "l": ["k"], "m": ["l"]}, {"m": "a"}, {"k": "a", "l": "a"}),
    ("free on purpose is not passed on", {"s": [], "m": ["s"]}, {"s": ANYWHERE}, {}),
    ("free on purpose is not passed back", {"l": [], "m": ["l"]}, {"m": ANYWHERE}, {}),
    ("free on purpose does not mix", {"s": [], "t": [], "m": ["s", "t"]}, {"s": ANYWHERE, "t": "a"}, {"m": "a"}),
    ("in either pool is a pool of its own", {"s": [], "t": [], "m": ["s", "t"]}, {"s": "a|b", "t": "a"}, {"m": MIXED}),
    ("an older input outside the graph counts", {"m": ["old"]}, {"old": "a"}, {"m": "a"}),
    ("nothing known, nothing found", {"s": [], "m": ["s"]}, {}, {}),
]


@pytest.mark.parametrize(("graph", "known", "found"), [row[1:] for row in STORIES], ids=[row[0] for row in STORIES])
def test_pools_follow_the_task_graph(graph: Graph, known: dict[str, Tag], found: dict[str, Tag]) -> None:
    users = {node: [user for user, inputs in graph.items() if node in inputs] for node in graph}

    assert propagate(list(graph), graph.__getitem__, users.__getitem__, known) == found


READERS: list[tuple[str, Graph, dict[str, Tag], dict[str, Tag]]] = [
    ("it reads where the file is", {"h": [], "r": ["h"]}, {"h": "a"}, {"r": "a"}),
    ("whatever else it uses", {"h": [], "s": [], "r": ["h", "s"]}, {"h": "a", "s": "b"}, {"r": "a"}),
    ("two files of one pool", {"h": [], "h2": [], "r": ["h", "h2"]}, {"h": "a", "h2": "a"}, {"r": "a"}),
    ("files of two pools", {"h": [], "h2": [], "r": ["h", "h2"]}, {"h": "a", "h2": "b"}, {"r": MIXED}),
    ("its own tag wins", {"h": [], "r": ["h"]}, {"h": "a", "r": "b"}, {}),
    ("users of readers are no readers", {"h": [], "r": ["h"], "m": ["r"]}, {"h": "a"}, {"r": "a"}),
]


@pytest.mark.parametrize(("graph", "known", "found"), [row[1:] for row in READERS], ids=[row[0] for row in READERS])
def test_a_task_that_uses_a_handle_reads_in_its_pool(
    graph: Graph, known: dict[str, Tag], found: dict[str, Tag]
) -> None:
    handles = {node for node in known if node.startswith("h")}

    assert readers(graph, graph.__getitem__, known, handles) == found
