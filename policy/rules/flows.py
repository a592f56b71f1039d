"""What a NetworkPolicy opens: to somebody, never to whoever comes."""

from collections.abc import Iterator
from typing import Final

from policy.plain import UNKNOWN, at, elements
from policy.record import Finding, Resource, ResourceRule, Settings, Unknown, not_known

SIDES: Final = (("ingress", "from"), ("egress", "to"))


def check_flows(resource: Resource, _: Settings) -> Iterator[Finding]:
    if not resource.is_kubernetes or resource.kind != "NetworkPolicy":
        return
    for direction, side in SIDES:
        rules = at(resource.props, "spec", direction)
        if rules is UNKNOWN:
            yield not_known(f"spec.{direction}")
        for where, rule in elements(rules, f"spec.{direction}"):
            peers = at(rule, side)
            if peers is UNKNOWN:
                yield not_known(f"{where}.{side}")
            elif not peers:
                yield Finding(f"{where}.{side}", "names nobody, which Kubernetes reads as everybody")


FLOWS: Final = ResourceRule(
    name="flows",
    title="Every flow that a NetworkPolicy opens says who is at its other end.",
    why="An empty list of peers is not nobody but everybody: a list that is computed, and once comes out empty, opens "
    "what it should have closed.",
    fix="Leave the rule out where nobody is meant; where everybody is, write the blocks 0.0.0.0/0 and ::/0.",
    standard="ours; Kubernetes, Network Policies: an empty or missing from or to matches all",
    unknown=Unknown.IS_VIOLATION,
    check=check_flows,
    limits="Whether the peers are the right ones is seen in docs/reference/reachability.md.",
)
