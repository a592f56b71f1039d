"""Every rule against its table: in itself, and through pulumi-policy as the engine asks it."""

from dataclasses import replace

import pytest

from policy.record import Finding, Resource, ResourceRule
from policy.rules import RULES
from policy.stack import Stack
from tests.policy.cases import PLANTED, Case, Sort, bare
from tests.policy.tables import CASES
from tests.policy.wire import Pack, in_process

BY_NAME = {rule.name: rule for rule in RULES}


def _findings(case: Case) -> list[Finding]:
    """What the rule itself says."""
    rule = BY_NAME[case.rule]
    resources: list[Resource] = [replace(one, props=bare(dict(one.props))) for one in case.resources]
    if isinstance(rule, ResourceRule):
        (resource,) = resources
        return rule.violations(resource, case.settings)
    return rule.violations(Stack(resources), case.settings)


def _shown(case: Case, finding: Finding) -> str:
    names = {one.urn: one.name for one in case.resources}
    return f"{names[finding.urn]} {finding.where}" if finding.urn else finding.where


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_rule_finds_what_its_table_says_and_nothing_else(case: Case) -> None:
    found = _findings(case)

    assert tuple(_shown(case, finding) for finding in found) == case.finds
    assert {finding.unknown for finding in found} <= {case.sort is Sort.UNKNOWN and not case.certain}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_pulumi_hears_the_same_and_no_secret(case: Case) -> None:
    pack: Pack = in_process(only=case.rule, settings=case.settings)

    said = pack.judge(case.resources)

    assert len(said) == len(case.finds)
    assert {violation.level for violation in said} <= {"MANDATORY"}
    for violation, where in zip(said, case.finds, strict=True):
        assert where.split(" ")[-1] in violation.message
        assert PLANTED not in violation.message.lower()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_has_cases_of_every_sort(rule: ResourceRule) -> None:
    cases = [case for case in CASES if case.rule == rule.name]

    assert {case.sort for case in cases} == set(Sort)
    assert all(not case.finds for case in cases if case.sort is Sort.GOOD)
    assert all(case.finds for case in cases if case.sort in (Sort.BAD, Sort.SECRET))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_says_why_and_what_to_do(rule: ResourceRule) -> None:
    assert [text for text in (rule.title, rule.why, rule.fix) if not text.rstrip(")").endswith(".")] == []
    assert rule.standard


def test_rules_have_names_of_their_own() -> None:
    assert len(BY_NAME) == len(RULES)
