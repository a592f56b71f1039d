"""Loads that share a handle are shared out among the workers."""

from dataclasses import dataclass, field

from isthmus.pools.spread import Spread


@dataclass
class FakeWorker:
    address: str
    nthreads: int = 1
    processing: dict[str, float] = field(default_factory=dict)


def test_ready_loads_go_to_the_least_busy_worker_in_turn() -> None:
    spread, workers = Spread(), [FakeWorker("w1"), FakeWorker("w2")]

    assert [spread.pin(n, workers) for n in range(4)] == ["w1", "w2", "w1", "w2"]


def test_threads_and_running_tasks_count() -> None:
    spread, workers = Spread(), [FakeWorker("w1", processing={"x": 1.0}), FakeWorker("w2", nthreads=2)]

    assert [spread.pin(n, workers) for n in range(4)] == ["w2", "w2", "w1", "w2"]


def test_a_lifted_pin_makes_room() -> None:
    spread, workers = Spread(), [FakeWorker("w1"), FakeWorker("w2")]
    spread.pin("x", workers)

    assert spread.lift("x")
    assert not spread.lift("x")
    assert spread.pin("y", workers) == "w1"


def test_a_load_pinned_again_counts_once() -> None:
    spread, workers = Spread(), [FakeWorker("w1"), FakeWorker("w2")]
    assert [spread.pin("x", workers) for _ in range(3)] == ["w1", "w1", "w1"]
    assert spread.pins == 1


def test_a_forgotten_load_leaves_nothing() -> None:
    spread = Spread()
    spread.add("x")
    spread.pin("x", [FakeWorker("w1")])
    spread.forget("x")

    assert "x" not in spread
    assert spread.pins == 0


def test_loads_that_are_ready_together_go_in_runs() -> None:
    spread, workers = Spread(), [FakeWorker("w1"), FakeWorker("w2", nthreads=2)]

    assert spread.pin_runs("abcdef", workers) == ["w1", "w1", "w2", "w2", "w2", "w2"]
    assert spread.pins == 6


def test_a_busy_worker_gets_a_shorter_run() -> None:
    spread, workers = Spread(), [FakeWorker("w1", processing={"x": 1.0, "y": 1.0}), FakeWorker("w2")]

    assert spread.pin_runs("abcd", workers) == ["w1", "w2", "w2", "w2"]
