"""The builder of Go programs: what it calls, what it keeps, what it says."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from isthmus.errors import IsthmusError, StartFailed
from isthmus.local import cache, machine, recipes
from isthmus.local.binaries import CHECKOUT, Build, Recipe, build, versions

GO_MOD = """\
module example

go 1.21

require (
\tk8s.io/kubernetes v1.37.2
\tgithub.com/x/y/v2 v2.4.2 // indirect
)

require github.com/coredns/coredns v1.14.7

replace k8s.io/api => k8s.io/api v0.37.2
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Go module without dependencies, and a cache of its own."""
    monkeypatch.setenv(cache.ENV_CACHE, str(tmp_path / "cache"))
    folder = tmp_path / "module"
    folder.mkdir()
    (folder / "go.mod").write_text("module example\n\ngo 1.21\n")
    (folder / "go.sum").write_text("")
    (folder / "main.go").write_text('package main\n\nfunc main() { print("hello") }\n')
    return folder


def recipe(module: Path, **changes: object) -> Recipe:
    return Recipe(**{"name": "hello", "module": module, "builds": (Build((".",), "hello"),), **changes})  # type: ignore[arg-type]


def test_versions_are_those_that_go_mod_requires() -> None:
    assert versions(GO_MOD) == {
        "go": "1.21",
        "k8s.io/kubernetes": "v1.37.2",
        "github.com/x/y/v2": "v2.4.2",
        "github.com/coredns/coredns": "v1.14.7",
    }


def test_a_call_carries_versions_tags_and_trimmed_paths() -> None:
    call = Build(
        ("./cmd",), "bin/", ldflags="-X v={version:k8s.io/kubernetes} -X m={minor:k8s.io/kubernetes}", tags="a b"
    )

    assert call.command(Path("/out"), versions(GO_MOD)) == [
        *("go", "build", "-v", "-trimpath", "-tags", "a b"),
        *("-ldflags", "-X v=v1.37.2 -X m=37", "-o", "/out/bin/", "./cmd"),
    ]


def test_a_changed_source_sum_or_call_is_another_entry(module: Path) -> None:
    keys = {recipe(module).key, recipe(module, links={"hi": "hello"}).key}
    for file in ("main.go", "go.sum", "go.mod"):
        (module / file).write_text((module / file).read_text() + "\n")
        keys.add(recipe(module).key)

    assert len(keys) == 5


@pytest.mark.cluster
def test_a_built_program_is_kept_with_its_links(module: Path) -> None:
    folder = build(recipe(module, links={"hi": "hello"}))

    assert sorted(path.name for path in folder.iterdir()) == ["hello", "hi"]
    assert (folder / "hi").resolve() == folder / "hello"


@pytest.mark.cluster
def test_a_failed_build_shows_the_compilers_words_and_leaves_nothing(module: Path) -> None:
    (module / "main.go").write_text("package main\n\nfunc main() { undefinedName() }\n")

    with pytest.raises(StartFailed) as failed:
        build(recipe(module))

    assert failed.value.program == "go build of hello"
    assert any("undefined: undefinedName" in line for line in failed.value.last_lines)
    assert not list(cache.cache_dir().glob("bin/hello-*"))


@pytest.mark.cluster
def test_interrupting_the_builds_is_one_sentence_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tools.build"],
        cwd=CHECKOUT,
        env={**os.environ, cache.ENV_CACHE: str(tmp_path)},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("building")
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()

    assert process.returncode == 130
    assert said.splitlines()[-1] == "interrupted; the next call goes on with what Go has compiled so far."
    assert "Traceback" not in said
    assert [path for path in tmp_path.glob("bin/*") if path.is_dir()] == []


def test_a_recipe_without_a_checkout_says_so(tmp_path: Path) -> None:
    with pytest.raises(IsthmusError, match="built from a checkout"):
        build(recipe(tmp_path))


def test_missing_packages_are_named_together_with_one_command() -> None:
    needs = [
        machine.Need("sh", "dash", "is there"),
        machine.Need("no-such-program", "nftables", "Services"),
        machine.Need("/no/such/header.h", "libseccomp-dev", "filter"),
        machine.Need("neither-this", "nftables", "counters"),
    ]
    with pytest.raises(IsthmusError) as missing:
        machine.check(needs)

    assert str(missing.value).endswith("apt-get install libseccomp-dev nftables")
    assert "sh (" not in str(missing.value)


def test_a_machine_without_go_is_told_which_one(monkeypatch: pytest.MonkeyPatch, module: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))

    with pytest.raises(IsthmusError, match=r"go is not on PATH.*Go 1\.21 or newer from https://go\.dev/dl"):
        build(recipe(module))


@pytest.mark.parametrize(
    ("version", "toolchain", "enough"),
    [
        ("go1.19.8", "", False),
        ("go1.20", "", False),
        ("go1.24.4", "local", False),
        ("go1.24.4", "auto", True),
        ("go1.26.0", "local", True),
        ("go1.27rc1", "local", True),
        ("devel go1.27-1a2b3c", "local", True),
        ("", "", False),
    ],
    ids=[
        *("Debian 12's", "the last that fetches none", "Debian 13's, which fetches none", "one that fetches its like"),
        *("the very one", "a newer candidate", "a newer tree", "one that says nothing"),
    ],
)
def test_a_go_is_new_enough_if_it_is_or_if_it_fetches_one_that_is(version: str, toolchain: str, enough: bool) -> None:
    assert machine.is_new_enough(version, toolchain, "1.26.0") == enough


def test_a_go_that_is_too_old_is_named_with_the_one_that_is_needed(
    monkeypatch: pytest.MonkeyPatch, module: Path, tmp_path: Path
) -> None:
    old = tmp_path / "bin" / "go"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho go1.19.8\necho\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{old.parent}:/usr/bin:/bin")

    with pytest.raises(IsthmusError, match=rf"{old} is go1\.19\.8; go\.mod asks for Go 1\.21\. .*https://go\.dev/dl"):
        build(recipe(module))


def test_a_build_with_cgo_asks_for_a_c_compiler_whatever_its_recipe_says(
    monkeypatch: pytest.MonkeyPatch, module: Path, tmp_path: Path
) -> None:
    go = tmp_path / "bin" / "go"
    go.parent.mkdir()
    go.write_text("#!/bin/sh\necho go1.26.0\necho local\n")
    go.chmod(0o755)
    monkeypatch.setenv("PATH", str(go.parent))

    with pytest.raises(IsthmusError, match=r"lacks gcc .*apt-get install .*gcc"):
        build(recipe(module, builds=(Build((".",), "hello", cgo=True),)))


def test_the_packages_that_are_checked_are_those_that_make_installs() -> None:
    installed = (CHECKOUT / "tools" / "debian-packages.txt").read_text().split()
    checked = {need.package for need in (*machine.CGO, *machine.BUILD, *machine.RUN)}

    # What `make` itself needs before any of our code runs; git and certificates: for Go modules.
    assert set(installed) == checked | {"ca-certificates", "git", "make", "python3-venv"}
    assert installed == sorted(installed)


@pytest.mark.parametrize("recipe", [recipes.KUBE, recipes.NODE, recipes.TUNNEL], ids=lambda recipe: recipe.name)
def test_every_version_that_a_recipe_names_is_pinned_by_its_module(recipe: Recipe) -> None:
    required = versions((recipe.module / "go.mod").read_text())

    assert all("{" not in part for call in recipe.builds for part in call.command(Path("/"), required))


def test_every_program_that_is_run_as_a_link_is_one_that_kube_answers_to() -> None:
    source = (recipes.KUBE.module / "main.go").read_text()

    assert [name for name in recipes.LINKS if f'"{name}"' not in source] == []
