"""Which old URNs the engine would take for a resource (pulumi: pkg/resource/deploy/step_generator.go, generateAliases).

The SDK sends a resource's own aliases only; those that follow from its ancestors' the engine derives. It looks for them
in the state, where a parent has been under one of its aliases; without a state each of the parent's may be the one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from isthmus.graph.model import STACK


@dataclass(frozen=True)
class Alias:
    """One alias as the program told it: a URN, or what was different then. Empty: as it is now."""

    urn: str = ""
    name: str = ""
    type: str = ""
    parent: str = ""
    """URN."""
    no_parent: bool = False
    stack: str = ""
    project: str = ""

    def __str__(self) -> str:
        parent = "none" if self.no_parent else self.parent
        told = {"name": self.name, "type": self.type, "stack": self.stack, "project": self.project, "parent": parent}
        return self.urn or ",".join(f"{key}={text}" for key, text in told.items() if text)


@dataclass(frozen=True)
class Named:
    """What a URN says."""

    stack: str
    project: str
    chain: str
    """Types of the ancestors and the own one, joined with `$`."""
    name: str

    @property
    def type(self) -> str:
        """The own type."""
        return self.chain.rpartition("$")[2]


def parsed(urn: str) -> Named:
    """The parts of a URN; a name may hold `::` itself. Raises ValueError if it is none."""
    start, project, chain, name = urn.split("::", 3)
    return Named(start.removeprefix("urn:pulumi:"), project, chain, name)


def urn_of(stack: str, project: str, parent: str, type_: str, name: str) -> str:
    """The engine's URN: types of all ancestors but the stack, then the own one. parent: URN, empty if there is none."""
    above = parsed(parent).chain if parent else ""
    chain = f"{above}${type_}" if above and above != STACK else type_
    return f"urn:pulumi:{stack}::{project}::{chain}::{name}"


def aliases_of(urn: str, parent: str, told: Sequence[Alias], known: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Every URN that the engine would take for a resource, sorted, without its own.

    known: the aliases of resources registered before, by URN: of the parent at least.
    """
    own = parsed(urn)
    found: list[str] = []
    for alias in told:
        found += _collapsed(alias, own, parent, known)
    for old in known.get(parent, ()):
        for child in (own, *map(parsed, list(found))):
            found.append(_inherited(child, parsed(parent).name, old, own))
    return tuple(sorted(set(found) - {urn}))


def _collapsed(alias: Alias, own: Named, parent: str, known: Mapping[str, Sequence[str]]) -> list[str]:
    if alias.urn:
        return [alias.urn]
    if alias.no_parent:
        above: list[str] = [""]
    elif alias.parent:  # which may itself have had another URN then
        above = [alias.parent, *known.get(alias.parent, ())]
    else:
        above = [parent]
    return [
        urn_of(
            alias.stack or own.stack, alias.project or own.project, one, alias.type or own.type, alias.name or own.name
        )
        for one in above
    ]


def _inherited(child: Named, parent_name: str, old_parent: str, own: Named) -> str:
    """What a child was called below its parent's old URN; a name that begins as its parent's did so then too."""
    name = child.name
    if name.startswith(parent_name):
        name = parsed(old_parent).name + name.removeprefix(parent_name)
    return urn_of(own.stack, own.project, old_parent, child.type, name)
