"""The cache: an entry is whole or absent."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from isthmus.errors import IsthmusError
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


def test_a_full_disk_is_named_with_the_way_out() -> None:
    def full(_folder: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(IsthmusError, match=f"the disk is full.*{cache.ENV_CACHE}"):
        cache.entry("bin", "x", full)


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
