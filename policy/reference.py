"""The rules as a page for people: `python -m policy.reference > docs/reference/rules.md`."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from policy.record import Rule, StackRule
from policy.rules import RULES
from policy.table import ROWS

HEAD: Final = """\
# Policy rules

<!-- Made from policy/rules by `python -m policy.reference`; a test holds the two together. -->

What must hold for every resource of every stack, whoever wrote the program. Each rule is mandatory: a violation stops
`pulumi preview` and `pulumi up`. Run them with

    pulumi preview --policy-pack policy --policy-pack-config policy/config.<env>.json

An environment that needs no exception has no such file, and leaves `--policy-pack-config` out; those with one are
{configured}. Rules about pods look into every pod that they find:
in workloads, in DaskCluster, DaskWorkerGroup and DaskJob, and in any other object with a list of `containers`.
No message repeats a value of a resource, because it may be secret.

Without an engine, over a recorded graph, where what is secret is not known:

    isthmus graph record --stack <env> --root . --out recorded --preview
    python -m policy.stored recorded/<env>.json [policy/config.<env>.json]

A setting that no rule has is refused. `python -m policy.settings policy/config.<env>.json` says that a file is right,
or what was perhaps meant.
"""
#: The files that HEAD speaks of.
FOLDER: Final = Path(__file__).parent
CHECKS: Final = """\
## Well-known checks

What Kubernetes linters and benchmarks look for (Pod Security Standards, kube-linter, kube-score, Polaris, checkov,
Kyverno, CIS, NSA), then what this suite adds (from 49 on), and the rule that holds it.
"""


def page() -> str:
    """The whole page, as Markdown."""
    rows = [f"| [`{rule.name}`](#{rule.name}) | {rule.title} | {rule.severity.value} |" for rule in RULES]
    table = "\n".join(["| rule | what must hold | severity |", "| --- | --- | --- |", *rows])
    files = sorted(file.name.split(".")[1] for file in FOLDER.glob("config.*.json"))
    head = HEAD.format(configured=", ".join(f"`{env}`" for env in files))
    return "\n".join([head, table, "", *("\n".join(_section(rule)) for rule in RULES), CHECKS, *_checks()])


def _checks() -> Iterator[str]:
    yield "| no. | check | rule |"
    yield "| --- | --- | --- |"
    for number, row in enumerate(ROWS, start=1):
        held = ", ".join(f"[`{name}`](#{name})" for name in row.rules)
        yield f"| {number} | {row.check} | {'; '.join(part for part in (held, row.instead) if part)} |"
    yield ""


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
