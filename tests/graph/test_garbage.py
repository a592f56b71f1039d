"""The collector of the process is as it was when a record ends."""

import gc
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from isthmus.graph.garbage import RARE, rarely_collected
from tests.graph.programs import recorded


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def now() -> tuple[tuple[int, int, int], bool]:
    return gc.get_threshold(), gc.get_freeze_count() > 0


SEEN = 'import gc\npulumi.export("seen", [*gc.get_threshold(), gc.get_freeze_count() > 0])\n'


def test_a_program_is_collected_rarely_and_nothing_stays_so(tmp_path: Path) -> None:
    gc.set_threshold(701, 11, 12)

    graph = recorded(tmp_path, SEEN)

    assert graph.exports == {"seen": [*RARE, True]}
    assert now() == ((701, 11, 12), False)


def test_nothing_stays_after_a_program_that_fails(tmp_path: Path) -> None:
    gc.set_threshold(701, 11, 12)

    with pytest.raises(KeyError):
        recorded(tmp_path, "{}[1]")

    assert now() == ((701, 11, 12), False)


def test_of_two_at_once_the_last_puts_it_back() -> None:
    gc.set_threshold(701, 11, 12)
    seen = []

    with ExitStack() as first:
        first.enter_context(rarely_collected)
        with rarely_collected:
            seen.append(now())
            first.close()
            seen.append(now())

    assert seen == 2 * [(RARE, True)]
    assert now() == ((701, 11, 12), False)


def test_what_somebody_has_frozen_stays_frozen() -> None:
    gc.freeze()
    frozen = gc.get_freeze_count()

    with rarely_collected:
        pass

    assert gc.get_freeze_count() > frozen // 2  # less by what has been freed meanwhile
