"""Where a ready task goes, by the bytes of its inputs."""

import pytest

from isthmus.pools.placement import home_pool

MB = 1_000_000

CASES: list[tuple[str, dict[str | None, int], str | None]] = [
    ("no inputs", {}, None),
    ("all in one pool", {"a": 5 * MB}, "a"),
    ("too few bytes to matter", {"a": MB - 1}, None),
    ("just enough", {"a": MB}, "a"),
    ("most bytes win", {"a": 2 * MB, "b": 9 * MB}, "b"),
    ("the saving counts, not the size", {"a": 9 * MB, "b": 8 * MB + 1}, None),
    ("equal pools: leave it free", {"a": 9 * MB, "b": 9 * MB}, None),
    ("less than a tenth of much is noise", {"a": 100 * MB, "b": 91 * MB}, None),
    ("a tenth is not", {"a": 100 * MB, "b": 90 * MB}, "a"),
    ("the second-best decides, not the sum", {"a": 10 * MB, "b": 7 * MB, "c": 7 * MB}, "a"),
    ("most bytes on workers of no pool: leave it free", {None: 9 * MB, "a": MB}, None),
    ("few bytes on workers of no pool", {None: MB, "a": 9 * MB}, "a"),
]


@pytest.mark.parametrize(("inputs", "pool"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_task_goes_where_it_moves_the_fewest_bytes(inputs: dict[str | None, int], pool: str | None) -> None:
    assert home_pool(inputs) == pool


def test_the_least_saving_can_be_set() -> None:
    assert home_pool({"a": 500, "b": 100}, worth_bytes=400, share=0.5) == "a"
    assert home_pool({"a": 500, "b": 100}, worth_bytes=401, share=0.5) is None
    assert home_pool({"a": 500, "b": 100}, worth_bytes=400, share=0.9) is None


SIBLINGS: list[tuple[str, dict[str | None, int], str, str | None]] = [
    ("equal pools: with the others", {"a": 9 * MB, "b": 9 * MB}, "b", "b"),
    ("too few bytes to matter: with the others", {"a": 500, "b": 100}, "b", "b"),
    ("a small input that all of them share leads nobody", {"a": 500}, "a", None),
    ("others do not outweigh bytes", {"a": 9 * MB, "b": MB}, "b", "a"),
    ("others where no input lies", {"a": 9 * MB, "b": 9 * MB}, "c", None),
    ("others where fewer inputs lie than in two that are equal", {"a": 9 * MB, "b": 9 * MB, "c": MB}, "c", None),
]


@pytest.mark.parametrize(
    ("inputs", "others", "pool"), [case[1:] for case in SIBLINGS], ids=[case[0] for case in SIBLINGS]
)
def test_where_it_makes_no_difference_a_task_follows_the_others(
    inputs: dict[str | None, int], others: str, pool: str | None
) -> None:
    assert home_pool(inputs, siblings=others) == pool
