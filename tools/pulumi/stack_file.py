"""The stack's configuration as the CLI reads it, without a word of ours in the user's tree.

The CLI keeps the salt of the stack's passphrase in the stack's file and would write it into the committed
`stacks/Pulumi.<env>.yaml` at the first update, reordering the file and losing its comments. The passphrase is private
to this machine, so the salt has no business there. Therefore the CLI is given a copy (`--config-file`): the committed
text of this moment, and the salt. A file that has a salt or a secrets provider of its own holds secrets that only these
can open, and is used as it is.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

_OWN_SECRETS: Final = ("encryptionsalt", "secretsprovider", "encryptedkey")
#: Commands that take `--config-file`, with their aliases. The rest does not touch the stack's file, but for
#: `stack change-secrets-provider`, `stack import` and `stack history --show-secrets`, which may write the salt.
_READERS: Final = frozenset(
    ("up", "update", "preview", "pre", "destroy", "down", "dn", "refresh", "import", "watch", "logs")
)
#: Of these, those that start plugins.
_WITH_PLUGINS: Final = _READERS - {"logs"}
_CONFIG: Final = frozenset(("config", "conf", "cfg"))
#: Options that may stand before the command and have a value of their own.
_VALUED: Final = frozenset(
    ("--cwd", "-C", "--color", "--verbose", "-v", "--tracing", "--profiling", "--memprofilerate")
)
#: What a person says to change the file is done to the file itself.
_WRITERS: Final = frozenset(("set", "set-all", "rm", "rm-all", "cp", "refresh", "env"))


class StackFile:
    """The configuration of one stack of one project."""

    def __init__(self, root: Path, project: Mapping[str, Any], env: str, private: Path) -> None:
        """private: a folder of ours that is a project of the same name, where `stack init` leaves the salt."""
        self.committed = root / str(project.get("stackConfigDir") or "") / f"Pulumi.{env}.yaml"
        self.private = private / f"Pulumi.{env}.yaml"

    @property
    def has_own_secrets(self) -> bool:
        """Whether the committed file states how its secrets are encrypted."""
        return any(key in self._read(self.committed) for key in _OWN_SECRETS)

    @property
    def has_salt(self) -> bool:
        """Whether `stack init` has left a salt."""
        return "encryptionsalt" in self._read(self.private)

    def arguments(self, args: Sequence[str]) -> list[str]:
        """The CLI's arguments, told where the configuration is; refreshes the copy."""
        words = _words(args)
        if words[:1] == ["stack"] and words[1:2] in (["rm"], ["remove"]):
            return [*args, "--preserve-config"]  # else it would delete the committed file
        if self.has_own_secrets or not _reads_config(words) or any(a.startswith("--config-file") for a in args):
            return list(args)
        salt = self._read(self.private)["encryptionsalt"]
        text = self.committed.read_text() if self.committed.exists() else ""
        _write(self.private, f"encryptionsalt: {salt}\n{text}")
        at = args.index("--") if "--" in args else len(args)
        return [*args[:at], "--config-file", str(self.private), *args[at:]]

    @staticmethod
    def _read(path: Path) -> Mapping[str, Any]:
        document = yaml.safe_load(path.read_text()) if path.exists() else None
        return document if isinstance(document, dict) else {}


def uses_plugins(args: Sequence[str]) -> bool:
    """Whether the CLI's command asks providers anything."""
    return _words(args)[:1] in [[name] for name in _WITH_PLUGINS]


def _reads_config(words: Sequence[str]) -> bool:
    command, verb = [*words, "", ""][:2]
    return command in _READERS or (command in _CONFIG and verb not in _WRITERS)


def _words(args: Sequence[str]) -> list[str]:
    """The command and what follows it, without options."""
    words: list[str] = []
    before = ""
    for arg in args:
        if not arg.startswith("-") and (words or before not in _VALUED):
            words.append(arg)
        before = arg
    return words


def _write(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(text)
    fresh.rename(path)
