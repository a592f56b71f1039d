"""Rules as pulumi-policy wants them: the one place where both are known."""

from collections.abc import Mapping
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

from policy.judge import message
from policy.plain import Properties
from policy.record import Provider, Resource, ResourceRule, Rule, StackRule
from policy.rules import RULES
from policy.settings import of_rule
from policy.stack import Stack

NAME: Final = "isthmus"
#: The root of every stack: there is exactly one.
STACK: Final = "pulumi:pulumi:Stack"


def serve() -> None:
    """Starts the pack's server, prints its port and never returns."""
    PolicyPack(NAME, policies(), enforcement_level=EnforcementLevel.MANDATORY)


def policies() -> list[Policy]:
    """Every rule as a policy."""
    return [_of_resource(rule) if isinstance(rule, ResourceRule) else _of_stack(rule) for rule in RULES]


def _of_resource(rule: ResourceRule) -> Policy:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if args.resource_type == STACK:
            _refuse(rule, args.get_config(), report)
        for finding in rule.violations(_resource(args), args.get_config()):
            report(message(rule, finding), None)

    return ResourceValidationPolicy(validate=validate, **_record(rule))


def _of_stack(rule: StackRule) -> Policy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        _refuse(rule, args.get_config(), report)
        stack = Stack(_resource(one) for one in args.resources)
        for finding in rule.violations(stack, args.get_config()):
            report(message(rule, finding), finding.urn or None)

    return StackValidationPolicy(validate=validate, **_record(rule))


def _refuse(rule: Rule, settings: Mapping[str, Any], report: ReportViolation) -> None:
    """The engine checks the types of settings and passes on what it does not know."""
    for mistake in of_rule(rule, settings):
        report(mistake, None)


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
            name: {**_type(setting.default), "default": _plain(setting.default), "description": setting.meaning}
            for name, setting in rule.settings.items()
        }
    )


def _plain(default: bool | tuple[str, ...]) -> bool | list[str]:
    return default if isinstance(default, bool) else list(default)


def _type(default: bool | tuple[str, ...]) -> dict[str, Any]:
    return {"type": "boolean"} if isinstance(default, bool) else {"type": "array", "items": {"type": "string"}}


def _resource(args: ResourceValidationArgs | PolicyResource) -> Resource:
    provider = args.provider
    return Resource(
        type=args.resource_type,
        name=args.name,
        props=Properties(args.props),
        urn=args.urn,
        protect=args.opts.protect,
        provider=Provider(provider.urn, provider.name) if provider else None,
    )
