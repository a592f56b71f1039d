"""Rules as pulumi-policy wants them: the one place where both are known."""

from typing import Any, Final

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    PolicyPack,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)

from policy.plain import plain
from policy.record import Finding, Provider, Resource, ResourceRule, Rule, StackRule
from policy.rules import RULES

NAME: Final = "isthmus"


def serve() -> None:
    """Starts the pack's server, prints its port and never returns."""
    PolicyPack(NAME, policies(), enforcement_level=EnforcementLevel.MANDATORY)


def policies() -> list[Policy]:
    """Every rule as a policy."""
    return [_of_resource(rule) if isinstance(rule, ResourceRule) else _of_stack(rule) for rule in RULES]


def message(rule: Rule, finding: Finding) -> str:
    """What a person reads below the rule's title."""
    return f"{finding.where} {finding.problem}. {rule.fix}"


def _of_resource(rule: ResourceRule) -> Policy:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        for finding in rule.violations(_resource(args), args.get_config()):
            report(message(rule, finding), None)

    return ResourceValidationPolicy(validate=validate, **_record(rule))


def _of_stack(rule: StackRule) -> Policy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        for finding in rule.violations([_resource(one) for one in args.resources], args.get_config()):
            report(message(rule, finding), finding.urn or None)

    return StackValidationPolicy(validate=validate, **_record(rule))


def _record(rule: Rule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "description": rule.title,
        "enforcement_level": EnforcementLevel.MANDATORY,
        "severity": Severity(rule.severity.value),
        "remediation_steps": rule.fix,
        "config_schema": _schema(rule),
    }


def _schema(rule: Rule) -> PolicyConfigSchema | None:
    if not rule.settings:
        return None
    return PolicyConfigSchema(
        properties={
            name: {"type": "boolean", "default": setting.default, "description": setting.meaning}
            for name, setting in rule.settings.items()
        }
    )


def _resource(args: ResourceValidationArgs | PolicyResource) -> Resource:
    provider = args.provider
    return Resource(
        type=args.resource_type,
        name=args.name,
        props=plain(args.props),
        urn=args.urn,
        protect=args.opts.protect,
        provider=Provider(provider.urn, provider.name) if provider else None,
    )
