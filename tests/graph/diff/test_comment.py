"""The comment: danger first, nothing but what it should say, never too long, always the same."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from isthmus.graph import Graph
from isthmus.graph.diff.comment import COMMANDS, LARGEST, MARKER, Failure, Report, markdown
from isthmus.graph.diff.comparison import compare
from isthmus.graph.diff.plain import as_json, as_text
from tests.graph.diff.graphs import CLAIM, CONFIG_MAP, NAMESPACE, SECRET, SERVICE, graph, kube, node, provider, urn


def comment(before: Graph | None, after: Graph | None, **more: Any) -> str:
    return markdown(Report("main", "topic", [compare(before, after)], **more))


def config(**data: str) -> Graph:
    return graph(kube(CONFIG_MAP, "it", {"data": data}))


BEFORE = graph(
    kube(CONFIG_MAP, "it", {"data": {"a": "1"}}),
    kube(CLAIM, "field"),
    kube(CONFIG_MAP, "old", {"metadata": {"name": "same"}}, site="south"),
    node("random:index/randomPassword:RandomPassword", "seed", {"length": 64}),
    exports={"prefix": "fd00::/48"},
)
AFTER = graph(
    kube(CONFIG_MAP, "it", {"data": {"a": "2"}}),
    kube(
        CONFIG_MAP,
        "new",
        {"metadata": {"name": "same"}},
        site="south",
        aliases=(urn(f"kubernetes:{CONFIG_MAP}", "old"),),
    ),
    *(kube(SECRET, f"slot-{slot}", {"stringData": {"k": "[secret]"}}) for slot in (10, 9)),
    node("random:index/randomPassword:RandomPassword", "seed", {"length": 64}),
    exports={"prefix": "fd00::/48", "more": 1},
)
WHOLE = """<!-- isthmus-graph-diff -->
### Preview: `main` to `topic`

- `test`: 1 to delete, 2 to create, 1 to update, 1 to rename; **1 to look at**

#### Look at these first

- `test` **delete** at `north`: `PersistentVolumeClaim data/field`: the data on it goes with it, unless its storage \
class retains it

#### `test`

| site | replace | delete | create | update | rename |
| --- | ---: | ---: | ---: | ---: | ---: |
| `north` |  | 1 | 2 | 1 |  |
| `south` |  |  |  |  | 1 |

| site | what | kind | which |
| --- | --- | --- | --- |
| `north` | delete | `PersistentVolumeClaim` | `field` |
| `north` | create | `Secret` | `slot-9`, `slot-10` |
| `north` | update | `ConfigMap` | `it` |
| `south` | rename | `ConfigMap` | `new` (was `old`) |

Outputs:

```diff
+ more: 1
```

<details><summary>Details: <code>north</code></summary>

update `ConfigMap data/it`
```diff
- data.a: "1"
+ data.a: "2"
```

</details>

> A prediction, made of the program at both versions: it sees no state, no default of a cluster and no server's answer.
> Secret values are in no record, so a Secret whose value alone changes is not listed; the digest \
`isthmus.dev/configuration` of the pods that read it changes with it.
"""


def test_the_comment_as_a_whole() -> None:
    assert comment(BEFORE, AFTER) == WHOLE


def test_no_change_is_one_short_line() -> None:
    same = compare(BEFORE, BEFORE)

    assert markdown(Report("main", "topic", [same, same])) == (
        f"{MARKER}\n### Preview: `main` to `topic`\n\nNo stack changes (`test`, `test`).\n"
    )


def test_what_could_not_be_compared_comes_first() -> None:
    failure = Failure("topic", "1 mistake in the stack files:\n  stacks/local/a.yaml: id: got ``` @you")
    text = comment(BEFORE, AFTER, failures=[failure])

    assert text.index("#### `topic` cannot be compared") < text.index("#### Look at these first")
    assert "````\n1 mistake in the stack files:\n  stacks/local/a.yaml: id: got ``` @you\n````\n" in text


def test_a_failure_alone_is_a_comment_too() -> None:
    text = markdown(Report("main", "topic", [], [Failure("main", "no recorder")]))

    assert text.startswith(f"{MARKER}\n### Preview")
    assert "No stack changes" not in text
    assert "no recorder" in text


def test_pictures_are_folded() -> None:
    text = comment(BEFORE, AFTER, pictures={"test": "graph LR"})

    assert "<details><summary>The sites as they will be</summary>\n\n```mermaid\ngraph LR\n```\n\n</details>" in text


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        (None, BEFORE, "- `test`: new: 6 to create"),
        (BEFORE, None, "- `test`: no longer there; its stack file goes, what it made stays: `pulumi destroy` first"),
    ],
    ids=["new", "gone"],
)
def test_a_stack_of_one_version_only(before: Graph | None, after: Graph | None, line: str) -> None:
    assert line in comment(before, after)


def test_a_provider_is_called_one() -> None:
    text = comment(graph(provider("west")), graph(provider("west", skipUpdateUnreachable="true")))

    assert "| `west` | update | `kubernetes provider` | `west` |\n" in text
    assert "update `kubernetes provider west`\n" in text


MANY_LINES = "".join(f"line {number}\n" for number in range(100))
TEXTS = {
    "lines around the changed ones": (
        "a: 1\nb:\n  c: 2\n" + MANY_LINES + "z: 3\n",
        "a: 1\nb:\n  c: 4\n" + MANY_LINES + "y: 5\nz: 3\n",
        "    b:\n-     c: 2\n+     c: 4\n    line 0\n  ...\n    line 99\n+   y: 5\n    z: 3",
    ),
    "more than a person reads": (
        "a\n",
        MANY_LINES,
        "\n".join(["-   a", *(f"+   line {number}" for number in range(59)), "! and 41 more lines"]),
    ),
    "lines that look like a diff's own": ("-- a\n@@ b\n", "-- a\n@@ c\n", "    -- a\n-   @@ b\n+   @@ c"),
}


@pytest.mark.parametrize(("old", "new", "lines"), TEXTS.values(), ids=TEXTS.keys())
def test_a_text_of_many_lines_is_told_line_by_line(old: str, new: str, lines: str) -> None:
    assert f"```diff\n! data.text:\n{lines}\n```\n" in comment(config(text=old), config(text=new))


@pytest.mark.parametrize(
    ("old", "new"), [("a", "b"), ("a\n", "a"), ("a\n" * 3000, "b\n" * 3000)], ids=["one line", "the last end", "long"]
)
def test_other_texts_are_told_as_values(old: str, new: str) -> None:
    text = comment(config(text=old), config(text=new))

    assert f"```diff\n- data.text: {json.dumps(old)[:300]}" in text
    assert f"\n+ data.text: {json.dumps(new)[:300]}" in text


def test_that_a_site_pauses_is_said_once() -> None:
    text = comment(config(a="1"), graph(kube(CONFIG_MAP, "it", {"data": {"a": "2"}}, ignore_changes=("*",))))

    assert "\nPaused, so what is there stays as it is: `north`.\n" in text
    assert "- `test`: 1 with other options only\n" in text
    assert "`it`" not in text


KEPT: dict[str, Any] = {"protect": True, "retain_on_delete": True}
TYPE = "isthmus:index:Site$kubernetes:core/v1:Namespace"


def protecting(count: int, **options: Any) -> Graph:
    return graph(
        *(
            replace(kube(NAMESPACE, f"it-{each:02}", **options), urn=urn(TYPE, f"it-{each:02}"))
            for each in range(count)
        ),
        kube(CONFIG_MAP, "free"),
        kube(SECRET, "changed", {"type": f"of {count}"}, protect=True),
    )


def unprotect(type_: str, name: str) -> str:
    return f"pulumi state unprotect --stack test '{urn(type_, name)}'"


def test_what_is_to_be_done_before_is_told_as_commands() -> None:
    text = comment(protecting(2, **KEPT), protecting(0, **KEPT))

    assert (
        "\nBefore `pulumi up`, by hand, if what is protected is meant to go:\n\n"
        "```sh\n"
        f"pulumi state unprotect --stack test {urn(f'kubernetes:{SECRET}', 'changed')}\n"
        f"{unprotect(TYPE, 'it-00')}\n{unprotect(TYPE, 'it-01')}\n"
        "```\n"
    ) in text
    assert text.index("Before `pulumi up`") < text.index("| site | what |")


def test_a_list_of_commands_has_an_end_but_not_for_a_terminal() -> None:
    compared = compare(protecting(30, **KEPT), protecting(0, **KEPT))
    report = Report("main", "topic", [compared])

    assert markdown(report).count("pulumi state unprotect") == COMMANDS
    assert f"\n# and {31 - COMMANDS} more: isthmus graph diff --format text\n```" in markdown(report)
    assert as_text(report).count("\n  before `pulumi up`, by hand: pulumi state unprotect --stack test ") == 31
    assert json.loads(as_json(report))["stacks"]["test"]["unprotect"] == list(compared.unprotecting)


def test_nothing_is_to_be_done_before_where_nothing_is_protected() -> None:
    assert "unprotect" not in comment(protecting(2), graph(kube(SECRET, "changed", {"type": "of 2"}, protect=True)))


def test_what_is_replaced_is_called_as_it_was() -> None:
    text = comment(*(graph(kube(CONFIG_MAP, "it", {"metadata": {"name": name}})) for name in ("old", "new")))

    assert "replace `ConfigMap old`\n```diff\n" in text


# -- size


def many(count: int, value: str) -> Graph:
    return graph(*(kube(CONFIG_MAP, f"map-{number}", {"data": {f"key-{number}": value}}) for number in range(count)))


def test_ten_thousand_changes_make_a_comment_that_github_takes() -> None:
    before, after = many(10_000, "a" * 100), many(9_990, "b" * 100)
    text = comment(before, after)

    assert len(text.encode()) <= LARGEST
    assert "- `test`: 10 to delete, 9990 to update; **10 to look at**" in text
    assert "**delete** at `north`: " in text
    assert "map-9999" in text or "and 4 more" in text
    left_out = re.search(r"Left out, because a comment has an end: (\d+) details\.", text)
    assert left_out is not None
    assert 9_990 - int(left_out[1]) == text.count("\nupdate `")
    assert text.count("<details>") == text.count("</details>") == 1


def test_details_are_left_out_before_dangers() -> None:
    def addresses(*given: str) -> Graph:
        return graph(*(kube(SERVICE, f"s-{number}", {"spec": {"externalIPs": list(given)}}) for number in range(3)))

    more = [f"192.0.2.{number}" for number in range(200)]
    text = markdown(Report("main", "topic", [compare(addresses(), addresses(*more))]), 6000)
    left_out = re.search(r"Left out, because a comment has an end: (\d+) dangers, 1 details, 2 tables\.", text)

    assert len(text.encode()) <= 6000
    assert "update `" not in text
    assert left_out is not None
    assert text.count("**exposed**") == 200 - int(left_out[1]) > 20


def test_tables_of_one_stack_are_more_than_details_of_another() -> None:
    one = compare(many(50, "a" * 200), many(50, "b" * 200))
    other = compare(config(a="1"), config(a="2"))
    report = Report("main", "topic", [replace(one, stack="big"), replace(other, stack="small")])

    for largest in range(3000, 4000, 20):
        text = markdown(report, largest)
        assert text.count("| site | replace |") == text.count("| site | what |") == 2
        assert "Left out, because a comment has an end: " in text


def test_the_same_comparison_is_the_same_text() -> None:
    shuffled = replace(AFTER, nodes=AFTER.nodes[::-1])

    assert comment(BEFORE, AFTER) == comment(BEFORE, shuffled)


# -- the other forms


def test_a_terminal_is_told_every_property() -> None:
    assert as_text(Report("main", "topic", [compare(BEFORE, AFTER)])) == (
        "main to topic\n"
        "\n"
        "test: 5 changes, 1 to look at\n"
        "  ! delete north: PersistentVolumeClaim data/field: the data on it goes with it, unless its storage class "
        "retains it\n"
        "  delete north: PersistentVolumeClaim data/field\n"
        "  create north: Secret data/slot-10\n"
        "  create north: Secret data/slot-9\n"
        "  update north: ConfigMap data/it\n"
        '      - data.a: "1"\n'
        '      + data.a: "2"\n'
        "  rename south: ConfigMap same (was old)\n"
        "  output + more: 1\n"
    )


def test_a_terminal_is_told_in_one_line_what_is_alike() -> None:
    slots = [kube(SECRET, f"slot-{slot}") for slot in range(12)]
    text = as_text(Report("main", "topic", [compare(graph(*slots, kube(CONFIG_MAP, "a", site="south")), graph())]))
    names = ", ".join(f"Secret data/slot-{slot}" for slot in range(12))

    assert [line for line in text.splitlines() if line.startswith("  ! ")] == [
        f"  ! delete north: {names}: it is deleted",
        "  ! delete south: ConfigMap data/a: it is deleted",
    ]


def test_a_terminal_is_told_every_line_of_a_text() -> None:
    text = as_text(Report("main", "topic", [compare(config(text="a\n"), config(text=MANY_LINES))]))

    assert text.count("+   line ") == 100
    assert "more" not in text


def test_other_programs_are_told_the_same_as_data() -> None:
    text = as_json(Report("main", "topic", [compare(config(a="1"), config(a="2"))]))

    assert '"operation": "update"' in text
    assert text.endswith("}\n")
