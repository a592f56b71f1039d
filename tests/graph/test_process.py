"""What a record changes of its process is as it was when it ends."""

import gc
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from isthmus.graph.process import RARE, rarely_collected
from tests.graph.programs import recorded
from tests.graph.test_record import KUBERNETES


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


# -- the environment

AMBIENT = {
    "KUBECONFIG": "/home/somebody/.kube/config",
    "PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY": "false",
    "PULUMI_CONFIG": '{"isthmus:token": "of an outer stack"}',
}


def test_a_graph_does_not_tell_who_recorded_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = KUBERNETES + 'pulumi.export("token", pulumi.Config().get("token"))'
    plain = recorded(tmp_path / "plain", program)

    for name, value in AMBIENT.items():
        monkeypatch.setenv(name, value)

    assert recorded(tmp_path / "ambient", program) == plain
    assert {name: os.environ[name] for name in AMBIENT} == AMBIENT


def test_the_rest_of_the_environment_is_the_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOMETHING", "else")

    assert recorded(tmp_path, 'import os\npulumi.export("seen", os.environ["SOMETHING"])').exports == {"seen": "else"}
