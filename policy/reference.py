"""The rules as a page for people: `python -m policy.reference > docs/reference/rules.md`."""

import json
import sys
from collections.abc import Iterator
from typing import Final

from policy.record import Rule, StackRule
from policy.rules import RULES

HEAD: Final = """\
# Policy rules

<!-- Made from policy/rules by `python -m policy.reference`; a test holds the two together. -->

What must hold for every resource of every stack, whoever wrote the program. Each rule is mandatory: a violation stops
`pulumi preview` and `pulumi up`. Run them with

    pulumi preview --policy-pack policy --policy-pack-config policy/config.<env>.json

An environment that needs no exception needs no configuration file. Rules about pods look into every pod that they find:
in workloads, in DaskCluster, DaskWorkerGroup and DaskJob, and in any other object with a list of `containers`.
No message repeats a value of a resource, because it may be secret.
"""


def page() -> str:
    """The whole page, as Markdown."""
    rows = [f"| [`{rule.name}`](#{rule.name}) | {rule.title} | {rule.severity.value} |" for rule in RULES]
    table = "\n".join(["| rule | what must hold | severity |", "| --- | --- | --- |", *rows])
    return "\n".join([HEAD, table, "", *("\n".join(_section(rule)) for rule in RULES)])


def _section(rule: Rule) -> Iterator[str]:
    scope = "the whole stack, when all of it is registered" if isinstance(rule, StackRule) else "each resource"
    yield f"## {rule.name}\n"
    yield f"**{rule.title}** {rule.why}\n"
    yield f"- Do: {rule.fix}"
    yield f"- Judges: {scope}"
    yield f"- A value that is not known yet {rule.unknown.value}"
    for name, setting in rule.settings.items():
        default = json.dumps(setting.default)
        yield f'- Setting: `{{"{rule.name}": {{"{name}": ...}}}}`, {setting.meaning}; default {default}'
    yield f"- Standard: {rule.standard}"
    if rule.limits:
        yield f"- Does not see: {rule.limits}"
    yield ""


if __name__ == "__main__":
    sys.stdout.write(page())
