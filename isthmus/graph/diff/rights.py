"""Dangers: rights. What each subject may do is computed as a set; what it could not do before counts.

A right is wide if a part of it is `*`; the wide one covers the narrow one, so moving a rule from one role to another,
or spelling it otherwise, is no danger.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final, Literal

from isthmus.graph.diff.marking import code
from isthmus.graph.diff.model import Danger
from isthmus.graph.diff.resources import Resource, at, listed, mapped, mappings, texts
from isthmus.graph.model import Json

_ROLES: Final = ("Role", "ClusterRole")
_BINDINGS: Final = ("RoleBinding", "ClusterRoleBinding")
Side = Literal["old", "new"]


@dataclass(frozen=True, order=True)
class Right:
    """One verb on one resource."""

    group: str
    resource: str
    name: str
    """Of the object; empty: all of them."""
    verb: str

    def covers(self, other: "Right") -> bool:
        """Whether who has this one has the other one too."""
        return (
            self.group in ("*", other.group)
            and self.resource in ("*", other.resource)
            and self.name in ("", other.name)
            and self.verb in ("*", other.verb)
        )


@dataclass(frozen=True, order=True)
class Holder:
    """Who has rights, and where."""

    site: str
    subject: str
    namespace: str
    """Empty: at the whole site."""


Grants = Mapping[Holder, frozenset[Right]]


def widened(rows: Sequence[Resource]) -> Iterator[Danger]:
    """Rights that somebody has after and had not before, at sites that were there before."""
    old, new = _grants(rows, "old"), _grants(rows, "new")
    sites = {row.site for row in rows if row.old is not None}
    for holder, rights in sorted(new.items(), key=lambda item: item[0]):
        if holder.site not in sites:
            continue
        everywhere = Holder(holder.site, holder.subject, "")
        had = old.get(holder, frozenset()) | old.get(everywhere, frozenset())
        more = sorted(right for right in rights if not any(one.covers(right) for one in had))
        if more:
            where = f"in namespace {code(holder.namespace)}" if holder.namespace else "at the whole site"
            text = f"may do {where} what it could not before: {code(_told(more), 500)}"
            yield Danger("rights widened", holder.site, holder.subject, text)


def _grants(rows: Sequence[Resource], side: Side) -> Grants:
    """Subject and namespace -> rights. A role that nobody is bound to here may be bound by somebody else."""
    roles, bindings = _of(rows, _ROLES, side), _of(rows, _BINDINGS, side)
    rights = {_key(row, body): _rights(body) for row, body in roles}
    grants: dict[Holder, set[Right]] = defaultdict(set)
    bound = set()
    for row, body in bindings:
        namespace = _named(body)[0] if row.kind == "RoleBinding" else ""
        reference = mapped(at(body, "roleRef"))
        kind, name = str(reference.get("kind")), str(reference.get("name"))
        role = (row.site, kind, namespace if kind == "Role" else "", name)
        bound.add(role)
        given = rights.get(role, frozenset((Right("", f"{kind} {name} allows", "", "whatever"),)))
        for subject in mappings(body.get("subjects")):
            grants[Holder(row.site, _subject(subject, namespace), namespace)] |= given
    for role in rights.keys() - bound:
        site, kind, namespace, name = role
        grants[Holder(site, f"whoever is bound to {kind} {name}", namespace)] |= rights[role]
    return {holder: frozenset(found) for holder, found in grants.items()}


def _of(rows: Sequence[Resource], kinds: Collection[str], side: Side) -> list[tuple[Resource, Mapping[str, Json]]]:
    bodies = ((row, row.old if side == "old" else row.new) for row in rows if row.kind in kinds)
    return [(row, body) for row, body in bodies if isinstance(body, dict) and row.node.is_kubernetes]


def _key(row: Resource, body: Mapping[str, Json]) -> tuple[str, str, str, str]:
    namespace, name = _named(body)
    return row.site, row.kind, namespace if row.kind == "Role" else "", name


def _named(body: Mapping[str, Json]) -> tuple[str, str]:
    metadata = mapped(body.get("metadata"))
    return str(metadata.get("namespace") or ""), str(metadata.get("name"))


def _rights(body: Mapping[str, Json]) -> frozenset[Right]:
    found = set()
    rules = body.get("rules")
    for rule in listed(rules) if not isinstance(rules, str) else (rules,):
        if not isinstance(rule, dict):
            found.add(Right("", f"{rule} allows", "", "whatever"))  # unknown, or secret
            continue
        verbs, names = texts(rule.get("verbs")), texts(rule.get("resourceNames")) or [""]
        urls = texts(rule.get("nonResourceURLs"))
        found |= {Right("", f"URL {url}", "", verb) for url, verb in product(urls, verbs)}
        places = product(texts(rule.get("apiGroups")), texts(rule.get("resources")), names, verbs)
        found |= {Right(*place) for place in places}
    if body.get("aggregationRule"):
        found.add(Right("", f"is aggregated by {body['aggregationRule']}", "", "whatever"))
    return frozenset(found)


def _subject(subject: Mapping[str, Json], namespace: str) -> str:
    if subject.get("kind") == "ServiceAccount":
        return f"ServiceAccount {subject.get('namespace') or namespace}/{subject.get('name')}"
    return f"{subject.get('kind')} {subject.get('name')}"


def _told(rights: Sequence[Right]) -> str:
    """`create, delete pods; get secrets of name a`."""
    verbs: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for right in rights:
        verbs[right.group, right.resource, right.name].append(right.verb)
    parts = []
    for (group, resource, name), found in sorted(verbs.items()):
        kind = f"{resource}.{group}" if group else resource
        parts.append(f"{', '.join(found)} {kind}{f' named {name}' if name else ''}")
    return "; ".join(parts)
