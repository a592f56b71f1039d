"""The whole pack over plain data, in this process: what tests and benchmarks ask, and whoever has a recorded graph."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from policy.record import Finding, Resource, ResourceRule, Rule
from policy.rules import RULES
from policy.settings import mistakes
from policy.stack import Stack


@dataclass(frozen=True, order=True)
class Violation:
    """A rule that does not hold for a resource."""

    rule: str
    urn: str
    message: str


class SettingsError(ValueError):
    """Settings that no rule has. The message holds every mistake, a line each."""


def judge(resources: Iterable[Resource], settings: Mapping[str, Mapping[str, Any]] | None = None) -> list[Violation]:
    """Every violation of every rule, in the order of the rules.

    settings: rule -> setting -> value, as in `policy/config.<env>.json`. Raises SettingsError if there is no such
    rule or setting.
    """
    given: Mapping[str, Mapping[str, Any]] = {} if settings is None else settings
    if wrong := mistakes(given):
        raise SettingsError("\n".join(wrong))
    stack = Stack(resources)
    found: list[Violation] = []
    for rule in RULES:
        chosen = rule.with_defaults(given.get(rule.name, {}))
        if isinstance(rule, ResourceRule):
            for one in stack.resources:
                found += [_violation(rule, finding, one.urn) for finding in rule.judged(rule.check(one, chosen))]
        else:
            found += [_violation(rule, finding, finding.urn) for finding in rule.judged(rule.check(stack, chosen))]
    return found


def message(rule: Rule, finding: Finding) -> str:
    """What a person reads below the rule's title."""
    return f"{finding.where} {finding.problem}. {rule.fix}"


def _violation(rule: Rule, finding: Finding, urn: str) -> Violation:
    return Violation(rule.name, urn, message(rule, finding))
