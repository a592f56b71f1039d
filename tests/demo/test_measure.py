"""Which bytes count, and as what."""

import pytest

from demo.measure import Measured, moved

POOLS = {"tcp://a:1": "north", "tcp://a:2": "north", "tcp://b:1": "south"}


def entry(who: str | None, total: int) -> dict[str, object]:
    return {"who": who, "total": total}


LOGS = [
    ("a worker's fetch counts where it arrived", {"tcp://b:1": ([entry("tcp://a:1", 10)], [])}, {"north->south": 10}),
    ("and not again where it left", {"tcp://a:1": ([], [entry("tcp://b:1", 10)])}, {}),
    ("a fetch inside a pool is kept apart", {"tcp://a:2": ([entry("tcp://a:1", 7)], [])}, {"north->north": 7}),
    ("what no worker asked for went to the client", {"tcp://a:1": ([], [entry(None, 5)])}, {"north->client": 5}),
    ("legs add up", {"tcp://b:1": ([entry("tcp://a:1", 1), entry("tcp://a:2", 2)], [])}, {"north->south": 3}),
]


@pytest.mark.parametrize(("logs", "expected"), [row[1:] for row in LOGS], ids=[row[0] for row in LOGS])
def test_transfer_logs_become_legs(
    logs: dict[str, tuple[list[object], list[object]]], expected: dict[str, int]
) -> None:
    assert moved(logs, POOLS) == expected


def test_bytes_across_are_those_that_left_a_pool() -> None:
    measured = Measured(moved={"north->north": 100, "north->south": 20, "south->client": 3})

    assert measured.across == 23
