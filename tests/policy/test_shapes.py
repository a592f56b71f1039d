"""Whatever stands in a resource, the pack answers: a rule that breaks would stop an update with a traceback."""

import json
import random
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from isthmus.graph.store import dump
from policy import stored
from policy.judge import judge
from policy.plain import UNKNOWN
from policy.record import Resource
from tests.components.recorded import graph
from tests.policy.cases import PLANTED, changed

pytestmark = pytest.mark.slow

#: How many spoilt stacks are judged: about 5 ms each.
TRIES = 400
VALUES: tuple[Any, ...] = (UNKNOWN, None, PLANTED, 7, True, [], {}, [UNKNOWN], [PLANTED], {"x": UNKNOWN})
#: The schema of a definition is made of thousands of places of which few matter.
DEFINITION = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"
SCHEMA = "spec.versions.0.schema.openAPIV3Schema"


@cache
def _kinds() -> tuple[Resource, ...]:
    """One resource of each kind of a real stack, every NetworkPolicy of different shape."""
    document = json.loads(dump(graph("production", preview=True)))
    found: dict[tuple[str, str], Resource] = {}
    for one in stored.resources(document):
        shape = one.name.partition("-")[2] if one.kind == "NetworkPolicy" else ""
        if one.is_kubernetes or one.type == "pulumi:providers:kubernetes":
            found.setdefault((one.type, shape), one)
    return tuple(found.values())


def _paths(value: Any, where: str = "") -> Iterator[str]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in children:
        path = f"{where}.{key}" if where else str(key)
        if "." not in str(key) and not path.startswith(f"{SCHEMA}.properties."):
            yield path
            yield from _paths(inner, path)


def test_no_value_at_any_place_breaks_a_rule_or_shows_in_a_message() -> None:
    kinds = _kinds()
    places = [(position, path) for position, one in enumerate(kinds) for path in _paths(dict(one.props))]
    chance = random.Random(4)
    objected = 0

    for (position, path), value in zip(chance.sample(places, TRIES), VALUES * (TRIES // len(VALUES)), strict=True):
        spoilt = list(kinds)
        spoilt[position] = changed(kinds[position], path, value)
        found = judge(spoilt)
        objected += bool(found)
        shown = [row.message for row in found if PLANTED in row.message]
        assert shown == [], (kinds[position].type, path, value)

    assert {DEFINITION, "kubernetes:apps/v1:Deployment"} <= {one.type for one in kinds}
    assert objected > TRIES / 4
