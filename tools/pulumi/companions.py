"""What the CLI needs beside itself: the language host and a plugin per provider SDK. Official ones, or our own.

The CLI looks for them in `$PULUMI_HOME/plugins/<kind>-<name>-v<version>/`. The home is private to a project, so what
we put there never reaches another of the user's projects.
"""

import json
import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Final

from isthmus.errors import IsthmusError
from tools.pulumi.binary import cli

#: `official`: CLI and language host from PATH, plugins as the CLI finds or fetches them. `stand-in`: our own.
#: Not set: official if all of it is installed already, else stand-in.
ENV_PLUGINS: Final = "ISTHMUS_PULUMI_PLUGINS"
_CHECKOUT: Final = Path(__file__).resolve().parents[2]
#: Provider SDKs of this project, as Python packages; each says in a file of its own which plugin it belongs to.
_SDKS: Final = ("pulumi_kubernetes", "pulumi_random")


@dataclass(frozen=True)
class Companions:
    """A CLI and how to start it so that it finds the rest."""

    cli: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    stand_ins: tuple[str, ...] = ()
    """Plugins that are not the official ones, e.g. `kubernetes 4.34.2`."""


def install(home: Path) -> Companions:
    """Makes `home` a PULUMI_HOME with all that this project needs; builds the CLI if need be.

    Raises IsthmusError if the official ones are asked for and missing.
    """
    asked = os.environ.get(ENV_PLUGINS, "")
    if asked not in ("", "official", "stand-in"):
        raise IsthmusError(f"{ENV_PLUGINS} is {asked!r}; expected official or stand-in, or not set.")
    plugins = _plugins()
    theirs = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi") / "plugins"
    if asked == "official" or (not asked and _installed(theirs, plugins)):
        return _official(home, theirs)
    return _stand_in(home, plugins)


def _plugins() -> dict[str, str]:
    """Plugin -> version that the installed SDKs ask for."""
    found = {}
    for sdk in _SDKS:
        plugin = json.loads((resources.files(sdk) / "pulumi-plugin.json").read_text())
        found[plugin["name"]] = plugin["version"].removeprefix("v")
    return found


def _installed(theirs: Path, plugins: Mapping[str, str]) -> bool:
    programs = all(shutil.which(name) for name in ("pulumi", "pulumi-language-python"))
    return programs and all((theirs / f"resource-{name}-v{version}").is_dir() for name, version in plugins.items())


def _official(home: Path, theirs: Path) -> Companions:
    found = shutil.which("pulumi")
    if not found or not shutil.which("pulumi-language-python"):
        raise IsthmusError(
            f"{ENV_PLUGINS} is official, but pulumi and pulumi-language-python are not on PATH. "
            "Install the Pulumi CLI, or unset the variable to use this repository's stand-ins."
        )
    theirs.mkdir(parents=True, exist_ok=True)
    ours = home / "plugins"
    if not ours.is_symlink():
        shutil.rmtree(ours, ignore_errors=True)
        ours.symlink_to(theirs)
    # The interpreter that runs us has the SDKs; a project without a virtual environment of its own uses it.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return Companions(Path(found), {"PATH": path})


def _stand_in(home: Path, plugins: Mapping[str, str]) -> Companions:
    ours = home / "plugins"
    if ours.is_symlink():
        ours.unlink()
    _launcher(ours, "language", "python", "0.1.0", "tools.pulumi.language")
    _launcher(ours, "language", "nodejs", "0.1.0", "tools.pulumi.language.nodejs")
    _launcher(ours, "language", "yaml", "0.1.0", "tools.pulumi.language.yaml")
    _launcher(ours, "resource", "pulumi-python", "0.1.0", "pulumi.dynamic")
    for name, version in plugins.items():
        _launcher(ours, "resource", name, version, f"tools.pulumi.stand_in.{name}")
    environment = {
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",  # else a stray plugin on PATH would be taken instead
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",  # a missing plugin is an error, not a download
    }
    return Companions(cli(), environment, tuple(f"{name} {version}" for name, version in plugins.items()))


def _launcher(plugins: Path, kind: str, name: str, version: str, module: str) -> None:
    """An executable that runs a module with our interpreter, whatever the working folder holds."""
    steps = ["import runpy, sys", f"sys.path.insert(0, {str(_CHECKOUT)!r})"]
    if module.startswith("tools."):
        steps.append("import tools.pulumi.protocol")
    code = "; ".join([*steps, f"runpy.run_module({module!r}, run_name='__main__', alter_sys=True)"])
    text = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -u -P -c {shlex.quote(code)} "$@"\n'
    place = plugins / f"{kind}-{name}-v{version}" / f"pulumi-{kind}-{name}"
    if place.is_file() and place.read_text() == text:
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_name(f".{place.name}.{os.getpid()}")
    fresh.write_text(text)
    fresh.chmod(0o755)
    fresh.rename(place)  # another process of the same project may be starting the old one
