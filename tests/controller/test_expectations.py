"""Expectations, with the clock turned by hand."""

from isthmus.controller.expectations import PATIENCE_S, Expectations, created, deleted
from isthmus.controller.kinds import Key
from tests.controller.test_queue import Clock

KEY, OTHER = Key("daskworkergroups", "ns", "a"), Key("daskworkergroups", "ns", "b")


def test_a_key_waits_until_everything_that_it_wrote_has_been_shown() -> None:
    expectations = Expectations(Clock())
    expectations.expect(KEY, created("pods", "x"))
    expectations.expect(KEY, deleted("uid-y"))

    expectations.met(KEY, created("pods", "x"))
    assert expectations.wait_s(KEY) == PATIENCE_S

    expectations.met(KEY, deleted("uid-y"))
    assert expectations.wait_s(KEY) == 0


def test_another_key_does_not_wait() -> None:
    expectations = Expectations(Clock())
    expectations.expect(KEY, created("pods", "x"))

    assert expectations.wait_s(OTHER) == 0


def test_what_is_never_shown_is_given_up() -> None:
    clock = Clock()
    expectations = Expectations(clock)
    expectations.expect(KEY, created("pods", "x"))
    clock.now = PATIENCE_S - 1
    assert expectations.wait_s(KEY) == 1

    clock.now = PATIENCE_S
    assert expectations.wait_s(KEY) == 0


def test_an_event_that_nobody_expected_is_nothing() -> None:
    expectations = Expectations(Clock())

    expectations.met(KEY, created("pods", "x"))
    expectations.drop(KEY)

    assert expectations.wait_s(KEY) == 0
