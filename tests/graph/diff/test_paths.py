"""Places inside properties: found, spelled, ignored as the engine does it."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.graph.diff.paths import ABSENT, Difference, Path, covers, differences, ignoring, parsed, spelled
from tests.graph.diff.patching import patched

SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.text('ab.[]"*`', max_size=3)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text('ab.[]"* ', min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)
BAGS = st.dictionaries(st.sampled_from(["metadata", "spec", "a.b"]), VALUES, max_size=3)


@given(BAGS, BAGS)
def test_the_differences_of_two_bags_lead_from_one_to_the_other(old: Any, new: Any) -> None:
    reached = patched(copy.deepcopy(old), list(differences(old, new)))

    assert json.dumps(reached, sort_keys=True) == json.dumps(new, sort_keys=True)  # where true is not 1


@given(VALUES)
def test_nothing_differs_from_itself(value: Any) -> None:
    assert list(differences(value, copy.deepcopy(value))) == []


@given(st.lists(st.text('ab.[]"* ', min_size=1, max_size=3) | st.integers(0, 12), min_size=1, max_size=4))
def test_a_place_that_is_spelled_is_read_again(steps: list[str | int]) -> None:
    steps = ["spec", *steps]

    assert parsed(spelled(tuple(steps))) == tuple(steps)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("spec", "ports", 0, "port"), "spec.ports[0].port"),
        (("metadata", "labels", "dask.org/cluster-name"), 'metadata.labels["dask.org/cluster-name"]'),
        (("data", 'say "so"'), 'data["say \\"so\\""]'),
    ],
    ids=["a list", "a key with dots", "a key with quotes"],
)
def test_a_place_is_spelled_as_the_engine_spells_it(path: Path, text: str) -> None:
    assert spelled(path) == text


OLD = {"a": {"b": 1, "c": [1, 2]}, "only": "old"}
NEW = {"a": {"b": 2, "c": [3, 4, 5], "d": 6}, "more": "new"}


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ([], NEW),
        (["a.b"], {"a": {"b": 1, "c": [3, 4, 5], "d": 6}, "more": "new"}),
        (["a.d"], {"a": {"b": 2, "c": [3, 4, 5]}, "more": "new"}),
        (["only"], {"a": {"b": 2, "c": [3, 4, 5], "d": 6}, "more": "new", "only": "old"}),
        (["a.c[0]"], {"a": {"b": 2, "c": [1, 4, 5], "d": 6}, "more": "new"}),
        (["a.c[2]"], NEW),
        (["a.c[*]"], {"a": {"b": 2, "c": [1, 2, 5], "d": 6}, "more": "new"}),
        (["a.*"], {"a": {"b": 1, "c": [1, 2]}, "more": "new"}),
        (["*"], OLD),
        (['a["b"]', "more"], {"a": {"b": 1, "c": [3, 4, 5], "d": 6}}),
        (["nowhere.at.all"], NEW),
    ],
    ids=lambda value: ",".join(value) or "nothing" if isinstance(value, list) else "",
)
def test_what_is_ignored_stays_as_it_was(patterns: list[str], expected: Any) -> None:
    """The cases of PropertyPath.Reset in the engine's SDK: no item of a list is added or removed by it."""
    assert ignoring(OLD, NEW, patterns) == expected
    assert NEW["more"] == "new"  # the graph itself is not touched


@pytest.mark.parametrize(
    ("pattern", "path", "inside"),
    [
        ("spec", ("spec", "replicas"), True),
        ("spec.replicas", ("spec",), False),
        ("spec.*.image", ("spec", 3, "image"), True),
        ("spec[1]", ("spec", 10), False),
        ("spec.re", ("spec", "replicas"), False),
    ],
)
def test_a_pattern_covers_what_lies_inside_of_it(pattern: str, path: Path, inside: bool) -> None:
    assert covers(parsed(pattern), path) is inside


@pytest.mark.parametrize(("old", "new"), [(True, 1), (0, False), (None, ABSENT)], ids=str)
def test_values_that_python_takes_for_equal_differ(old: Any, new: Any) -> None:
    one, other = ({} if value is ABSENT else {"a": value} for value in (old, new))

    assert list(differences(one, other)) == [Difference(("a",), old, new)]
