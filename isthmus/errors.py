"""What isthmus raises.

    IsthmusError                 one sentence for a person; the command line prints it and exits 1
    ├── ConfigError              stack files or arguments: every mistake at once
    ├── UnsetSecrets             the site files name stack secrets that nobody has set
    ├── CatalogError             a prefix of the catalog is unusable
    ├── NoPool                   no pool of the catalog holds this path
    ├── UnsupportedDask          the installed distributed lacks what isthmus.pools stands on
    ├── StartFailed              a program that should have come up ended or stayed silent
    ├── ApiError                 isthmus.controller: a call to the Kubernetes API did not happen
    │   ├── Refused              the server said no: the object or the quota must change first
    │   └── Unavailable          the server could not be asked, or was too busy
    ├── Unusable                 isthmus.controller: a custom resource that cannot be acted on
    ├── SchedulerError           isthmus.controller: a Dask scheduler gave no usable answer
    ├── RecordError              isthmus.graph: the program did not run through
    ├── StoreError               isthmus.graph: a text is no recorded graph that this version reads
    ├── Unreached                isthmus.reach: API servers of the environment do not answer
    ├── OrphanError              components: a resource without its component
    └── PulumiFailed             tools/pulumi: the engine ended with an error

Fields carry the data, so that callers and tests need not read prose. No message ever holds a secret's value.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from isthmus.names import DISTRIBUTED


class IsthmusError(Exception):
    """A condition that a person can mend. The message says where, what was given, what is allowed, what to do."""


@dataclass(frozen=True, order=True)
class Mistake:
    """One thing wrong in one place of what is configured."""

    file: str
    """Path as the user would type it, relative to the project; empty for a program's arguments."""
    path: str
    """Dotted path of the field, list positions as numbers; empty for the file as a whole."""
    problem: str
    """What was given and what is allowed, in one sentence."""
    fix: str = ""
    """What to do, where it does not follow from the problem."""

    def __str__(self) -> str:
        where = ": ".join(part for part in (self.file, self.path) if part)
        return f"{where}: {self.problem}{' ' + self.fix if self.fix else ''}"


class ConfigError(IsthmusError):
    """Stack files or arguments describe no environment. `mistakes` holds all of them, in the order of the files."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        count = "1 mistake" if len(self.mistakes) == 1 else f"{len(self.mistakes)} mistakes"
        where = "the stack files" if any(mistake.file for mistake in self.mistakes) else "the arguments"
        super().__init__("\n".join([f"{count} in {where}:", *(f"  {mistake}" for mistake in self.mistakes)]))


class UnsetSecrets(IsthmusError):
    """Secrets of a stack that its site files name and that have no value yet. `stack`, and their `keys`."""

    def __init__(self, stack: str, keys: Sequence[str]) -> None:
        self.stack, self.keys = stack, tuple(keys)
        commands = ", ".join(f"`pulumi config set --stack {stack} --secret isthmus:{key}`" for key in self.keys)
        super().__init__(f"the site files of {stack} name secrets that are not set; set each of them: {commands}.")


class CatalogError(IsthmusError):
    """An entry of the catalog cannot be used. `entry` is what was given, mostly the prefix."""

    def __init__(self, entry: object, problem: str) -> None:
        self.entry, self.problem = entry, problem
        super().__init__(f"catalog: {entry if isinstance(entry, str) else repr(entry)}: {problem}.")


class NoPool(IsthmusError):
    """Data was to be opened where it lies, and nothing says where that is. `path`, and the catalog's `prefixes`."""

    def __init__(self, path: str, prefixes: Sequence[str]) -> None:
        self.path, self.prefixes = path, tuple(prefixes)
        known = f"its prefixes are {', '.join(self.prefixes)}" if self.prefixes else "it is empty"
        super().__init__(
            f"{path}: no pool of the catalog holds this path; {known}. Add its prefix to the catalog of a pool, or say "
            'where it lies: with pool("NAME"): open_dataset(...).'
        )


class UnsupportedDask(IsthmusError, ImportError):
    """The installed distributed lacks something that isthmus stands on. `missing` names it."""

    def __init__(self, version: str, missing: Sequence[str]) -> None:
        self.version, self.missing = version, tuple(missing)
        super().__init__(
            f"isthmus does not work with distributed {version}, which lacks {', '.join(self.missing)}; "
            f"install a version that isthmus supports: {DISTRIBUTED}."
        )


class StartFailed(IsthmusError):
    """A program that isthmus started did not come up."""

    def __init__(self, program: str, expected: str, *, exit_status: int | None, last_lines: Sequence[str]) -> None:
        self.program, self.expected, self.exit_status, self.last_lines = (
            program,
            expected,
            exit_status,
            tuple(last_lines),
        )
        ended = "is still running" if exit_status is None else f"ended with exit status {exit_status}"
        tail = "".join(f"\n    {line}" for line in self.last_lines) or " (it wrote nothing)"
        super().__init__(f"{program} {ended}; expected: {expected}; its last lines:{tail}")
