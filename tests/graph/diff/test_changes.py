"""What would happen to each resource: every kind of change, one row each."""

from typing import Any

import pytest

from isthmus.graph import UNKNOWN, Graph, Node
from isthmus.graph.diff.changes import changes, outputs
from isthmus.graph.diff.details import told
from tests.graph.diff.graphs import (
    CLAIM,
    CLUSTER_BINDING,
    CONFIG_MAP,
    CRD,
    DEPLOYMENT,
    NAMESPACE,
    PASSWORD,
    PROVIDER,
    SECRET,
    SERVICE,
    graph,
    kube,
    node,
    provider,
    urn,
)

SPEC = {"replicas": 1, "selector": {"matchLabels": {"a": "b"}}}
SEED = urn(PASSWORD, "seed")


def seed(**inputs: Any) -> Node:
    return node(PASSWORD, "seed", {"length": 64} | inputs)


def brief(before: Graph, after: Graph) -> list[str]:
    """Operation, name and what forces a replacement; the differences below."""
    lines = []
    for change in changes(before, after):
        why = f" because {', '.join(change.reasons)}" if change.reasons else ""
        fails = " FAILS" if change.refused else ""
        lines.append(f"{change.operation.value} {change.node.name}{why}{fails}")
        lines += [f"  {line}" for line in told((*change.properties, *change.options))]
    return lines


def one(kind: str, old: Any, new: Any, **options: Any) -> tuple[Graph, Graph]:
    return graph(kube(kind, "it", old, **options)), graph(kube(kind, "it", new, **options))


#: id -> before, after, what is said.
TABLE: dict[str, tuple[Graph, Graph, list[str]]] = {
    "nothing": (graph(kube(CONFIG_MAP, "it")), graph(kube(CONFIG_MAP, "it")), []),
    "new": (graph(), graph(kube(CONFIG_MAP, "it")), ["create it"]),
    "gone": (graph(kube(CONFIG_MAP, "it")), graph(), ["delete it"]),
    "gone, but retained": (graph(kube(CONFIG_MAP, "it", retain_on_delete=True)), graph(), ["forget it"]),
    "gone, but protected": (graph(kube(CONFIG_MAP, "it", protect=True)), graph(), ["delete it FAILS"]),
    "changed in place": (
        *one(DEPLOYMENT, {"spec": SPEC}, {"spec": SPEC | {"replicas": 2}}),
        ["update it", "  - spec.replicas: 1", "  + spec.replicas: 2"],
    ),
    "an item more in a list": (
        *one(CONFIG_MAP, {"x": [1]}, {"x": [1, {"a": None}]}),
        ["update it", '  + x[1]: {"a": null}'],
    ),
    "another selector": (
        *one(DEPLOYMENT, {"spec": SPEC}, {"spec": SPEC | {"selector": {"matchLabels": {"a": "c"}}}}),
        [
            "replace it because spec.selector.matchLabels.a",
            '  - spec.selector.matchLabels.a: "b"',
            '  + spec.selector.matchLabels.a: "c"',
        ],
    ),
    "another name": (
        graph(kube(CONFIG_MAP, "it", {"metadata": {"name": "a"}})),
        graph(kube(CONFIG_MAP, "it", {"metadata": {"name": "b"}})),
        ["replace it because metadata.name", '  - metadata.name: "a"', '  + metadata.name: "b"'],
    ),
    "bigger storage": (
        *one(CLAIM, {"spec": {"resources": "1Gi"}}, {"spec": {"resources": "2Gi"}}),
        ["update it", '  - spec.resources: "1Gi"', '  + spec.resources: "2Gi"'],
    ),
    "another storage class": (
        *one(CLAIM, {"spec": {"storageClassName": "a"}}, {"spec": {"storageClassName": "b"}}),
        [
            "replace it because spec.storageClassName",
            '  - spec.storageClassName: "a"',
            '  + spec.storageClassName: "b"',
        ],
    ),
    "another role": (
        *one(CLUSTER_BINDING, {"roleRef": {"name": "a"}}, {"roleRef": {"name": "b"}}),
        ["replace it because roleRef.name", '  - roleRef.name: "a"', '  + roleRef.name: "b"'],
    ),
    "another address of a Service": (
        *one(SERVICE, {"spec": {"clusterIP": "None"}}, {"spec": {}}),
        ["replace it because spec.clusterIP", '  - spec.clusterIP: "None"'],
    ),
    "data of a mutable ConfigMap": (
        *one(CONFIG_MAP, {"data": {"a": "1"}}, {"data": {"a": "2"}}),
        ["update it", '  - data.a: "1"', '  + data.a: "2"'],
    ),
    "data of an immutable ConfigMap": (
        *one(CONFIG_MAP, {"data": {"a": "1"}, "immutable": True}, {"data": {"a": "2"}, "immutable": True}),
        ["replace it because data.a", '  - data.a: "1"', '  + data.a: "2"'],
    ),
    "data of a ConfigMap that the provider does not change in place": (
        graph(provider("north", enableConfigMapMutable="false"), kube(CONFIG_MAP, "it", {"data": {"a": "1"}})),
        graph(provider("north", enableConfigMapMutable="false"), kube(CONFIG_MAP, "it", {"data": {"a": "2"}})),
        ["replace it because data.a", '  - data.a: "1"', '  + data.a: "2"'],
    ),
    "replaced, but protected": (
        *one(SECRET, {"type": "a"}, {"type": "b"}, protect=True),
        ["replace it because type FAILS", '  - type: "a"', '  + type: "b"'],
    ),
    "replaced, and the protection lifted in one go": (
        graph(kube(SECRET, "it", {"type": "a"}, protect=True)),
        graph(kube(SECRET, "it", {"type": "b"})),
        ["replace it because type", '  - type: "a"', '  + type: "b"', "  - protect: true", "  + protect: false"],
    ),
    "replaced, and protected from now on": (
        graph(kube(SECRET, "it", {"type": "a"})),
        graph(kube(SECRET, "it", {"type": "b"}, protect=True)),
        ["replace it because type", '  - type: "a"', '  + type: "b"', "  - protect: false", "  + protect: true"],
    ),
    "only the protection lifted": (
        graph(kube(CRD, "it", protect=True)),
        graph(kube(CRD, "it")),
        ["options it", "  - protect: true", "  + protect: false"],
    ),
    "renamed": (
        graph(kube(CONFIG_MAP, "old", {"metadata": {"name": "same"}})),
        graph(
            kube(CONFIG_MAP, "new", {"metadata": {"name": "same"}}, aliases=(urn(f"kubernetes:{CONFIG_MAP}", "old"),))
        ),
        ["rename new"],
    ),
    "renamed and changed": (
        graph(kube(CONFIG_MAP, "old", {"metadata": {"name": "same"}})),
        graph(
            kube(
                CONFIG_MAP,
                "new",
                {"metadata": {"name": "same"}, "data": {"a": "b"}},
                aliases=(urn(f"kubernetes:{CONFIG_MAP}", "old"),),
            )
        ),
        ["update new", '  + data: {"a": "b"}'],
    ),
    "renamed without an alias": (
        graph(kube(CONFIG_MAP, "old")),
        graph(kube(CONFIG_MAP, "new")),
        ["delete old", "create new"],
    ),
    "an alias of what is still there": (
        graph(kube(CONFIG_MAP, "old")),
        graph(kube(CONFIG_MAP, "old"), kube(CONFIG_MAP, "new", aliases=(urn(f"kubernetes:{CONFIG_MAP}", "old"),))),
        ["create new"],
    ),
    "ignored": (
        *one(DEPLOYMENT, {"spec": SPEC}, {"spec": SPEC | {"replicas": 9}}, ignore_changes=("spec.replicas",)),
        [],
    ),
    "ignored in part": (
        *one(
            DEPLOYMENT,
            {"spec": SPEC},
            {"spec": SPEC | {"replicas": 9, "paused": True}},
            ignore_changes=("spec.replicas",),
        ),
        ["update it", "  + spec.paused: true"],
    ),
    "a paused site": (
        *one(DEPLOYMENT, {"spec": SPEC}, {"spec": {"selector": {}}, "more": 1}, ignore_changes=("*",)),
        [],
    ),
    "replaced because the program says so": (
        *one(CONFIG_MAP, {"data": {"a": {"b": 1}}}, {"data": {"a": {"b": 2}}}, replace_on_changes=("data.*.b",)),
        ["replace it because data.a.b", "  - data.a.b: 1", "  + data.a.b: 2"],
    ),
    "replaced because its trigger is another one": (
        graph(kube(CONFIG_MAP, "it", replacement_trigger=1)),
        graph(kube(CONFIG_MAP, "it", replacement_trigger=2)),
        [
            "replace it because its replacement trigger is another one",
            "  - replacement_trigger: 1",
            "  + replacement_trigger: 2",
        ],
    ),
    "replaced with another one": (
        graph(
            kube(SECRET, "one", {"type": "a"}),
            kube(CONFIG_MAP, "two", replace_with=(urn("kubernetes:" + SECRET, "one"),)),
        ),
        graph(
            kube(SECRET, "one", {"type": "b"}),
            kube(CONFIG_MAP, "two", replace_with=(urn("kubernetes:" + SECRET, "one"),)),
        ),
        [
            "replace two because it is to be replaced with another one that is",
            "replace one because type",
            '  - type: "a"',
            '  + type: "b"',
        ],
    ),
    "a provider of another Kubernetes": (
        graph(kube(CONFIG_MAP, "it"), kube(CONFIG_MAP, "other", site="south")),
        graph(
            provider("north", clusterIdentifier="elsewhere"),
            kube(CONFIG_MAP, "it"),
            kube(CONFIG_MAP, "other", site="south"),
        ),
        [
            "replace it because its provider is replaced",
            "replace north because clusterIdentifier",
            '  - clusterIdentifier: "test/north"',
            '  + clusterIdentifier: "elsewhere"',
        ],
    ),
    "a provider that reaches the same Kubernetes otherwise": (
        graph(provider("north", context="a"), kube(CONFIG_MAP, "it")),
        graph(provider("north", context="b"), kube(CONFIG_MAP, "it")),
        ["update north", '  - context: "a"', '  + context: "b"'],
    ),
    "a provider without an identifier": (
        graph(provider("north", clusterIdentifier="", context="a"), kube(CONFIG_MAP, "it")),
        graph(provider("north", clusterIdentifier="", context="b"), kube(CONFIG_MAP, "it")),
        [
            "replace it because its provider is replaced",
            "replace north because context",
            '  - context: "a"',
            '  + context: "b"',
        ],
    ),
    "moved to the provider of another site": (
        graph(kube(CONFIG_MAP, "it")),
        graph(kube(CONFIG_MAP, "it", site="south")),
        ["replace it because its provider is another one"],
    ),
    "a renamed provider": (
        graph(kube(CONFIG_MAP, "it", provider=urn(PROVIDER, "old")), node(PROVIDER, "old", {"clusterIdentifier": "a"})),
        graph(
            kube(CONFIG_MAP, "it", provider=urn(PROVIDER, "new")),
            node(PROVIDER, "new", {"clusterIdentifier": "a"}, aliases=(urn(PROVIDER, "old"),)),
        ),
        ["rename new"],
    ),
    "a password that is drawn anew": (
        graph(
            seed(),
            kube(
                SECRET,
                "key",
                {"stringData": {"k": "[secret]"}},
                secret=("stringData.k",),
                takes={"stringData": (SEED,)},
            ),
            kube(DEPLOYMENT, "pod", {"spec": {"digest": "a"}}, takes={"spec": (SEED,)}),
            kube(DEPLOYMENT, "paused", {"spec": {"digest": "a"}}, takes={"spec": (SEED,)}, ignore_changes=("*",)),
        ),
        graph(
            seed(length=65),
            kube(
                SECRET,
                "key",
                {"stringData": {"k": "[secret]"}},
                secret=("stringData.k",),
                takes={"stringData": (SEED,)},
            ),
            kube(DEPLOYMENT, "pod", {"spec": {"digest": "a"}}, takes={"spec": (SEED,)}),
            kube(DEPLOYMENT, "paused", {"spec": {"digest": "a"}}, takes={"spec": (SEED,)}, ignore_changes=("*",)),
        ),
        [
            "replace seed because length",
            "  - length: 64",
            "  + length: 65",
            "update pod",
            f"  ! spec: {UNKNOWN} changes",
            "update key",
            "  ! stringData: [secret] changes",
        ],
    ),
    "a password that is drawn with another one": (
        graph(seed(), node(PASSWORD, "next", {"keepers": {"a": "b"}}, takes={"keepers": (SEED,)})),
        graph(seed(length=65), node(PASSWORD, "next", {"keepers": {"a": "b"}}, takes={"keepers": (SEED,)})),
        [
            "replace next because keepers",
            f"  ! keepers: {UNKNOWN} changes",
            "replace seed because length",
            "  - length: 64",
            "  + length: 65",
        ],
    ),
    "a password of another name is another password": (
        graph(seed(), kube(DEPLOYMENT, "pod", takes={"spec": (SEED,)})),
        graph(node(PASSWORD, "new", {"length": 64}), kube(DEPLOYMENT, "pod", takes={"spec": (urn(PASSWORD, "new"),)})),
        ["delete seed", "create new", "update pod", f"  ! spec: {UNKNOWN} changes"],
    ),
    "unknown before and after": (*one(CONFIG_MAP, {"data": UNKNOWN}, {"data": UNKNOWN}), []),
    "unknown from now on": (
        *one(CONFIG_MAP, {"data": "a"}, {"data": UNKNOWN}),
        ["update it", '  - data: "a"', '  + data: "[unknown]"'],
    ),
    "a component comes and goes": (
        graph(node("test:index:Old", "box", component=True)),
        graph(node("test:index:New", "box", component=True)),
        ["delete box", "create box"],
    ),
    "what does nothing to a resource": (
        graph(kube(NAMESPACE, "it", version="4.1")),
        graph(kube(NAMESPACE, "it", version="4.2", custom_timeouts=(("create", "1m"),))),
        [],
    ),
}


@pytest.mark.parametrize(("before", "after", "expected"), TABLE.values(), ids=TABLE.keys())
def test_what_up_would_do(before: Graph, after: Graph, expected: list[str]) -> None:
    assert brief(before, after) == expected


@pytest.mark.parametrize(("before", "after"), [row[:2] for row in TABLE.values()], ids=TABLE.keys())
def test_a_graph_does_not_differ_from_itself(before: Graph, after: Graph) -> None:
    assert changes(before, before) == changes(after, after) == ()


def test_outputs_of_the_stack_are_compared_without_the_secret_ones() -> None:
    before = graph(exports={"prefix": "a", "token": "x", "old": 1}, export_secrets=())
    after = graph(exports={"prefix": "b", "token": "[secret]", "new": 2}, export_secrets=("token",))

    assert list(told(outputs(before, after))) == [
        "+ new: 2",
        "- old: 1",
        '- prefix: "a"',
        '+ prefix: "b"',
        "! token: [secret] changes",
    ]
