"""Whatever stands in a stack is shown as text: no mention, no link, no HTML, no heading comes of it."""

import re

import pytest

from isthmus.graph.diff.comment import MARKER, Failure, Report, markdown
from isthmus.graph.diff.comparison import compare
from isthmus.graph.diff.marking import code, fenced
from tests.graph.diff.graphs import CLAIM, CONFIG_MAP, graph, kube, node

HOSTILE = [
    "`@everyone` see #1",
    "| a | b |\n|---|---|",
    "</details><script>alert(1)</script>",
    "```\n# heading\n![x](https://evil.example/x.png)",
    "<!-- isthmus-graph-diff -->",
    "[link](javascript:alert(1)) @team",
    "a\u202eb\u2066c\x1b[31m\x00",
]


def outside_blocks(text: str) -> str:
    """Without code blocks, by CommonMark's rules."""
    return re.sub(r"^(`{3,})[^`\n]*\n.*?^\1`*$", "", text, flags=re.DOTALL | re.MULTILINE)


def outside_code(text: str) -> str:
    """What GitHub reads as Markdown: without code spans too."""
    text = outside_blocks(text)
    text = re.sub(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)", "", text)
    return re.sub(r"<code>[^<>]*</code>", "", text)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_foreign_text_is_read_as_text_only(text: str) -> None:
    """As a key, a value, a name, a namespace, a logical name, a site, an output, a stack's version and an error."""
    body = {"metadata": {"name": text, "namespace": text}, "data": {text: text}}
    providers = [node("pulumi:providers:kubernetes", text, {"clusterIdentifier": text})]
    hostile = [kube(CONFIG_MAP, f"{text}{number}", body, site=text) for number in range(3)]
    before = graph(*providers, *hostile, kube(CLAIM, text, {"metadata": {"name": text}}, site=text))
    changed = [kube(CONFIG_MAP, f"{text}{number}", body | {"data": {text: "x"}}, site=text) for number in range(2)]
    after = graph(*providers, *changed, kube(CLAIM, f"new {text}", site=text), exports={text: text})
    shown = markdown(Report(text, text, [compare(before, after)], [Failure(text, text)]))
    plain = outside_code(shown.removeprefix(MARKER))

    for sign in ("@", "#1", "script", "evil", "heading", "isthmus-graph-diff", "link", "\u202e", "\x1b"):
        assert sign not in plain
    assert "\u202e" not in shown
    assert "\x1b" not in shown
    rows = [row for row in outside_blocks(shown).splitlines() if row.startswith("| ")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {5, 7}  # of both tables
    assert plain.count("<details>") == plain.count("</details>") == 1


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("plain", "`plain`"),
        ("a`b", "``a`b``"),
        ("`", "`` ` ``"),
        ("a``b`c", "```a``b`c```"),
        ("a\nb", "`a\\nb`"),
        ("", '`""`'),
        ("x" * 200, f"`{'x' * 160}... (200 characters)`"),
    ],
)
def test_a_code_span_holds_what_it_is_given(text: str, span: str) -> None:
    assert code(text) == span


def test_a_code_block_is_not_ended_by_what_is_in_it() -> None:
    assert fenced("a\n````\nb") == "`````\na\n````\nb\n`````\n"
