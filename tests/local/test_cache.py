"""The cache: an entry is whole or absent."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from isthmus.errors import IsthmusError, StartFailed
from isthmus.local import cache


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.ENV_CACHE, str(tmp_path / "cache"))


def write_hello(folder: Path) -> None:
    (folder / "hello").write_text("world")


def test_an_entry_is_built_once() -> None:
    built: list[Path] = []

    def build(folder: Path) -> None:
        built.append(folder)
        write_hello(folder)

    first, second = (cache.entry("bin", "x", build) for _ in range(2))

    assert first == second == cache.cache_dir() / "bin" / "x"
    assert (first / "hello").read_text() == "world"
    assert len(built) == 1


def test_a_build_that_fails_leaves_nothing_and_the_next_one_works() -> None:
    def fail(folder: Path) -> None:
        (folder / "half").write_text("done")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.entry("bin", "x", fail)

    assert [path.name for path in (cache.cache_dir() / "bin").iterdir()] == [".x.lock"]
    assert (cache.entry("bin", "x", write_hello) / "hello").exists()


def test_a_build_that_was_killed_is_cleared_away_by_the_next_one() -> None:
    script = (
        "import os; from isthmus.local import cache\n"
        "cache.entry('bin', 'x', lambda folder: ((folder / 'half').touch(), os.kill(os.getpid(), 9)))"
    )
    assert subprocess.run([sys.executable, "-c", script]).returncode == -9
    assert any(path.name.startswith(".x.building-") for path in (cache.cache_dir() / "bin").iterdir())

    cache.entry("bin", "x", write_hello)

    assert sorted(path.name for path in (cache.cache_dir() / "bin").iterdir()) == [".x.lock", "x"]


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        StartFailed("pip", "packages", exit_status=1, last_lines=["ERROR: [Errno 28] No space left on device: '/x'"]),
        StartFailed("go build", "a program", exit_status=1, last_lines=["write $WORK/b001: no space left on device"]),
    ],
    ids=["seen by us", "by pip", "by go"],
)
def test_a_full_disk_is_named_with_the_way_out(error: Exception) -> None:
    def full(_folder: Path) -> None:
        raise error

    with pytest.raises(IsthmusError, match=f"the disk is full.*{cache.ENV_CACHE}"):
        cache.entry("bin", "x", full)

    assert not (cache.cache_dir() / "bin" / "x").exists()


def test_another_failure_of_a_build_is_passed_on_as_it_is() -> None:
    error = StartFailed("go build", "a program", exit_status=1, last_lines=["undefined: x"])

    def fail(_folder: Path) -> None:
        raise error

    with pytest.raises(StartFailed) as failed:
        cache.entry("bin", "x", fail)

    assert failed.value is error


def test_an_old_entry_goes_when_its_successor_is_built_unless_it_is_still_asked_for() -> None:
    old, used, other = (cache.entry("bin", name, write_hello) for name in ("x-1", "x-2", "y-1"))
    for place in (old, used, other):
        os.utime(place, (0, 0))
    cache.entry("bin", "x-2", write_hello)

    cache.entry("bin", "x-3", write_hello)

    assert [place.exists() for place in (old, used, other)] == [False, True, True]


def test_two_processes_that_want_the_same_build_it_once() -> None:
    script = (
        "import os; from isthmus.local import cache\n"
        "cache.entry('bin', 'x', lambda folder: (folder.parent / f'built-{os.getpid()}').touch())"
    )
    processes = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(2)]

    assert [process.wait(60) for process in processes] == [0, 0]
    assert len(list((cache.cache_dir() / "bin").glob("built-*"))) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [(["ab", "c"], ["a", "bc"]), (["a"], ["a", ""]), (["a", "b"], ["b", "a"])],
    ids=["where parts end", "an empty part", "the order"],
)
def test_different_inputs_have_different_names(one: list[str], other: list[str]) -> None:
    assert cache.hash_of(one) != cache.hash_of(other)
    assert cache.hash_of(one) == cache.hash_of([part.encode() for part in one])
