"""Two graphs -> what the engine would do to get from one to the other. Pure.

A prediction: it knows no state, no default of a cluster and no server's dry run. What it has in common with the engine:
aliases, ignored changes, what cannot change in place, what protection and retention mean.
"""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Final

from isthmus.graph.diff.hiding import hidden_places, hide, veiled
from isthmus.graph.diff.model import Change, Operation
from isthmus.graph.diff.paths import ABSENT, Difference, differences, ignoring
from isthmus.graph.diff.reasons import Consequences, follows, reasons_of
from isthmus.graph.model import STACK, Graph, Json, Node, Options

#: What Pulumi is told that has no effect on what `up` does to a resource.
_QUIET: Final = frozenset(("aliases", "version", "custom_timeouts", "additional_secret_outputs", "hide_diffs"))
_ORDER: Final = {operation: number for number, operation in enumerate(Operation)}


def changes(before: Graph, after: Graph) -> tuple[Change, ...]:
    """Every resource that changes, sorted by what happens to it and by URN; empty for equal graphs."""
    pairs = _pairs(before, after)
    known = Consequences.of(before, after, pairs)
    while True:
        found = [change for old, new in pairs if (change := _change(old, new, known))]
        # A replaced provider or seed changes others, which may take further ones along.
        further = known.with_replaced(change.node.urn for change in found if change.operation is Operation.REPLACE)
        if further == known:
            break
        known = further
    claimed = {old.urn for old, _ in pairs if old is not None}
    found += [_gone(node) for node in before.nodes if node.type != STACK and node.urn not in claimed]
    return tuple(sorted(found, key=lambda change: (_ORDER[change.operation], change.node.urn)))


def outputs(before: Graph, after: Graph) -> tuple[Difference, ...]:
    """The stack's outputs that change, secrets hidden."""
    hidden = frozenset((*before.export_secrets, *after.export_secrets))
    return veiled(differences(dict(before.exports), dict(after.exports)), hidden)


def _pairs(before: Graph, after: Graph) -> list[tuple[Node | None, Node]]:
    """Every resource of the new graph with the one of the old graph that it continues: by URN first, then by alias."""
    olds = {node.urn: node for node in before.nodes if node.type != STACK}
    news = [node for node in after.nodes if node.type != STACK]
    claimed = {node.urn for node in news} & olds.keys()
    pairs: list[tuple[Node | None, Node]] = []
    for node in news:
        names = (node.urn,) if node.urn in olds else tuple(alias for alias in node.aliases if alias not in claimed)
        urn = next((name for name in names if name in olds), None)
        if urn is not None:
            claimed.add(urn)
        pairs.append((olds[urn] if urn is not None else None, node))
    return pairs


def _change(old: Node | None, new: Node, known: Consequences) -> Change | None:
    """What happens to a resource of the new graph; None if nothing does."""
    if old is None:
        return Change(Operation.CREATE, None, new, new=hide(new.inputs, hidden_places(None, new)))
    inputs = ignoring(old.inputs, new.inputs, new.options.ignore_changes)
    raw = list(differences(old.inputs, inputs))
    drawn = list(follows(old, new, known))
    reasons = reasons_of(old, new, inputs, [*raw, *drawn], known)
    hidden = hidden_places(old, new)
    found = (*drawn, *veiled(raw, hidden))
    options = tuple(_options(old.options, new.options))
    operation = _operation(reasons, found, options, renamed=old.urn != new.urn)
    if operation is None:
        return None
    protected = operation is Operation.REPLACE and new.options.protect and old.options.protect
    return Change(
        operation,
        old,
        new,
        properties=found,
        options=options,
        reasons=reasons,
        refused="it is protected, and a replacement deletes it" if protected else "",
        old=hide(old.inputs, hidden),
        new=hide(inputs, hidden),
    )


def _operation(
    reasons: Sequence[str], found: Sequence[Difference], options: Sequence[Difference], *, renamed: bool
) -> Operation | None:
    if reasons:
        return Operation.REPLACE
    if found:
        return Operation.UPDATE
    if renamed:
        return Operation.RENAME
    return Operation.OPTIONS if options else None


def _gone(node: Node) -> Change:
    kept = node.custom and node.options.retain_on_delete
    return Change(
        Operation.FORGET if kept else Operation.DELETE,
        node,
        None,
        refused="it is protected" if node.options.protect else "",
        old=hide(node.inputs, hidden_places(node, None)),
    )


def _options(old: Options, new: Options) -> Iterator[Difference]:
    for field in fields(Options):
        one, other = (_plain(getattr(options, field.name)) for options in (old, new))
        if field.name not in _QUIET and one != other:
            yield Difference((field.name,), one, other)


def _plain(value: Json) -> Json:
    return ABSENT if value in (None, "") else list(value) if isinstance(value, tuple) else value
