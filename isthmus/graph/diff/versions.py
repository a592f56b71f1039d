"""Graphs of a version of the project: its tree in a temporary folder, recorded by its own code.

A program of another version means what it meant then only under the components, names and environment of that version.
So each version runs in a process of its own, with the folder first on the import path, and with no more of this
process's environment than a program needs: no credential that stands there. It is no sandbox: files are open to it.
"""

import os
import signal
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, Final

from isthmus.environment import stack_names
from isthmus.errors import IsthmusError
from isthmus.graph import Graph, store

#: The tree as it is, changes that nobody has committed included.
WORKING_TREE: Final = "."
#: Ours: a thousand resources take four seconds.
PATIENCE_S: Final = 300
#: What a program may see of the environment of the process: how to find programs, files and its language.
_PASSED_ON: Final = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "TZ", "VIRTUAL_ENV")


@dataclass(frozen=True)
class Version:
    """One version of the project, with the graphs of its stacks as far as they could be recorded."""

    name: str
    """As it was asked for."""
    stacks: tuple[str, ...]
    """The stacks that it has, of those that were asked for."""
    graphs: Mapping[str, Graph]
    failure: str
    """What its own code said of the others; empty if there are none."""


@contextmanager
def tree(root: Path, name: str) -> Iterator[Path]:
    """The project's folder at a version: a temporary one that goes with the block, or `root` itself for `.`.

    Raises IsthmusError if there is no such version.
    """
    if name == WORKING_TREE:
        yield root
        return
    # The project may be a part of its repository.
    prefix = _git(root, "rev-parse", "--show-prefix").rstrip("\n")
    spec = f"{name}^{{commit}}:{prefix}"
    found = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", spec, otherwise="").strip()
    if not found:
        where = f"no such commit, or none with {prefix}" if prefix else "no such commit"
        fix = "give a branch, a tag or a commit that git knows here, or `.`"
        if _git(root, "rev-parse", "--is-shallow-repository", otherwise="").strip() == "true":
            fix = "the clone is shallow, so it may just not be here: `git fetch --unshallow` gets all that there is"
        raise IsthmusError(f"{name or 'an empty name'}: {where}; {fix}.")
    with tempfile.TemporaryDirectory(prefix="isthmus-graph-") as folder:
        # In a subfolder `git archive` would look for that folder in the tree once more.
        _unpack(Path(_git(root, "rev-parse", "--show-toplevel").rstrip("\n")), found, Path(folder))
        yield Path(folder)


def _unpack(repository: Path, treeish: str, folder: Path) -> None:
    """`git archive` rather than a worktree: it leaves nothing behind in the repository, however it ends."""
    packing = subprocess.Popen(["git", "-C", repository, "archive", "--format=tar", treeish], stdout=subprocess.PIPE)
    try:
        with tarfile.open(fileobj=packing.stdout, mode="r|") as archive:
            archive.extractall(folder, filter=_within)  # noqa: S202 (the filter is tarfile's own, less its refusals)
    except (tarfile.TarError, OSError) as error:
        raise IsthmusError(f"{treeish[:12]}: its tree could not be unpacked into {folder}: {error}.") from None
    finally:
        packing.stdout.close()  # type: ignore[union-attr] # it is a pipe
        packing.kill()
        packing.wait()


def _within(member: tarfile.TarInfo, folder: str) -> tarfile.TarInfo | None:
    """Leaves out what would lead out of the folder, such as a link to an absolute path: no program may need it."""
    try:
        return tarfile.data_filter(member, folder)
    except tarfile.FilterError:
        return None


def called(root: Path, name: str) -> str:
    """How a person knows the version: as it was asked for, and the commit if that says something else."""
    if name == WORKING_TREE:
        return "the working tree"
    commit = _git(root, "rev-parse", "--short", "--end-of-options", f"{name}^{{commit}}", otherwise="").split()[-1:]
    return f"{name} ({commit[0]})" if commit and not commit[0].startswith(name[:7]) else name


def _git(root: Path, *arguments: str, otherwise: str | None = None) -> str:
    """What git says; `otherwise` if it refuses. Raises IsthmusError with git's own words if that is not given."""
    try:
        done = subprocess.run(["git", "-C", root, *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise IsthmusError("git is not on the PATH; versions are compared with it.") from None
    if done.returncode:
        if otherwise is None:
            raise IsthmusError(f"{root}: git says: {done.stderr.strip()}")
        return otherwise
    return done.stdout


def recorded(trees: Sequence[tuple[str, Path]], stack: str) -> list[Version]:
    """Every version's graphs, recorded at the same time. trees: versions and their folders. stack: a name, or `all`.

    Raises IsthmusError if a version takes too long, or if none of them has the stack.
    """
    wanted = [_wanted(folder, stack) for _, folder in trees]
    if not any(wanted):
        asked = "a stack (stacks/Pulumi.*.yaml)" if stack == "all" else f"the stack {stack}"
        known = sorted({name for _, folder in trees for name in stack_names(folder)})
        there = f"; there are: {', '.join(known)}" if known else ""
        raise IsthmusError(f"none of {', '.join(dict.fromkeys(name for name, _ in trees))} has {asked}{there}.")
    with ExitStack() as clean:
        runs = [
            clean.enter_context(_Run(name, folder, stacks, stack))
            for (name, folder), stacks in zip(trees, wanted, strict=True)
        ]
        return [run.version() for run in runs]


def _wanted(folder: Path, stack: str) -> tuple[str, ...]:
    there = stack_names(folder)
    return tuple(there) if stack == "all" else tuple(name for name in there if name == stack)


class _Run:
    """One version being recorded. Leaving the block ends the process and removes what it wrote."""

    def __init__(self, name: str, folder: Path, stacks: Sequence[str], stack: str) -> None:
        self.name, self.folder, self.stacks, self.stack = name, folder, tuple(stacks), stack
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "_Run":
        self._out = tempfile.TemporaryDirectory(prefix="isthmus-graphs-")
        self._said: IO[bytes] = tempfile.TemporaryFile()
        if self.stacks and not self._without_recorder():
            command = ["graph", "record", "--stack", self.stack, "--root", ".", "--out", self._out.name]
            self.process = subprocess.Popen(
                [sys.executable, "-m", "isthmus", *command],
                cwd=self.folder,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=self._said,
                stderr=self._said,
            )
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self._said.close()
        self._out.cleanup()

    def version(self) -> Version:
        """Waits for the recorder, and reads what it wrote."""
        if not self.stacks or self._without_recorder():
            return Version(self.name, self.stacks, {}, self._without_recorder() if self.stacks else "")
        assert self.process is not None
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            raise IsthmusError(f"{self.name}: its program has not ended after {PATIENCE_S} s.") from None
        failures = [self._spoken()] if self.process.returncode else []
        graphs = {}
        for stack in self.stacks:
            file = Path(self._out.name) / f"{stack}.json"
            try:
                graphs[stack] = store.parse(file.read_text())
            except FileNotFoundError:
                failures += [] if failures else [f"{stack}: its recorder wrote nothing."]
            except store.StoreError as error:
                failures.append(f"{stack}: {error}")
        return Version(self.name, self.stacks, graphs, "\n".join(failures))

    def _spoken(self) -> str:
        self._said.seek(0)
        text = self._said.read().decode(errors="replace").strip().removeprefix("isthmus: ")
        assert self.process is not None
        said = text.replace(f"{self.folder}/", "").replace(str(self.folder), ".")
        return said or f"its recorder ended with exit status {self.process.returncode} and said nothing."

    def _without_recorder(self) -> str:
        """Why a version that brings its own isthmus cannot record itself; empty if it can."""
        package = self.folder / "isthmus"
        if (package / "__init__.py").is_file() and not (package / "graph" / "record_command.py").is_file():
            return "this version cannot record itself: `isthmus graph record` came later; compare with a newer one."
        return ""


def _environment() -> dict[str, str]:
    kept = {name: value for name in _PASSED_ON if (value := os.environ.get(name)) is not None}
    # Nothing is written into the folder, and the folder itself comes first on the import path (`python -m`).
    return kept | {"PYTHONDONTWRITEBYTECODE": "1"}


@contextmanager
def terminable() -> Iterator[None]:
    """SIGTERM ends the block as ^C does: with everything cleaned up. Only the main thread may say so."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + signal.SIGTERM)

    try:
        before = signal.signal(signal.SIGTERM, leave)
    except ValueError:
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
