"""Free tasks of a group stay together."""

from isthmus.pools.siblings import Siblings


def test_the_others_follow_the_first_that_was_left_free() -> None:
    siblings = Siblings()
    siblings.leave_free("x")
    assert siblings.pool("sub") is None

    siblings.sent("x", "sub", ("a",))

    assert siblings.pool("sub") == "a"
    assert siblings.pool("add") is None


def test_a_task_that_was_placed_leads_nobody() -> None:
    siblings = Siblings()
    siblings.sent("placed", "sub", ("a",))

    assert siblings.pool("sub") is None


def test_a_worker_of_no_pool_leads_nobody() -> None:
    siblings = Siblings()
    siblings.leave_free("x")
    siblings.sent("x", "sub", ())

    assert siblings.pool("sub") is None


def test_the_next_one_left_free_leads_anew() -> None:
    siblings = Siblings()
    for key, pool in (("x", "a"), ("y", "b")):
        siblings.leave_free(key)
        siblings.sent(key, "sub", (pool,))

    assert siblings.pool("sub") == "b"


def test_a_group_is_forgotten_with_its_last_task() -> None:
    siblings = Siblings()
    siblings.leave_free("x")
    siblings.sent("x", "sub", ("a",))

    siblings.forget("y", "sub", last=False)
    assert siblings.pool("sub") == "a"
    siblings.forget("x", "sub", last=True)
    assert siblings.pool("sub") is None
