"""Live sets of addresses: one object per pool, always up to date, never empty."""

from isthmus.pools.roster import Roster


def test_a_pool_knows_its_workers_whenever_it_is_asked() -> None:
    roster = Roster()
    early = roster.members("a")
    roster.add("tcp://1", ["pool-a"])
    roster.add("tcp://2", ["pool-b", "GPU"])
    roster.add("tcp://3", ["GPU"])

    assert early == {"pool://a", "tcp://1"}
    assert roster.members("a") is early
    assert roster.members("a|b") == {"pool://a|b", "tcp://1", "tcp://2"}
    assert roster.homes("tcp://3") == ()


def test_a_worker_of_two_pools_is_in_both() -> None:
    roster = Roster()
    roster.add("tcp://1", ["pool-b", "pool-a"])

    assert roster.homes("tcp://1") == ("a", "b")
    assert roster.members("a").addresses == roster.members("b").addresses == {"tcp://1"}


def test_a_worker_that_leaves_is_in_no_set_and_the_emptied_pools_are_told() -> None:
    roster = Roster()
    either = roster.members("a|b")
    roster.add("tcp://1", ["pool-a", "pool-b"])
    roster.add("tcp://2", ["pool-b"])

    assert roster.remove("tcp://1") == ("a",)
    assert roster.members("a") == {"pool://a"}
    assert either.addresses == {"tcp://2"}
    assert roster.remove("tcp://unknown") == ()


def test_a_set_is_never_empty_because_dask_would_take_that_for_no_restriction() -> None:
    assert Roster().members("a")


def test_a_copy_needs_nothing_of_ours_at_the_client_that_gets_it() -> None:
    assert type(Roster().members("a").copy()) is set


def test_every_pool_that_was_heard_of_is_listed_once() -> None:
    roster = Roster()
    roster.members("c|a")
    roster.add("tcp://1", ["pool-b"])

    assert roster.pools() == ("a", "b", "c")
