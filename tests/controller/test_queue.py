"""The work queue, with the clock turned by hand."""

import asyncio

import pytest

from isthmus.controller.kinds import Key
from isthmus.controller.queue import BACKOFF_CAP_S, Queue

A, B = Key("daskclusters", "ns", "a"), Key("daskclusters", "ns", "b")


class Clock:
    """Seconds that pass only when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(clock: Clock) -> Queue:
    return Queue(clock)


def test_a_key_that_is_added_often_comes_once(queue: Queue) -> None:
    for _ in range(3):
        queue.add(A)

    assert (queue.take(), queue.take()) == (A, None)


def test_a_key_is_never_handed_to_two_at_once_and_comes_again_when_it_was_added_meanwhile(queue: Queue) -> None:
    queue.add(A)
    assert queue.take() == A
    queue.add(A)

    assert queue.take() is None

    queue.done(A)
    assert queue.take() == A


def test_keys_come_in_the_order_in_which_they_became_due(queue: Queue, clock: Clock) -> None:
    queue.add(A, after_s=5)
    queue.add(B, after_s=2)
    clock.now = 10

    assert (queue.take(), queue.take()) == (B, A)


def test_a_delayed_key_waits_and_an_event_does_not(queue: Queue, clock: Clock) -> None:
    queue.add(A, after_s=5)
    assert (queue.take(), queue.next_due()) == (None, 5)

    queue.add(A)

    assert queue.take() == A


def test_a_later_time_does_not_put_off_an_earlier_one(queue: Queue, clock: Clock) -> None:
    queue.add(A, after_s=1)
    queue.add(A, after_s=60)
    clock.now = 1

    assert queue.take() == A


def test_the_pause_after_a_failure_doubles_up_to_a_limit_and_success_resets_it(queue: Queue) -> None:
    pauses = [queue.failed(A) for _ in range(9)]
    queue.succeeded(A)

    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30, BACKOFF_CAP_S]
    assert queue.failed(A) == 0.5


def test_a_failing_key_does_not_hold_up_another(queue: Queue) -> None:
    queue.failed(A)
    queue.add(B)

    assert queue.take() == B


def test_the_lag_is_the_time_that_the_oldest_due_key_has_waited(queue: Queue, clock: Clock) -> None:
    queue.add(A, after_s=3)
    clock.now = 2
    assert (queue.lag_s, queue.waiting) == (0.0, 1)

    clock.now = 10
    assert queue.lag_s == 7


async def test_a_waiting_worker_wakes_for_a_key() -> None:
    queue = Queue()
    waiting = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    assert not waiting.done()

    queue.add(A)

    assert await asyncio.wait_for(waiting, 5) == A


async def test_a_waiting_worker_wakes_for_a_key_that_another_gives_back() -> None:
    queue = Queue()
    queue.add(A)
    assert await queue.get() == A
    queue.add(A)
    waiting = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    assert not waiting.done()

    queue.done(A)

    assert await asyncio.wait_for(waiting, 5) == A


async def test_every_waiting_worker_gets_a_key() -> None:
    queue = Queue()
    waiting = [asyncio.create_task(queue.get()) for _ in range(2)]
    await asyncio.sleep(0)

    queue.add(A)
    queue.add(B)

    assert set(await asyncio.wait_for(asyncio.gather(*waiting), 5)) == {A, B}


async def test_a_delayed_key_comes_by_itself() -> None:
    queue = Queue()
    queue.add(A, after_s=0.05)

    assert await asyncio.wait_for(queue.get(), 5) == A
