"""Whose CLI, language host and plugins serve: official ones where all are installed, or where they are asked for."""

import subprocess
from pathlib import Path

import pytest

from isthmus.errors import IsthmusError
from tools.pulumi import companions


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with a PATH and a PULUMI_HOME of its own, empty both; the built CLI is never run."""
    for name in ("bin", "theirs", "home"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "theirs"))
    monkeypatch.delenv(companions.ENV_PLUGINS, raising=False)
    monkeypatch.setattr(companions, "cli", lambda: tmp_path / "built" / "pulumi")
    return tmp_path


def install_official(machine: Path) -> None:
    for name in ("pulumi", "pulumi-language-python"):
        (machine / "bin" / name).write_text("#!/bin/sh\n")
        (machine / "bin" / name).chmod(0o755)
    for name, version in companions._plugins().items():
        (machine / "theirs" / "plugins" / f"resource-{name}-v{version}").mkdir(parents=True)


def test_without_anything_installed_the_stand_ins_serve(machine: Path) -> None:
    found = companions.install(machine / "home")

    assert found.cli == machine / "built" / "pulumi"
    assert [name.split()[0] for name in found.stand_ins] == ["kubernetes", "random"]
    assert found.environment["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"


def test_what_is_installed_serves_and_gives_way_when_a_stand_in_is_asked_for(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_official(machine)

    official = companions.install(machine / "home")
    monkeypatch.setenv(companions.ENV_PLUGINS, "stand-in")
    ours = companions.install(machine / "home")

    assert official == companions.Companions(machine / "bin" / "pulumi", official.environment)
    assert ours.stand_ins
    assert not [file for file in (machine / "theirs" / "plugins").rglob("*") if file.is_file()]  # nothing of ours there


@pytest.mark.parametrize(("asked", "named"), [("official", "not on PATH"), ("both", "'both'")])
def test_a_wish_that_cannot_be_met_is_refused(
    machine: Path, monkeypatch: pytest.MonkeyPatch, asked: str, named: str
) -> None:
    monkeypatch.setenv(companions.ENV_PLUGINS, asked)

    with pytest.raises(IsthmusError, match=named):
        companions.install(machine / "home")


def test_a_launcher_finds_its_module_whatever_the_working_folder_holds(machine: Path, tmp_path: Path) -> None:
    companions.install(machine / "home")
    (launcher,) = (machine / "home" / "plugins").glob("resource-random-v*/pulumi-resource-random")
    for name in ("tools", "pulumi", "grpc"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the working folder was imported')\n")

    with subprocess.Popen([launcher], cwd=tmp_path, stdout=subprocess.PIPE, text=True) as plugin:
        assert plugin.stdout is not None
        port = plugin.stdout.readline()
        plugin.terminate()

    assert port.strip().isdecimal()
