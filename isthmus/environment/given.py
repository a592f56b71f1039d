"""What somebody gave as an environment, before anybody has looked at it: mappings, and where each of them stands.

Stack files are one source of them, a program's arguments another; from here on both go the same way.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from isthmus.errors import Mistake


@dataclass(frozen=True)
class Place:
    """Where a mapping stands, as its mistakes name it."""

    file: str
    """Empty: in no file."""
    prefix: str = ""
    """Stands before every path, with the separator."""

    def path(self, field: str = "") -> str:
        """The whole path of a field of the mapping; of the mapping itself without one."""
        return f"{self.prefix}{field}".rstrip(".:")

    def below(self, field: str) -> "Place":
        """The place of a mapping in this one."""
        return replace(self, prefix=f"{self.prefix}{field}.")

    def wrong(self, field: str, problem: str, fix: str = "") -> Mistake:
        """A mistake in a field of the mapping."""
        return Mistake(self.file, self.path(field), problem, fix)


@dataclass(frozen=True)
class GivenSite:
    """One site, own or external."""

    name: str
    at: Place
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Given:
    """One environment."""

    project: str
    environment: str
    at: Place
    """Of the settings."""
    settings: Mapping[str, Any] | None
    """Keys of the stack, without their namespace; no stack secrets. None: they cannot be read."""
    sites: tuple[GivenSite, ...]
