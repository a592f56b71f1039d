"""Waiting for what a test expects, with a deadline that says what was awaited."""

from collections.abc import Callable
from typing import Final, TypeVar

from isthmus.local.waiting import wait_until

T = TypeVar("T")

#: Of a loaded machine: what is awaited takes well under a second on an idle one.
PATIENCE_S: Final = 60.0


def until(what: str, is_so: Callable[[], T], *, within_s: float = PATIENCE_S) -> T:
    """The first true answer of `is_so`. Raises AssertionError, which names `what`."""
    answers: list[T] = []

    def asked() -> bool:
        answers[:] = [is_so()]
        return bool(answers[0])

    assert wait_until(asked, within_s, every=0.02), f"not within {within_s:.0f} s: {what}"
    return answers[0]


def eventually(read: Callable[[], T], wanted: Callable[[T], bool] | T, *, within_s: float = PATIENCE_S) -> T:
    """What `read` gives as soon as it is (or satisfies) `wanted`. Raises AssertionError with what it gave last."""
    answers: list[T] = []

    def asked() -> bool:
        answers[:] = [read()]
        return bool(wanted(answers[0]) if callable(wanted) else answers[0] == wanted)

    assert wait_until(asked, within_s), f"after {within_s:.0f} s still {answers[0]!r}; expected {wanted!r}"
    return answers[0]
