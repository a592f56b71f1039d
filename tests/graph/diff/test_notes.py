"""What is no danger, but easily overlooked. A row per case."""

from typing import Any

import pytest

from isthmus import names
from isthmus.graph import Graph, Node
from isthmus.graph.diff.comment import Report, markdown
from isthmus.graph.diff.comparison import compare
from isthmus.graph.diff.plain import as_text
from tests.graph.diff.graphs import CONFIG_MAP, DEPLOYMENT, GROUP, graph, kube, urn


def gateway(site: str, *, replicas: int = 1, role: str = "gateway", **metadata: Any) -> Node:
    template = {"metadata": {"labels": {names.LABEL_ROLE: role}} | metadata}
    body = {"spec": {"replicas": replicas, "template": template}}
    return kube(DEPLOYMENT, f"{site}-it", body, site=site)


CONFIGURED: dict[str, Any] = {"annotations": {names.ANNOTATION_CONFIGURATION: "b"}}
RESTARTING: dict[str, tuple[Graph, Graph, tuple[str, ...]]] = {
    "nothing": (graph(gateway("north")), graph(gateway("north")), ()),
    "another configuration": (
        graph(gateway("north"), gateway("south")),
        graph(gateway("north", **CONFIGURED), gateway("south", **CONFIGURED)),
        ("north", "south"),
    ),
    "what is not its pod": (graph(gateway("north")), graph(gateway("north", replicas=2)), ()),
    "another Deployment": (
        graph(gateway("north", role="controller")),
        graph(gateway("north", role="controller", **CONFIGURED)),
        (),
    ),
    "a new one": (graph(), graph(gateway("north")), ()),
    "one that goes": (graph(gateway("north")), graph(), ()),
}


@pytest.mark.parametrize(("before", "after", "sites"), RESTARTING.values(), ids=RESTARTING.keys())
def test_gateways_that_restart_are_named(before: Graph, after: Graph, sites: tuple[str, ...]) -> None:
    assert compare(before, after).restarting == sites


def test_gateways_that_restart_are_one_line_of_a_stack() -> None:
    before, after, _ = RESTARTING["another configuration"]
    report = Report("main", "topic", [compare(before, after)])

    assert "\nGateways that restart, so their tunnels pause for seconds: `north`, `south`.\n" in markdown(report)
    assert "\n  gateways that restart, so their tunnels pause for seconds: north, south\n" in as_text(report)


# -- pools


def group(
    pool: str = "", *, replicas: Any = 1, site: str = "north", ignored: str = "spec.worker.replicas", **more: Any
) -> Node:
    labels = {names.LABEL_POOL: pool} if pool else {}
    body = {
        "metadata": {"name": f"dask-{pool}", "namespace": "data", "labels": labels},
        "spec": {"worker": {"replicas": replicas}},
    }
    return kube(GROUP, more.pop("called", pool), body, site=site, ignore_changes=(ignored,), **more)


def waits(pool: str, more: str = "") -> str:
    return (
        f'pool {pool}: goes{more}: what a notebook asks of it with `pool("{pool}")` waits for ever; so do the paths of '
        "its catalog, until the scheduler has a new one"
    )


SCALED = (
    "pool a: `min` becomes 5, which counts only when the pool is made; `kubectl --namespace data scale daskworkergroup "
    "dask-a --replicas 5` does it now"
)
NOTES: dict[str, tuple[Graph, Graph, list[str]]] = {
    "the same pools": (graph(group("a")), graph(group("a")), []),
    "a new pool": (graph(group("a")), graph(group("a"), group("b")), []),
    "a pool that goes": (graph(group("a"), group("b")), graph(group("a")), [waits("b")]),
    "a renamed pool": (graph(group("a")), graph(group("b")), [waits("a", ", `b` comes")]),
    "a pool that two take the place of": (
        graph(group("a")),
        graph(group("b"), group("c")),
        [waits("a", ", `b`, `c` come")],
    ),
    "a pool of another site that comes": (graph(group("a")), graph(group("b", site="south")), [waits("a")]),
    "a pool that moves to another site": (graph(group("a")), graph(group("a", site="south")), []),
    "a group without a pool": (graph(group()), graph(), []),
    "more workers": (graph(group("a")), graph(group("a", replicas=5)), [SCALED]),
    "more workers of a renamed group": (
        graph(group("a")),
        graph(group("a", called="new", replicas=5, aliases=(urn(f"kubernetes:{GROUP}", "a"),))),
        [SCALED],
    ),
    "more workers, applied by `up`": (
        graph(group("a", ignored="data")),
        graph(group("a", ignored="data", replicas=5)),
        [],
    ),
    "more workers at a paused site": (graph(group("a", ignored="*")), graph(group("a", ignored="*", replicas=5)), []),
    "a number that is secret": (graph(group("a")), graph(group("a", replicas="[secret]")), []),
    "a new pool of more workers": (graph(), graph(group("a", replicas=5)), []),
}


@pytest.mark.parametrize(("before", "after", "expected"), NOTES.values(), ids=NOTES.keys())
def test_what_is_easily_overlooked_is_told(before: Graph, after: Graph, expected: list[str]) -> None:
    assert [f"{note.what}: {note.consequence}" for note in compare(before, after).notes] == expected


def test_a_stack_that_nobody_applies_a_number_of_is_told_too() -> None:
    report = Report("main", "topic", [compare(*NOTES["more workers"][:2])])
    note = SCALED.partition(": ")[2]

    assert f"- `test`: no change\n\n#### `test`\n\nEasily overlooked:\n\n- at `north`: `pool a`: {note}\n" in markdown(
        report
    )
    assert f"\ntest: no change\n  note north: pool a: {note}\n" in as_text(report)


def test_an_ordinary_change_has_no_notes() -> None:
    found = compare(graph(kube(CONFIG_MAP, "it")), graph(kube(CONFIG_MAP, "it", {"data": {"a": "b"}})))

    assert (found.dangers, found.notes, found.restarting, found.unprotecting) == ((), (), (), ())
