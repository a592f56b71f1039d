"""How many workers a pool needs, as a table; against a real scheduler in test_routes.py."""

from dataclasses import replace

import pytest

from isthmus.pools.demand import Load, desired

IDLE = Load(workers=2, threads=2, seconds=0, tasks=0, nbytes=0, memory_limit=4_000)

CASES = [
    ("nothing to do", IDLE, 0),
    ("100 tasks of a second, in 5 s", replace(IDLE, seconds=100, tasks=100), 20),
    ("never more threads than tasks", replace(IDLE, seconds=100, tasks=3), 3),
    ("a little work needs one", replace(IDLE, seconds=0.1, tasks=1), 1),
    ("workers of four threads", replace(IDLE, threads=8, seconds=100, tasks=100), 5),
    ("no worker yet: counted as one thread each", Load(0, 0, 50, 100, 0, 0), 10),
    ("memory above 60 %: twice the workers", replace(IDLE, nbytes=2_401), 4),
    ("memory at 60 %: as it is", replace(IDLE, nbytes=2_400), 0),
    ("a memory limit of nothing is no limit", replace(IDLE, nbytes=9_999, memory_limit=0), 0),
    ("more work than memory asks for", replace(IDLE, seconds=100, tasks=100, nbytes=3_000), 20),
    ("a share of what any pool can do", replace(IDLE, seconds=7.5, tasks=1.5), 2),
]


@pytest.mark.parametrize(("load", "workers"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_pool_wants_the_workers_that_finish_its_own_work_in_time(load: Load, workers: int) -> None:
    assert desired(load, target_s=5) == workers
