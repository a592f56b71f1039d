"""The programs that local data centres run, built once from pinned Go modules into the cache.

    recipe (a module, its `go build` calls)  ->  ~/.cache/isthmus/bin/<name>-<hash>/

The hash covers go.mod, go.sum, our own sources and the calls themselves, so a changed recipe is another entry and an
old checkout still finds its own. Nothing is downloaded but Go modules, by `go` itself, checked against go.sum.
"""

import os
import re
import shutil
import signal
import subprocess
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from isthmus.errors import IsthmusError, StartFailed
from isthmus.local import cache, machine
from isthmus.local.progress import Update, step

#: Of a checkout: `tools/` and `tunnel/` are not part of the installed package.
CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Build:
    """One `go build` call."""

    packages: tuple[str, ...]
    """Import paths, or folders of the module as `./name`."""
    output: str
    """Relative to the entry: a file, or a folder if it ends in `/`."""
    ldflags: str = "-s -w"
    """`{version:MODULE}` stands for the version that go.mod requires of a module, as in `v1.37.2`; `{minor:MODULE}`
    for its second number."""
    tags: str = ""
    cgo: bool = False

    def command(self, folder: Path, versions: Mapping[str, str]) -> list[str]:
        """The call, with its output under `folder`."""
        ldflags = re.sub(r"\{version:([^}]+)\}", lambda match: versions[match[1]], self.ldflags)
        ldflags = re.sub(r"\{minor:([^}]+)\}", lambda match: versions[match[1]].split(".")[1], ldflags)
        tags = ["-tags", self.tags] if self.tags else []
        target = f"{folder}/{self.output}"
        return ["go", "build", "-v", "-trimpath", *tags, "-ldflags", ldflags, "-o", target, *self.packages]


@dataclass(frozen=True)
class Recipe:
    """One Go module and what is built from it."""

    name: str
    module: Path
    """The folder that holds go.mod."""
    builds: tuple[Build, ...]
    links: Mapping[str, str] = field(default_factory=dict)
    """Link -> file, both relative to the entry."""
    needs: tuple[machine.Need, ...] = ()
    cost: str = ""
    """What the first build costs, for the person who waits."""

    @property
    def key(self) -> str:
        """Name of the cache's entry. Raises IsthmusError without a checkout."""
        if not (self.module / "go.mod").is_file():
            raise IsthmusError(
                f"{self.module}: no go.mod; local data centres are built from a checkout of isthmus, "
                "the installed package does not hold their sources."
            )
        sources = [*self.module.rglob("*.go"), self.module / "go.mod", self.module / "go.sum"]
        calls = repr((self.builds, sorted(self.links.items())))
        return f"{self.name}-{cache.hash_of([cache.hash_of_files(self.module, filter(Path.is_file, sources)), calls])}"


def build(recipe: Recipe) -> Path:
    """The folder with a recipe's programs, built if the cache has none.

    Shows progress on stderr. Raises IsthmusError if the machine lacks something or the disk is full, StartFailed with
    the compiler's last lines if a build fails; the cache holds nothing half-done then, and the next call starts anew
    from what Go's own cache has.
    """
    return cache.entry("bin", recipe.key, lambda folder: _build(recipe, folder))


def build_all(recipes: Iterable[Recipe]) -> dict[str, Path]:
    """`build` for several recipes, one after the other: name -> folder."""
    return {recipe.name: build(recipe) for recipe in recipes}


def versions(go_mod: str) -> dict[str, str]:
    """Module -> version, as the text of a go.mod requires them; `go` -> the language version."""
    required = dict(re.findall(r"^(?:require\s+|\t)([\w./~-]+\.[\w./~-]+) (v[^\s]+)", go_mod, re.MULTILINE))
    return required | dict(re.findall(r"^(go) ([\d.]+)$", go_mod, re.MULTILINE))


def _build(recipe: Recipe, folder: Path) -> None:
    required = versions((recipe.module / "go.mod").read_text())
    machine.check_go(required["go"])
    machine.check([*recipe.needs, *(machine.CGO if any(call.cgo for call in recipe.builds) else ())])
    scratch = folder / ".scratch"
    scratch.mkdir()
    with step(f"building {recipe.name}{f' ({recipe.cost}, once)' if recipe.cost else ''}") as update:
        for call in recipe.builds:
            (folder / call.output).parent.mkdir(parents=True, exist_ok=True)
            if call.output.endswith("/"):
                (folder / call.output).mkdir(exist_ok=True)
            _go(recipe, call.command(folder, required), _environment(call, scratch), update)
    shutil.rmtree(scratch)
    for link, target in recipe.links.items():
        (folder / link).symlink_to(target)


def _environment(call: Build, scratch: Path) -> dict[str, str]:
    """What Go and the C compiler write for a moment goes where the cache is, so that ISTHMUS_CACHE moves that too."""
    ours = {"CGO_ENABLED": "1" if call.cgo else "0", "GOWORK": "off", "GOTMPDIR": str(scratch), "TMPDIR": str(scratch)}
    return {**os.environ, **ours}


def _go(recipe: Recipe, command: list[str], environment: Mapping[str, str], update: Update) -> None:
    last: deque[str] = deque(maxlen=20)
    compiled = 0
    process = subprocess.Popen(
        command, cwd=recipe.module, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert process.stderr is not None
        for line in process.stderr:  # -v names each package as it is compiled; what Go's cache has is not named
            last.append(line.rstrip())
            compiled += not line.startswith("go: ")
            update(f"{compiled} packages compiled; {line.strip()}")
        process.wait()
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)  # go and the compilers it started: all of them are ours
        process.wait()
        raise
    finally:
        if process.stderr is not None:
            process.stderr.close()
    if process.returncode:
        raise StartFailed(
            f"go build of {recipe.name}", "a built program", exit_status=process.returncode, last_lines=last
        )
