"""Dangers: flows, computed as sets. Each row: policies before and after, and what is no longer held back."""

from typing import Any

import pytest

from isthmus.graph import Node
from isthmus.graph.diff.comparison import compare
from tests.graph.diff.graphs import CONFIG_MAP, POLICY, graph, kube

THERE = kube(CONFIG_MAP, "there")
WEB, BOTH = {"matchLabels": {"app": "web"}}, {"matchLabels": {"app": "web", "tier": "a"}}
ANY = {"ipBlock": {"cidr": "0.0.0.0/0"}}
TEN = {"ipBlock": {"cidr": "10.0.0.0/8"}}
PODS = {"podSelector": WEB}


def tcp(*ports: Any) -> list[Any]:
    return [
        {"protocol": "TCP", "port": port} if isinstance(port, int | str) else {"protocol": "TCP"} | port
        for port in ports
    ]


def policy(
    *rules: Any,
    name: str = "it",
    of: Any = None,
    types: tuple[str, ...] = ("Ingress",),
    ignored: bool = False,
    **more: Any,
) -> Node:
    spec = {"podSelector": of or {}, "policyTypes": list(types)} | ({"ingress": list(rules)} if rules else {}) | more
    return kube(POLICY, name, {"spec": spec}, ignore_changes=("*",) if ignored else ())


def rule(*peers: Any, ports: list[Any] | None = None) -> dict[str, Any]:
    return ({"from": list(peers)} if peers else {}) | ({"ports": ports} if ports else {})


def one_of(*values: str) -> dict[str, Any]:
    return {"podSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": list(values)}]}}


DENY = policy(name="deny")
CALLED = "pods `of all kinds` may be called by `{}`; no policy allowed that before"
WEB_CALLED = "pods `with app=web` may be called by `10.0.0.0/8 on every port`; no policy allowed that before"
FREE = "nothing isolates pods `{}` any longer (Ingress): they may be called by everybody"
TABLE: dict[str, tuple[list[Node], list[Node], list[str]]] = {
    "the same": ([policy(rule(TEN, ports=tcp(80)))], [policy(rule(TEN, ports=tcp(80)))], []),
    "a peer": (
        [policy(rule(TEN, ports=tcp(80)))],
        [policy(rule(TEN, PODS, ports=tcp(80)))],
        ["flow opened it: " + CALLED.format("pods with app=web on TCP/80")],
    ),
    "a port": (
        [policy(rule(TEN, ports=tcp(80)))],
        [policy(rule(TEN, ports=tcp(80, 443)))],
        ["flow opened it: " + CALLED.format("10.0.0.0/8 on TCP/443")],
    ),
    "every port": (
        [policy(rule(TEN, ports=tcp(80)))],
        [policy(rule(TEN))],
        ["flow opened it: " + CALLED.format("10.0.0.0/8 on every port")],
    ),
    "everybody": (
        [policy(rule(TEN, PODS, ports=tcp(80)))],
        [policy(rule(ports=tcp(80)))],
        ["flow opened it: " + CALLED.format("everybody on TCP/80")],
    ),
    "a bigger block": (
        [policy(rule(TEN))],
        [policy(rule(ANY))],
        ["flow opened it: " + CALLED.format("0.0.0.0/0 on every port")],
    ),
    "a smaller block": ([policy(rule(ANY))], [policy(rule(TEN))], []),
    "a hole filled": (
        [policy(rule({"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}))],
        [policy(rule(TEN))],
        ["flow opened it: " + CALLED.format("10.0.0.0/8 on every port")],
    ),
    "beside the hole": (
        [policy(rule({"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}))],
        [policy(rule({"ipBlock": {"cidr": "10.2.0.0/16"}}))],
        [],
    ),
    "a block of the other family": (
        [policy(rule(ANY))],
        [policy(rule(ANY, {"ipBlock": {"cidr": "::/0"}}))],
        ["flow opened it: " + CALLED.format("::/0 on every port")],
    ),
    "ports within a range": (
        [policy(rule(TEN, ports=tcp({"port": 8000, "endPort": 8100})))],
        [policy(rule(TEN, ports=tcp(8080)))],
        [],
    ),
    "a range beyond its end": (
        [policy(rule(TEN, ports=tcp({"port": 8000, "endPort": 8100})))],
        [policy(rule(TEN, ports=tcp({"port": 8000, "endPort": 8101})))],
        ["flow opened it: " + CALLED.format("10.0.0.0/8 on TCP/8000-8101")],
    ),
    "another protocol": (
        [policy(rule(TEN, ports=[{"protocol": "TCP"}]))],
        [policy(rule(TEN, ports=[{"protocol": "UDP"}]))],
        ["flow opened it: " + CALLED.format("10.0.0.0/8 on UDP, every port")],
    ),
    "pods that were meant already": ([policy(rule(PODS))], [policy(rule({"podSelector": BOTH}))], []),
    "pods of every namespace": (
        [policy(rule(PODS))],
        [policy(rule(PODS | {"namespaceSelector": {}}))],
        ["flow opened it: " + CALLED.format("pods with app=web in namespaces of all kinds on every port")],
    ),
    "pods of the own namespace instead of every one": (
        [policy(rule(PODS | {"namespaceSelector": {}}))],
        [policy(rule(PODS))],
        [],
    ),
    "another order, in two policies": (
        [policy(rule(TEN, PODS, ports=tcp(80, 443)))],
        [policy(rule(PODS, ports=tcp(443, 80))), policy(rule(TEN, ports=tcp(80, 443)), name="more")],
        [],
    ),
    "a new policy that lets in": (
        [DENY],
        [DENY, policy(rule(TEN), name="new", of=WEB)],
        ["flow opened new: " + WEB_CALLED],
    ),
    "the same flow for more pods": (
        [DENY, policy(rule(TEN), of=BOTH)],
        [DENY, policy(rule(TEN), of=WEB)],
        ["flow opened it: " + WEB_CALLED],
    ),
    "the same flow for fewer pods": ([DENY, policy(rule(TEN), of=WEB)], [DENY, policy(rule(TEN), of=BOTH)], []),
    "pods that a policy of others did not hold": (
        [policy(of={"matchLabels": {"app": "db"}})],
        [policy(of={"matchLabels": {"app": "db"}}), policy(rule(TEN), name="new", of=WEB)],
        [],
    ),
    "one of several labels": ([policy(rule(one_of("a", "b")))], [policy(rule(one_of("a")))], []),
    "several labels instead of one": (
        [policy(rule(one_of("a")))],
        [policy(rule(one_of("a", "b")))],
        ["flow opened it: " + CALLED.format("pods with app=a|b on every port")],
    ),
    "what another policy allows only in the program": (
        [policy(rule(TEN), ignored=True)],
        [policy(rule(ANY), ignored=True), policy(rule(ANY), name="new")],
        ["flow opened new: " + CALLED.format("0.0.0.0/0 on every port")],
    ),
    "pods that nothing held": ([], [policy(rule(TEN), of=WEB)], []),
    "outward": (
        [policy(types=("Egress",))],
        [policy(types=("Egress",), egress=[{"to": [TEN], "ports": tcp(53)}])],
        ["flow opened it: pods `of all kinds` may call `10.0.0.0/8 on TCP/53`; no policy allowed that before"],
    ),
    "the default deny gone": (
        [DENY],
        [],
        ["isolation lifted deny: " + FREE.format("of all kinds")],
    ),
    "a direction gone": (
        [policy(types=("Ingress", "Egress"))],
        [policy(types=("Ingress",))],
        ["isolation lifted it: nothing isolates pods `of all kinds` any longer (Egress): they may call everybody"],
    ),
    "fewer pods isolated": (
        [policy(of=WEB)],
        [policy(of=BOTH)],
        ["isolation lifted it: " + FREE.format("with app=web")],
    ),
    "isolated by another one": ([DENY, policy(of=WEB)], [DENY], []),
    "types that follow from the rules": (
        [kube(POLICY, "it", {"spec": {"podSelector": {}, "egress": [{"to": [TEN]}]}})],
        [kube(POLICY, "it", {"spec": {"podSelector": {}}})],
        ["isolation lifted it: nothing isolates pods `of all kinds` any longer (Egress): they may call everybody"],
    ),
}


@pytest.mark.parametrize(("before", "after", "expected"), TABLE.values(), ids=TABLE.keys())
def test_what_policies_no_longer_hold_back_is_told(before: list[Node], after: list[Node], expected: list[str]) -> None:
    found = compare(graph(THERE, *before), graph(THERE, *after)).dangers

    assert [
        f"{one.kind} {one.what.removeprefix('NetworkPolicy data/')}: {one.consequence}"
        for one in found
        if one.kind in ("flow opened", "isolation lifted")
    ] == expected


def test_a_policy_in_a_namespace_that_goes_is_no_danger_of_its_own() -> None:
    found = compare(graph(DENY), graph()).dangers

    assert [one.kind for one in found] == ["delete"]
