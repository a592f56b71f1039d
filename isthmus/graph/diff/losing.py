"""Dangers: what is lost. Something is replaced or deleted, or no longer kept from it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from isthmus.graph.diff.marking import code
from isthmus.graph.diff.model import PROVIDERS, Change, Danger, Operation
from isthmus.graph.diff.reasons import KUBERNETES, PROVIDER_REPLACED, WORDS
from isthmus.graph.diff.replacing import same_name
from isthmus.graph.diff.resources import Resource

#: Kind -> what goes with it.
_LOST: Final[Mapping[str, str]] = {
    "CustomResourceDefinition": "all its custom resources at the site go with it, whoever made them",
    "DaskCluster": "the scheduler ends, and all running work with it",
    "DaskJob": "the job ends with its cluster",
    "DaskWorkerGroup": "its workers end; what they hold in memory is computed anew",
    "LimitRange": "containers of its namespace may be of any size",
    "Namespace": "everything in it goes with it, data included",
    "PersistentVolume": "the data on it may go with it",
    "PersistentVolumeClaim": "the data on it goes with it, unless its storage class retains it",
    "ResourceQuota": "its namespace may take all that the site has",
    "RandomPassword": "every key that comes from it changes: no tunnel of the environment works until all pods are new",
    "Service": "who dials its address, its node port or its load balancer loses it",
}
_SLOTS: Final = "isthmus:index:Slots$"
#: What `up` does about something protected, tried on the engine (3.259).
_AT_PREVIEW: Final = "so `pulumi up` fails: at its preview, or with `--skip-preview`"


def replaced(rows: Sequence[Resource]) -> Iterator[Danger]:
    """Every replacement. Of those that only follow their provider: what `up` refuses, and what takes others along."""
    for row in rows:
        change = row.change
        if change is None or change.operation is not Operation.REPLACE or row.old is None:
            continue
        lost = f"{_why(change)}; {_replacement(row, change)}"
        if row.new is not None and row.title != row.old_title:
            lost += f"; the new one is {code(row.title)}"
        if row.node.type == KUBERNETES:
            others = sum(other.node.provider == row.node.urn for other in rows)
            made = f"all {others} objects made by it are" if others != 1 else "the one object made by it is"
            yield Danger("replace", row.site, row.title, f"{_why(change)}; {made} replaced with it")
        elif row.kind in _LOST or change.refused or change.reasons != (PROVIDER_REPLACED,):
            yield Danger("replace", row.site, row.old_title, _sentence(lost, change))


def _why(change: Change) -> str:
    """Reasons in words are ours; the others are property paths."""
    paths = [code(reason) for reason in change.reasons if reason not in WORDS]
    words = [reason for reason in change.reasons if reason in WORDS]
    return ", ".join([*([f"{', '.join(paths)} cannot change in place"] if paths else []), *words])


def _replacement(row: Resource, change: Change) -> str:
    retained = change.before is not None and change.before.options.retain_on_delete and row.node.is_kubernetes
    if row.new is None:
        return "it stays there, and no stack knows it any longer" if retained else _lost(row, "it is deleted there")
    if retained:
        return "the old one is retained, so in the same Kubernetes one of its name cannot be made"
    if row.node.is_kubernetes and same_name(change.old or {}, change.new or {}):
        return _lost(row, "it is deleted, then made anew: missing in between")
    return _lost(row, "another one is made, then it is deleted")


def _lost(row: Resource, otherwise: str = "it is deleted") -> str:
    """What goes with an object."""
    if row.kind == "Secret" and _SLOTS in row.node.urn:
        otherwise = "its slot loses its key, no other does: who sits there is cut off"
    return _LOST.get(row.kind, otherwise)


def deleted(rows: Sequence[Resource]) -> Iterator[Danger]:
    """Everything that goes; a component is no object, and a provider goes with what is on it."""
    for row in rows:
        change = row.change
        if change is None or not row.node.custom or row.node.type.startswith(PROVIDERS):
            continue
        if change.operation is Operation.DELETE:
            yield Danger("delete", row.site, row.title, _sentence(_lost(row), change))
        elif change.operation is Operation.FORGET:
            left = "it stays where it is, and no stack knows it any longer"
            yield Danger("forget", row.site, row.title, _sentence(left, change))


def _sentence(text: str, change: Change) -> str:
    if not change.refused:
        return text
    deep = "in its midst" if change.operation is Operation.REPLACE else "after it has deleted all that is not protected"
    return f"{text}; {change.refused}, {_AT_PREVIEW} {deep}"


def unguarded(rows: Sequence[Resource]) -> Iterator[Danger]:
    """What loses its protection or its retention."""
    for row in rows:
        before, after = (row.change.before, row.change.after) if row.change is not None else (None, None)
        if before is None or after is None or row.new is None:
            continue
        lost = _lost(row, "it goes")
        if before.options.protect and not after.options.protect:
            text = f"a later change may delete or replace it without being refused; then {lost}"
            yield Danger("protection lifted", row.site, row.title, text)
        if before.options.retain_on_delete and not after.options.retain_on_delete:
            text = f"when it leaves the stack, it is deleted in the cluster too; then {lost}"
            yield Danger("retention lifted", row.site, row.title, text)
