"""Every seat on the data plane exists once."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from isthmus import names
from policy.plain import UNKNOWN, at
from policy.record import Finding, Resource, Settings, Severity, StackRule, Unknown, not_known
from policy.rules.keys import tunnel_texts
from policy.stack import Stack

FIELDS: Final = ("first", "count", "addressPrefix", "secretPrefix")


@dataclass(frozen=True)
class Seats:
    """The slots of one worker group."""

    group: Resource
    slots: range
    address_prefix: str
    secret_prefix: str


def check_addresses(stack: Stack, _: Settings) -> Iterator[Finding]:
    groups: list[Seats] = []
    for resource in stack.of("DaskWorkerGroup"):
        seats = _seats(resource)
        if isinstance(seats, Finding):
            yield seats
        elif seats is not None:
            groups.append(seats)
    yield from _shared_slots(groups)
    yield from _shared_prefixes(groups)
    yield from _missing_secrets(groups, stack)
    yield from _shared_addresses(stack)


def _seats(group: Resource) -> Seats | Finding | None:
    """The slots of a worker group; None if it has none: it is an ordinary one of one site."""
    slots = at(group.props, "spec", "slots")
    if slots is None:
        return None
    values = [at(slots, field) for field in FIELDS]
    if UNKNOWN in values:
        return not_known("spec.slots", group.urn)
    first, count, address_prefix, secret_prefix = values
    if not isinstance(first, int) or not isinstance(count, int) or count < 1 or not isinstance(address_prefix, str):
        return Finding("spec.slots", "is no range of slots", group.urn)
    return Seats(group, range(first, first + count), address_prefix, str(secret_prefix))


def _shared_slots(groups: Sequence[Seats]) -> Iterator[Finding]:
    taken: dict[tuple[str, int], Resource] = {}
    for seats in groups:
        owners = {taken.setdefault((seats.address_prefix, slot), seats.group).urn for slot in seats.slots}
        if owners != {seats.group.urn}:
            yield Finding("spec.slots", "overlaps the slots of another worker group", seats.group.urn)


def _shared_prefixes(groups: Sequence[Seats]) -> Iterator[Finding]:
    """A site is one provider and one /64."""
    world_of: dict[str, str] = {}
    prefix_of: dict[str, str] = {}
    for seats in groups:
        world = seats.group.world
        if world_of.setdefault(seats.address_prefix, world) != world:
            yield Finding("spec.slots.addressPrefix", "is another site's too", seats.group.urn)
        elif prefix_of.setdefault(world, seats.address_prefix) != seats.address_prefix:
            yield Finding("spec.slots.addressPrefix", "is a second one of its site", seats.group.urn)


def _missing_secrets(groups: Sequence[Seats], stack: Stack) -> Iterator[Finding]:
    for seats in groups:
        wanted = {(*stack.where(seats.group), f"{seats.secret_prefix}{slot}") for slot in seats.slots}
        if missing := len(wanted - stack.named("Secret").keys()):
            yield Finding("spec.slots", f"has {missing} slots without a Secret", seats.group.urn)


def _shared_addresses(stack: Stack) -> Iterator[Finding]:
    """Compared as text that only this function sees: a configuration holds keys, and no message repeats any of it."""
    taken: dict[object, str] = {}
    for secret, text in tunnel_texts(stack.of("Secret")):
        if text is UNKNOWN:
            yield not_known(f"data.{names.TUNNEL_CONFIG_KEY}", secret.urn)
            continue
        address = _address(text)
        if address is None:
            yield Finding(f"data.{names.TUNNEL_CONFIG_KEY}", "is no tunnel's configuration", secret.urn)
        elif taken.setdefault(address, secret.urn) != secret.urn:
            yield Finding(f"data.{names.TUNNEL_CONFIG_KEY}", "has the address of another peer", secret.urn)


def _address(text: Any) -> object:
    try:
        configuration = json.loads(text)
    except (TypeError, ValueError):
        return None
    return configuration.get("address") if isinstance(configuration, Mapping) else None


ADDRESSES: Final = StackRule(
    name="addresses",
    title="Tunnel addresses and slots are unique across the stack, and every slot has its Secret.",
    why="Two peers with one address take turns in losing packets; two workers in one slot share one key.",
    fix="Site ids and slot ranges in the stack files must not overlap; the environment refuses most of this earlier.",
    standard="ours",
    unknown=Unknown.WAITS,
    severity=Severity.CRITICAL,
    check=check_addresses,
    limits="Before the seed exists, the addresses inside the Secrets are not known; slots and prefixes always are. "
    "Sites of other stacks of a federation are not seen.",
)
