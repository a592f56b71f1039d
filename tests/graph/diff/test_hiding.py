"""Nothing that either version calls secret is told, wherever it stands."""

import json
from typing import Any

import pytest

from isthmus.graph import SECRET as HIDDEN
from isthmus.graph import Node
from isthmus.graph.diff.comment import Report, markdown
from isthmus.graph.diff.comparison import compare
from isthmus.graph.diff.plain import as_json, as_text
from tests.graph.diff.graphs import CONFIG_MAP, DEPLOYMENT, SECRET, graph, kube

#: What nobody may see. A recorded graph does not hold it where it was marked; here it stands where a mark is missing.
WORD = "open-sesame"


def told(before: Node | None, after: Node | None) -> str:
    """All three forms."""
    graphs = (graph(*([node] if node else [])) for node in (before, after))
    report = Report("a", "b", [compare(*graphs)])
    return markdown(report) + as_text(report) + as_json(report)


def config(data: Any, *secret: str) -> Node:
    return kube(CONFIG_MAP, "it", {"data": data}, secret=secret)


def env(*rows: tuple[str, str], secret: tuple[str, ...] = ()) -> Node:
    containers = [{"name": "main", "env": [{"name": name, "value": value} for name, value in rows]}]
    return kube(DEPLOYMENT, "it", {"spec": {"template": {"spec": {"containers": containers}}}}, secret=secret)


PLACE = "spec.template.spec.containers[0].env"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (config({"a": WORD}), config({"a": HIDDEN}, "data.a")),
        (config({"a": HIDDEN}, "data.a"), config({"a": WORD})),
        (config({"a": HIDDEN, WORD: HIDDEN}, "data"), config({"a": HIDDEN}, "data")),
        (config({"a": HIDDEN}, "data"), config({WORD: HIDDEN}, "data")),
        (config({"a": WORD}), config(HIDDEN, "data")),
        (config(HIDDEN, "data"), None),
        (None, config({WORD: HIDDEN}, "data")),
        (config({"a": {"b": WORD}}), config({"a": {"b": HIDDEN}}, "data.a")),
        (config({"a.b": WORD}), config({"a.b": HIDDEN}, "data.a.b")),
        (kube(SECRET, "it", {"stringData": {"k": WORD}}), kube(SECRET, "it", {"stringData": {"k": "other"}})),
        (kube(SECRET, "it", {"data": {WORD: "eA=="}}), kube(SECRET, "it", {"data": {}})),
        (env(("A", "1"), ("B", WORD)), env(("B", HIDDEN), secret=(f"{PLACE}[0].value",))),
        (
            env(("B", HIDDEN), secret=(f"{PLACE}[0].value",)),
            env(("A", "1"), ("B", WORD)),
        ),
    ],
    ids=[
        "it becomes secret",
        "it was secret",
        "a key that goes",
        "a key that comes",
        "all becomes secret",
        "all goes",
        "all comes",
        "inside of what becomes secret",
        "a key with a dot",
        "the value of a Secret without a mark",
        "the key of a Secret without a mark",
        "it moves in its list and becomes secret",
        "it moves in its list and was secret",
    ],
)
def test_a_secret_is_told_in_no_form(before: Node | None, after: Node | None) -> None:
    text = told(before, after)

    assert WORD not in text
    assert "it" in text  # that something happens is told


def test_what_is_not_secret_is_told() -> None:
    """The control of the tests above."""
    assert WORD in told(config({"a": WORD, "b": HIDDEN}, "data.b"), config({"a": "x", "b": HIDDEN}, "data.b"))


def test_that_a_secret_place_changes_is_told_once_and_without_its_keys() -> None:
    before = config({"a": HIDDEN, "b": HIDDEN}, "data")
    after = config({"c": HIDDEN, "d": HIDDEN}, "data")
    (change,) = json.loads(as_json(Report("a", "b", [compare(graph(before), graph(after))])))["stacks"]["test"][
        "changes"
    ]

    assert change["properties"] == [{"path": "data", "old": HIDDEN, "new": HIDDEN}]
