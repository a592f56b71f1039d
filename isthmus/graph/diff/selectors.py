"""Label selectors as sets of requirements."""

from dataclasses import dataclass

from isthmus.graph.diff.resources import mapped, mappings, texts
from isthmus.graph.model import Json


@dataclass(frozen=True, order=True)
class Requirement:
    """One demand on the labels of an object."""

    key: str
    operator: str
    """In, NotIn, Exists, DoesNotExist."""
    values: frozenset[str] = frozenset()

    def implies(self, other: "Requirement") -> bool:
        """Whether what meets this demand meets the other one too."""
        if self.key != other.key:
            return False
        if self.operator == other.operator == "In":
            return self.values <= other.values
        if self.operator == other.operator == "NotIn":
            return self.values >= other.values
        if self.operator == "In" and other.operator == "NotIn":
            return self.values.isdisjoint(other.values)
        return self == other or (self.operator == "In" and other.operator == "Exists")


@dataclass(frozen=True)
class Selector:
    """Which objects are meant: those that meet all requirements."""

    requirements: frozenset[Requirement] = frozenset()

    def overlaps(self, other: "Selector") -> bool:
        """Whether an object may be meant by both; True where only the objects could tell."""
        return not any(
            one.key == another.key and one.operator == another.operator == "In" and not one.values & another.values
            for one in self.requirements
            for another in other.requirements
        )


def selector(given: Json) -> Selector:
    """A selector as the API spells it. Nothing, or an empty one, means everything."""
    given = mapped(given)
    labels = mapped(given.get("matchLabels"))
    found = {Requirement(key, "In", frozenset((str(value),))) for key, value in labels.items()}
    for one in mappings(given.get("matchExpressions")):
        values = frozenset(texts(one.get("values")))
        found.add(Requirement(str(one.get("key")), str(one.get("operator")), values))
    return Selector(frozenset(found))


def narrower(one: Selector, other: Selector) -> bool:
    """Whether `one` means only objects that `other` means too."""
    return all(any(mine.implies(theirs) for mine in one.requirements) for theirs in other.requirements)


def shown(of: Selector) -> str:
    """`of all kinds`, or its requirements: `role=gateway, tier in a|b`."""
    if not of.requirements:
        return "of all kinds"
    rows = sorted(of.requirements, key=lambda row: (row.key, row.operator, sorted(row.values)))
    return "with " + ", ".join(_told(row) for row in rows)


def _told(row: Requirement) -> str:
    values = "|".join(sorted(row.values))
    if row.operator == "In":
        return f"{row.key}={values}"
    return {"NotIn": f"{row.key} not {values}", "Exists": row.key, "DoesNotExist": f"no {row.key}"}.get(
        row.operator, f"{row.key} {row.operator} {values}"
    )
