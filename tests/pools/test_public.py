"""What `isthmus.pools` offers, and what it says without a cluster."""

import pytest
from distributed import Client, Scheduler

import isthmus.pools
from isthmus.pools import open_dataset


def test_every_public_name_is_there_and_documented() -> None:
    undocumented = [name for name in isthmus.pools.__all__ if not getattr(isthmus.pools, name).__doc__]

    assert undocumented == []
    assert sorted(isthmus.pools.__all__) == isthmus.pools.__all__


def test_without_a_client_there_is_nobody_to_open_it() -> None:
    with pytest.raises(ValueError, match="client"):
        open_dataset("/data/x.nc")


async def test_an_asynchronous_client_is_refused() -> None:
    async with (
        Scheduler(host="127.0.0.1", dashboard_address="127.0.0.1:0") as scheduler,
        Client(scheduler.address, asynchronous=True),
    ):
        with pytest.raises(ValueError, match="asynchronous"):
            open_dataset("/data/x.nc")
