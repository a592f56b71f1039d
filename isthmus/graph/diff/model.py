"""What a comparison of two graphs says: values, made of plain data, nothing secret in them."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from isthmus.graph.diff.paths import Difference, Path, spelled
from isthmus.graph.model import Json, Node

#: What the type of every provider begins with.
PROVIDERS: Final = "pulumi:providers:"


class Operation(Enum):
    """What `pulumi up` would do about a resource. In the order in which a person wants to read them."""

    REPLACE = "replace"
    DELETE = "delete"
    FORGET = "forget"
    """Out of the stack, but left where it is: retain_on_delete."""
    CREATE = "create"
    UPDATE = "update"
    RENAME = "rename"
    """Another URN, known by an alias; the object itself is untouched."""
    OPTIONS = "options"
    """Only what Pulumi is told about it; the object itself is untouched."""


@dataclass(frozen=True)
class Change:
    """One resource that `pulumi up` would touch, or know under other terms."""

    operation: Operation
    before: Node | None
    """None if it is new."""
    after: Node | None
    """None if it goes."""
    properties: tuple[Difference, ...] = ()
    """In the order of the properties; what is secret on either side shows on neither."""
    options: tuple[Difference, ...] = ()
    """What Pulumi is told otherwise: `protect`, `retain_on_delete`, ..."""
    reasons: tuple[str, ...] = ()
    """Of a replacement: the paths that force it, or what else does."""
    refused: str = ""
    """Why `pulumi up` will fail on it; empty if it will not."""
    old: Json = field(default=None, compare=False)
    """Its properties before, secrets hidden; None if it is new."""
    new: Json = field(default=None, compare=False)
    """Its properties after, what is ignored left as it was, secrets hidden; None if it goes."""

    @property
    def node(self) -> Node:
        """The resource: as it will be, or as it was if it goes."""
        node = self.after or self.before
        assert node is not None
        return node

    @property
    def renamed_from(self) -> str:
        """The URN that it had, if it had another one; else empty."""
        return self.before.urn if self.before and self.after and self.before.urn != self.after.urn else ""

    def changes_at(self, *path: str) -> bool:
        """Whether something at or below a place changes, or the place as a whole."""
        return any(_touches(difference.path, path) for difference in self.properties)


def _touches(found: Path, wanted: tuple[str, ...]) -> bool:
    return all(one == other for one, other in zip(found, wanted, strict=False))


@dataclass(frozen=True)
class Danger:
    """A change that somebody must look at before it is made: one line of the comment's top."""

    kind: str
    """What it is, in a word or two; the same for all like it."""
    site: str
    """Empty: it concerns the environment as a whole."""
    what: str
    """The object or objects."""
    consequence: str
    """What happens, and so why it is flagged."""


def kind_of(node: Node) -> str:
    """What a person calls its type: the last part, `Deployment`; of a provider also that it is one."""
    last = node.type.rpartition(":")[2]
    return f"{last} provider" if node.type.startswith(PROVIDERS) else last


def place_of(difference: Difference) -> str:
    """Where it is, in the engine's spelling."""
    return spelled(difference.path)
