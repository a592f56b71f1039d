"""The NetworkPolicies of every Kubernetes as one picture: who may call whom, on which port."""

from typing import Any

import pytest

from isthmus import names
from isthmus.graph import reachability
from isthmus.graph.reachability import Flow, flows, half_open, pods_of, table
from tests.components.recorded import STACKS, environment, kubernetes, manifests

KUBERNETES = [(stack, site) for stack in STACKS for site in kubernetes(stack)]
OUTSIDE = ("0.0.0.0/0", "::/0")
DNS = "kube-system/dns"

each_kubernetes = pytest.mark.parametrize(("stack", "site"), KUBERNETES, ids=["-".join(row) for row in KUBERNETES])


def open_flows(stack: str, site: str) -> set[Flow]:
    """What is open in the Kubernetes of a site."""
    return flows(stack, manifests(stack, site))


def without_dns(found: set[Flow]) -> list[str]:
    """Rows of the table as texts; who may ask for names has a test of its own."""
    return [f"{source} -> {target}: {ports}" for source, target, ports in table(found) if target != DNS]


def outsiders(namespace: str, door: str, *tunnels: str) -> list[str]:
    """What clients and scrapers may do: those of the namespace itself, and of one with the environment's label."""
    return [
        row
        for home in (namespace, "guests")
        for row in (
            f"{home}/client -> {namespace}/{door}: 8786/TCP, 8787/TCP",
            *(f"{home}/scraper -> {namespace}/{tunnel}: 9090/TCP" for tunnel in tunnels),
        )
    ]


def controller(*doors: str) -> list[str]:
    """What a controller may do: ask its API server, and the HTTP of schedulers or of what stands in for them."""
    return [
        *(f"isthmus-system/controller -> {block}: 443/TCP, 6443/TCP" for block in OUTSIDE),
        *(f"isthmus-system/controller -> {door}: 8787/TCP" for door in doors),
    ]


def called_from_outside(namespace: str) -> list[str]:
    return [f"{block} -> {namespace}/gateway: 51820/UDP" for block in OUTSIDE]


def calling(source: str, port: str, *blocks: str) -> list[str]:
    return [f"{source} -> {block}: {port}" for block in blocks]


def both_ways(namespace: str, *pods: str) -> list[str]:
    """Tunnels between a gateway and the pods of its site; a restarted gateway calls the pods that it remembers."""
    return [
        row
        for pod in pods
        for row in (
            f"{namespace}/{pod} -> {namespace}/gateway: 51820/UDP",
            f"{namespace}/gateway -> {namespace}/{pod}: 51820/UDP",
        )
    ]


def workers(namespace: str, *pools: str) -> list[str]:
    """Workers of a site call each other, whatever their pool."""
    return [
        f"{namespace}/{one} -> {namespace}/{other}: 9000/TCP, 9001/TCP" for one in pools for other in pools
    ]  # fmt: skip


LOCAL, PRODUCTION, STAGING = "isthmus-local", "isthmus-production", "isthmus-staging"
SHARED, HANDED_OVER = "isthmus-staging-ecmwf", "weather-staging"

#: Every flow of every stack, but for the asking of names.
REACHABLE = {
    ("local", "home"): [
        *outsiders(LOCAL, "scheduler", "gateway", "scheduler"),
        *controller(f"{LOCAL}/scheduler"),
        *both_ways(LOCAL, "scheduler"),
        *called_from_outside(LOCAL),
        *calling(f"{LOCAL}/gateway", "30820/UDP", "10.213.0.2/32", "10.213.0.3/32"),
    ],
    ("local", "ecmwf"): [
        *outsiders(LOCAL, "gateway", "gateway", "ecmwf"),
        *controller(f"{LOCAL}/gateway"),
        *both_ways(LOCAL, "ecmwf"),
        *workers(LOCAL, "ecmwf"),
        *called_from_outside(LOCAL),
        *calling(f"{LOCAL}/gateway", "30820/UDP", "10.213.0.1/32", "10.213.0.3/32"),
    ],
    ("local", "eumetsat"): [
        *outsiders(LOCAL, "gateway", "gateway", "eumetsat"),
        *controller(f"{LOCAL}/gateway"),
        *both_ways(LOCAL, "eumetsat"),
        *workers(LOCAL, "eumetsat"),
        *called_from_outside(LOCAL),
        *calling(f"{LOCAL}/gateway", "30820/UDP", "10.213.0.1/32", "10.213.0.2/32"),
    ],
    # Behind NAT: nobody calls it. Where the others are is a host name, which a policy cannot name.
    ("production", "home"): [
        *outsiders(PRODUCTION, "scheduler", "gateway", "scheduler"),
        *controller(f"{PRODUCTION}/scheduler"),
        *both_ways(PRODUCTION, "scheduler"),
        *calling(f"{PRODUCTION}/gateway", "51820/UDP", *OUTSIDE),
    ],
    ("production", "ecmwf"): [
        *outsiders(PRODUCTION, "gateway", "gateway", "ecmwf"),
        *controller(f"{PRODUCTION}/gateway"),
        *both_ways(PRODUCTION, "ecmwf"),
        *workers(PRODUCTION, "ecmwf"),
        *called_from_outside(PRODUCTION),
        *calling(f"{PRODUCTION}/gateway", "51820/UDP", *OUTSIDE),
        *calling(f"{PRODUCTION}/ecmwf", "443/TCP", *OUTSIDE),  # s3://ecmwf-open-data/
    ],
    ("production", "eumetsat"): [
        *outsiders(PRODUCTION, "gateway", "gateway", "archive", "satellite"),
        *controller(f"{PRODUCTION}/gateway"),
        *both_ways(PRODUCTION, "archive", "satellite"),
        *workers(PRODUCTION, "archive", "satellite"),
        *called_from_outside(PRODUCTION),
        *calling(f"{PRODUCTION}/gateway", "51820/UDP", *OUTSIDE),
    ],
    # Two sites in one Kubernetes: one gateway dials the other's endpoint, and what a plugin judges may be the pod.
    ("staging", "home"): [
        *outsiders(STAGING, "scheduler", "gateway", "scheduler"),
        *outsiders(SHARED, "gateway", "gateway", "ecmwf"),
        *controller(f"{STAGING}/scheduler", f"{SHARED}/gateway"),
        *both_ways(STAGING, "scheduler"),
        *both_ways(SHARED, "ecmwf"),
        *workers(SHARED, "ecmwf"),
        *called_from_outside(STAGING),
        *called_from_outside(SHARED),
        *calling(f"{STAGING}/gateway", "51820/UDP", *OUTSIDE, f"{SHARED}/gateway"),
        *calling(f"{SHARED}/gateway", "51820/UDP", *OUTSIDE, f"{STAGING}/gateway"),
    ],
    # The controller there is its operator's.
    ("staging", "eumetsat"): [
        *outsiders(HANDED_OVER, "gateway", "gateway", "satellite"),
        *both_ways(HANDED_OVER, "satellite"),
        *workers(HANDED_OVER, "satellite"),
        *calling(f"{HANDED_OVER}/gateway", "51820/UDP", *OUTSIDE),
    ],
}


def test_the_table_has_every_kubernetes_of_every_stack() -> None:
    assert sorted(REACHABLE) == sorted(KUBERNETES)


@each_kubernetes
def test_exactly_the_flows_of_the_design_are_open(stack: str, site: str) -> None:
    assert without_dns(open_flows(stack, site)) == sorted(REACHABLE[stack, site], key=lambda row: row.split(": ")[0])


@each_kubernetes
def test_what_one_end_opens_the_other_opens_too(stack: str, site: str) -> None:
    assert half_open(stack, manifests(stack, site)) == set()


@each_kubernetes
def test_a_stranger_may_ask_for_names_and_nothing_else(stack: str, site: str) -> None:
    """A pod without one of our labels, in our namespaces or elsewhere: nobody calls it, it calls nobody."""
    found = [flow for flow in open_flows(stack, site) if "stranger" in flow.source + flow.target]
    ours = {item.namespace for item in environment(stack).sharing(environment(stack).site(site))}

    assert set(found) == {Flow(f"{space}/stranger", DNS, port) for space in ours for port in ("53/TCP", "53/UDP")}


@each_kubernetes
def test_every_pod_of_a_site_and_the_controller_ask_for_names(stack: str, site: str) -> None:
    asking = {flow.source for flow in open_flows(stack, site) if flow.target == DNS}

    assert {pod.name for pod in pods_of(manifests(stack, site))} <= asking
    assert not [source for source in asking if source.startswith("isthmus-system") and "controller" not in source]


@each_kubernetes
def test_only_a_gateway_that_has_an_endpoint_is_called_from_outside(stack: str, site: str) -> None:
    coming = {flow.target for flow in open_flows(stack, site) if flow.source in OUTSIDE}
    sharing = environment(stack).sharing(environment(stack).site(site))

    assert coming == {f"{each.namespace}/gateway" for each in sharing if each.gateway.endpoint is not None}


@each_kubernetes
def test_no_rule_names_a_pod_that_is_not_there(stack: str, site: str) -> None:
    """Outsiders may come later, and a controller may be an operator's; everybody else is of the stack."""
    present = [pod.labels for pod in pods_of(manifests(stack, site))]
    present += [{names.LABEL_ROLE: role} for role in ("client", "scraper", "controller")]

    def somebody(selector: Any) -> bool:
        return any(reachability.matches(selector, labels) for labels in present)

    for policy in (manifest for manifest in manifests(stack, site) if manifest["kind"] == "NetworkPolicy"):
        spec = policy["spec"]
        rules = [*spec.get("ingress", []), *spec.get("egress", [])]
        peers = [peer for rule in rules for peer in rule.get("from", []) + rule.get("to", []) if "ipBlock" not in peer]
        assert somebody(spec["podSelector"]), policy["metadata"]["name"]
        assert all(somebody(peer["podSelector"]) for peer in peers), policy["metadata"]["name"]


@each_kubernetes
def test_every_namespace_is_closed_by_default(stack: str, site: str) -> None:
    closing = {
        manifest["metadata"]["namespace"]
        for manifest in manifests(stack, site)
        if manifest["kind"] == "NetworkPolicy"
        and manifest["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    }
    sharing = environment(stack).sharing(environment(stack).site(site))
    system = {names.SYSTEM_NAMESPACE} if any(each.install.controller for each in sharing) else set()

    assert closing == system | {each.namespace for each in sharing}


# -- the judge itself


def policy(namespace: str, spec: Any) -> Any:
    """A NetworkPolicy."""
    return {"kind": "NetworkPolicy", "metadata": {"name": "p", "namespace": namespace}, "spec": spec}


def namespace(name: str, **labels: str) -> Any:
    return {"kind": "Namespace", "metadata": {"name": name, "labels": labels}}


CLIENT = {"matchLabels": {names.LABEL_ROLE: "client"}}
ALL_CLOSED = policy("n", {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})
OUT = policy(
    "n", {"podSelector": CLIENT, "policyTypes": ["Egress"], "egress": [{"ports": [{"port": 1, "protocol": "TCP"}]}]}
)
IN = policy("n", {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"from": [{"podSelector": CLIENT}]}]})


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        ([ALL_CLOSED], set()),
        ([ALL_CLOSED, OUT], set()),
        ([ALL_CLOSED, IN], set()),
        ([ALL_CLOSED, OUT, IN], {"1/TCP"}),
        ([OUT, IN], {"1/TCP"}),
        ([IN], {"any port"}),
        ([policy("n", OUT["spec"] | {"egress": []}), IN], set()),
    ],
    ids=["closed", "no way in", "no way out", "both", "nothing closed besides", "not closed outwards", "no rule"],
)
def test_a_flow_needs_both_of_its_ends(policies: list[Any], expected: set[str]) -> None:
    found = flows("e", policies)

    assert {flow.port for flow in found if flow[:2] == ("n/client", "n/stranger")} == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ({"operator": "DoesNotExist"}, {"guests/client"}),
        ({"operator": "Exists"}, {"m/client", "n/client"}),
        ({"operator": "In", "values": ["x"]}, {"n/client"}),
        ({"operator": "NotIn", "values": ["x"]}, {"guests/client", "m/client"}),
    ],
    ids=["without the label", "with the label", "one of", "none of"],
)
def test_a_namespace_is_chosen_by_its_labels(expression: Any, expected: set[str]) -> None:
    spaces = {
        "matchExpressions": [{"key": names.LABEL_SITE, **expression}],
        "matchLabels": {names.LABEL_ENVIRONMENT: "e"},
    }
    rule = {"from": [{"namespaceSelector": spaces, "podSelector": CLIENT}]}
    labels = {names.LABEL_ENVIRONMENT: "e"}
    objects = [
        namespace("n", **labels, **{names.LABEL_SITE: "x"}),
        namespace("m", **labels, **{names.LABEL_SITE: "y"}),
        policy("n", {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [rule]}),
        policy("m", {"podSelector": {}, "policyTypes": ["Ingress"]}),
    ]

    assert {flow.source for flow in flows("e", objects) if flow.target == "n/stranger"} == expected


@pytest.mark.parametrize(
    "rule",
    [
        {"ports": [{"port": 1, "endPort": 9, "protocol": "TCP"}]},
        {"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}]},
    ],
    ids=["a range of ports", "a block with exceptions"],
)
def test_what_the_judge_does_not_follow_it_refuses(rule: Any) -> None:
    with pytest.raises(ValueError, match="not followed here"):
        flows("e", [policy("n", {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [rule]})])
