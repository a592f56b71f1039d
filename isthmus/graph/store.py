"""Graphs as text: what one checkout recorded, another one compares with.

Canonical: equal graphs are equal texts. One resource stands on one line, so that a plain diff of two files shows which
resources differ.
"""

import dataclasses
import json
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, get_origin, get_type_hints

from isthmus.errors import IsthmusError
from isthmus.graph.model import Graph, Json, Node, Options

#: Goes up when a reader of the old form would misread the new one. A field more is no new form.
FORMAT: Final = 1


class StoreError(IsthmusError):
    """A text is not a graph that this version can read."""


def dump(graph: Graph) -> str:
    """A graph as canonical JSON, a resource per line, with the number of its format."""
    rest = {field.name: getattr(graph, field.name) for field in dataclasses.fields(graph) if field.name != "nodes"}
    head = _line({"format": FORMAT} | rest)[:-1]
    nodes = ",\n".join(_line(_fields(node)) for node in graph.nodes)
    return f'{head}, "nodes": [\n{nodes}\n]}}\n'


def parse(text: str) -> Graph:
    """The graph that `dump` wrote; fields that an older version did not write have their defaults.

    Fields that this version does not know are left out: a later one added them. Raises StoreError if the text is no
    graph, or one of another format.
    """
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise StoreError(f"a recorded graph is JSON; line {error.lineno}, column {error.colno}: {error.msg}.") from None
    given = data.get("format") if isinstance(data, dict) else None
    if given != FORMAT:
        raise StoreError(
            f"a recorded graph of format {given}; this isthmus reads {FORMAT}: record it with the same version."
        )
    try:
        nodes = tuple(_node(node) for node in data["nodes"])
        return Graph(**_known(Graph, data) | {"nodes": nodes})
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(f"not a recorded graph: {type(error).__name__}: {error}.") from None


def _line(value: Mapping[str, Json]) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _fields(node: Node) -> dict[str, Json]:
    """A node as JSON; options that say nothing are left out."""
    fields = {field.name: getattr(node, field.name) for field in dataclasses.fields(node)}
    told = ((field.name, getattr(node.options, field.name), field.default) for field in dataclasses.fields(Options))
    return fields | {"options": {name: value for name, value, default in told if value != default}}


def _node(data: Mapping[str, Any]) -> Node:
    fields = _known(Node, data)
    fields["property_dependencies"] = {name: tuple(urns) for name, urns in fields["property_dependencies"].items()}
    return Node(**fields | {"options": Options(**_known(Options, data["options"]))})


def _known(kind: type, data: Mapping[str, Any]) -> dict[str, Any]:
    """The entries of `data` that are fields of a class, lists as the tuples that they were."""
    names, tuples = _shape(kind)
    return {name: _tuple(data[name]) if name in tuples else data[name] for name in names if name in data}


@cache
def _shape(kind: type) -> tuple[tuple[str, ...], frozenset[str]]:
    """The names of a class's fields, and which of them are tuples."""
    hints = get_type_hints(kind)
    return tuple(hints), frozenset(name for name, hint in hints.items() if get_origin(hint) is tuple)


def _tuple(value: Json) -> Json:
    return tuple(map(_tuple, value)) if isinstance(value, list) else value
