"""The cache: an entry is whole or absent."""

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
    ("line", "expected"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device: '/x/y'", "/x/y"),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "{entry}"),
        ("go: download of example: write /home/me/go/pkg/x.zip: no space left on device", "/home/me/go/pkg/x.zip"),
        ("write $WORK/b001: no space left on device", "{entry}"),
        ("/usr/lib/go/pkg/tool/link: mapping output file failed: no space left on device", "{entry}"),
    ],
    ids=["pip, somewhere else", "pip, nowhere in particular", "go, its own cache", "go, in the entry", "its linker"],
)
def test_the_disk_that_is_full_is_the_one_that_the_error_names(line: str, expected: str) -> None:
    def full(_folder: Path) -> None:
        raise StartFailed("pip or go", "packages", exit_status=1, last_lines=["...", line])

    with pytest.raises(IsthmusError) as failed:
        cache.entry("bin", "x", full)

    entry = cache.cache_dir() / "bin" / "x"
    way_out = f"set {cache.ENV_CACHE} to a folder on another disk" if "{" in expected else "GOCACHE and GOMODCACHE"
    assert str(failed.value).startswith(f"{expected.format(entry=entry)}: the disk is full.")
    assert way_out in str(failed.value)


_ON_A_TINY_DISK = """
import sys
from pathlib import Path
from isthmus.errors import IsthmusError
from isthmus.local import binaries, cache
try:
    if sys.argv[1] == "we":
        cache.entry("bin", "x-1", lambda folder: (folder / "big").write_bytes(bytes(1_000_000)))
    else:
        binaries.build(binaries.Recipe("x", Path(sys.argv[2]), (binaries.Build((".",), "x"),)))
except IsthmusError as error:
    print(error)
print(sorted(path.name for path in (cache.cache_dir() / "bin").iterdir() if path.is_dir()))
"""


@pytest.mark.cluster
@pytest.mark.parametrize("who", ["we", "go"])
def test_a_full_disk_is_named_with_the_way_out_and_holds_nothing_half_done(tmp_path: Path, who: str) -> None:
    disk, module = tmp_path / "cache", tmp_path / "module"
    disk.mkdir()
    module.mkdir()
    (module / "go.mod").write_text("module example\n\ngo 1.21\n")
    (module / "go.sum").write_text("")
    (module / "main.go").write_text('package main\n\nfunc main() { print("hello") }\n')
    mount = f'mount -t tmpfs -o size=256k tmpfs "{disk}" && exec "$@"'  # in mounts of its own: gone with the process
    command = ["unshare", "--mount", "sh", "-c", mount, "sh", sys.executable, "-c", _ON_A_TINY_DISK, who, str(module)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2])

    message, left = done.stdout.splitlines()
    assert message.startswith(f"{disk}/bin/"), done.stderr
    assert f": the disk is full. Make room there, or set {cache.ENV_CACHE} to a folder on another disk;" in message
    assert left == "[]"


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
