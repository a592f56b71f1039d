"""Workers carry the tag of their pool."""

import re
from collections.abc import Iterator
from typing import Any, Final

from isthmus import names
from policy.plain import UNKNOWN, at
from policy.pods import pods_of
from policy.record import Finding, Resource, Settings, StackRule, Unknown, not_known
from policy.stack import Stack

OPTION: Final = "--resources"
_TAG: Final = re.compile(rf"(?:\A|[\s,]){names.pool_resource('')}([^=\s,]+)=")


def check_pool_tags(stack: Stack, _: Settings) -> Iterator[Finding]:
    site_of: dict[object, object] = {}
    for group in stack.of("DaskWorkerGroup"):
        pool = at(group.props, "metadata", "labels", names.LABEL_POOL)
        if pool is UNKNOWN:
            yield not_known("metadata.labels", group.urn)
        elif pool is not None:
            yield from _tagged(group, pool)
            if site_of.setdefault(pool, group.world) != group.world:
                where = f"metadata.labels.{names.LABEL_POOL}"
                yield Finding(where, "is a pool of another site too: its data cannot be in two places", group.urn)


def _tagged(group: Resource, pool: Any) -> Iterator[Finding]:
    for pod in pods_of(group):
        if pod.spec is UNKNOWN or at(pod.spec, "containers") is UNKNOWN:
            yield not_known(pod.where, group.urn)
            continue
        commands = [command for container in pod.containers for command in _command(container.fields)]
        tags = {tag for text in _resources(commands) for tag in _TAG.findall(text)}
        if UNKNOWN in commands:
            yield not_known(f"{pod.where}.containers", group.urn)
        elif tags != {pool}:
            said = "tag no pool" if not tags else "tag another pool than the one of their group"
            yield Finding(f"{pod.where}.containers", said, group.urn)


def _command(fields: Any) -> list[Any]:
    parts = [at(fields, part) for part in ("command", "args")]
    return [word for part in parts for word in (part if isinstance(part, list) else [part]) if word is not None]


def _resources(words: list[Any]) -> Iterator[str]:
    """What follows `--resources`, as a word of its own or behind `=`."""
    for position, word in enumerate(words):
        if word == OPTION:
            yield from (text for text in words[position + 1 : position + 2] if isinstance(text, str))
        elif isinstance(word, str) and word.startswith(f"{OPTION}="):
            yield word.removeprefix(f"{OPTION}=")


POOL_TAGS: Final = StackRule(
    name="pool-tags",
    title="The workers of a pool are tagged with it, and a pool is at one site.",
    why="Tasks go where the tag is: with another one, or none, the scheduler waits for workers that never come.",
    fix="Start them with `dask worker --resources pool-NAME=1`, NAME being the group's label isthmus.dev/pool.",
    standard="ours",
    unknown=Unknown.IS_VIOLATION,
    check=check_pool_tags,
    limits="That every pool of the catalog has workers is refused by the environment; pools of other stacks are not "
    "seen.",
)
