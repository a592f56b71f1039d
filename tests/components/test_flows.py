"""The NetworkPolicies of each site as one picture: which kind of pod may call which, on which port."""

from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

import pytest

from isthmus import names
from tests.components.recorded import STACKS, environment, graph

POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
SITES = [(stack, site.name) for stack in STACKS for site in environment(stack).sites]
OUTSIDE = "outside"

each_site = pytest.mark.parametrize(("stack", "site"), SITES, ids=["-".join(row) for row in SITES])


class Flow(NamedTuple):
    """A caller, a callee, a protocol and port."""

    source: str
    target: str
    port: str


def kinds(stack: str, site: str) -> dict[str, dict[str, str]]:
    """Every kind of pod that can be at a site, with its labels. The controller's labels for Dask's are upstream's."""
    configured = environment(stack)
    dask = {names.LABEL_CLUSTER: configured.cluster}
    found = {
        "gateway": {names.LABEL_ROLE: "gateway", names.LABEL_ENVIRONMENT: stack},
        "controller": {names.LABEL_ROLE: "controller", names.LABEL_ENVIRONMENT: stack},
        "client": {names.LABEL_ROLE: "client"},
        "scraper": {names.LABEL_ROLE: "scraper"},
    }
    if site == configured.scheduler.site:
        found["scheduler"] = dask | {names.LABEL_COMPONENT: "scheduler"}
    found |= {
        pool: dask | {names.LABEL_COMPONENT: "worker", names.LABEL_POOL: pool} for pool in configured.site(site).pools
    }
    return found


def matching(pods: dict[str, dict[str, str]], selector: Any) -> list[str]:
    wanted = selector.get("matchLabels", {}).items()
    return [kind for kind, labels in pods.items() if wanted <= labels.items()]


def peers(pods: dict[str, dict[str, str]], peer: Any) -> list[str]:
    if "ipBlock" in peer:
        return [f"{OUTSIDE} {peer['ipBlock']['cidr']}"]
    namespace = peer.get("namespaceSelector", {}).get("matchLabels", {})
    if namespace.get("kubernetes.io/metadata.name") == "kube-system":
        return ["kube-system"]
    return matching(pods, peer["podSelector"])


def flows(stack: str, site: str, direction: str) -> Iterator[Flow]:
    """Every flow that the policies of a site open in one direction."""
    pods = kinds(stack, site)
    recorded = graph(stack)
    for node in recorded.of_type(POLICY):
        if recorded[node.provider].name != site:
            continue
        spec = node.inputs["spec"]
        owners = matching(pods, spec["podSelector"])
        system = node.inputs["metadata"]["namespace"] == names.SYSTEM_NAMESPACE
        owners = [kind for kind in owners if (kind == "controller") == system]
        for rule in spec.get(direction, []):
            others = [kind for peer in rule["from" if direction == "ingress" else "to"] for kind in peers(pods, peer)]
            for owner, other, port in product(owners, others, rule["ports"]):
                ends = (other, owner) if direction == "ingress" else (owner, other)
                yield Flow(*ends, f"{port['port']}/{port['protocol']}")


@each_site
def test_a_flow_between_pods_is_open_at_both_ends(stack: str, site: str) -> None:
    pods = kinds(stack, site)

    def inside(direction: str) -> set[Flow]:
        return {flow for flow in flows(stack, site, direction) if {flow.source, flow.target} <= pods.keys()}

    assert inside("ingress") == inside("egress")
    assert inside("ingress")


@each_site
def test_no_rule_names_a_pod_that_is_not_there(stack: str, site: str) -> None:
    pods, recorded = kinds(stack, site), graph(stack)

    for node in recorded.of_type(POLICY):
        if recorded[node.provider].name == site:
            spec = node.inputs["spec"]
            assert matching(pods, spec["podSelector"]), node.name
            for rule in [*spec.get("ingress", []), *spec.get("egress", [])]:
                assert all(peers(pods, peer) for peer in rule.get("from", []) + rule.get("to", [])), node.name


def dial(site: str, *ports: str) -> list[Flow]:
    """Flows of a client and of the controller to the pod that is the scheduler's door at a site."""
    return [*(Flow("client", site, port) for port in ports), Flow("controller", site, "8787/TCP")]


def scrape(*targets: str) -> list[Flow]:
    """Flows of Prometheus or its like to the metrics of the tunnels."""
    return [Flow("scraper", target, "9090/TCP") for target in targets]


@pytest.mark.parametrize(
    ("stack", "site", "expected"),
    [
        (
            "local",
            "home",
            {
                *dial("scheduler", "8786/TCP", "8787/TCP"),
                *scrape("gateway", "scheduler"),
                Flow("scheduler", "gateway", "51820/UDP"),
                Flow("gateway", "scheduler", "51820/UDP"),
            },
        ),
        (
            "local",
            "ecmwf",
            {
                *dial("gateway", "8786/TCP", "8787/TCP"),
                *scrape("gateway", "ecmwf"),
                Flow("ecmwf", "gateway", "51820/UDP"),
                Flow("gateway", "ecmwf", "51820/UDP"),
                Flow("ecmwf", "ecmwf", "9000/TCP"),
                Flow("ecmwf", "ecmwf", "9001/TCP"),
            },
        ),
    ],
    ids=["scheduler site", "worker site"],
)
def test_inside_a_site_exactly_the_flows_of_the_design_exist(stack: str, site: str, expected: set[Flow]) -> None:
    pods = kinds(stack, site)

    assert {flow for flow in flows(stack, site, "egress") if flow.target in pods} == expected


@pytest.mark.parametrize(
    ("stack", "site", "expected"),
    [
        (
            "local",
            "ecmwf",
            {
                Flow("gateway", "outside 10.213.0.1/32", "30820/UDP"),
                Flow("gateway", "outside 10.213.0.3/32", "30820/UDP"),
            },
        ),
        (
            "production",
            "ecmwf",
            {
                # eumetsat's endpoint is a host name, which a policy cannot name; home cannot be dialled
                Flow("gateway", "outside 0.0.0.0/0", "51820/UDP"),
                Flow("gateway", "outside ::/0", "51820/UDP"),
                # s3://ecmwf-open-data/
                Flow("ecmwf", "outside 0.0.0.0/0", "443/TCP"),
                Flow("ecmwf", "outside ::/0", "443/TCP"),
            },
        ),
    ],
    ids=["endpoints with addresses", "endpoints with names, data behind a URL"],
)
def test_only_what_is_configured_leaves_a_site(stack: str, site: str, expected: set[Flow]) -> None:
    leaving = {
        flow for flow in flows(stack, site, "egress") if flow.target.startswith(OUTSIDE) and flow.source != "controller"
    }

    assert leaving == expected


@each_site
def test_only_a_gateway_that_has_an_endpoint_is_called_from_outside(stack: str, site: str) -> None:
    coming = {flow for flow in flows(stack, site, "ingress") if flow.source.startswith(OUTSIDE)}
    dialled = environment(stack).site(site).gateway.endpoint is not None

    assert coming == (
        {Flow(f"outside {block}", "gateway", "51820/UDP") for block in ("0.0.0.0/0", "::/0")} if dialled else set()
    )


@each_site
def test_both_namespaces_are_closed_by_default(stack: str, site: str) -> None:
    recorded = graph(stack)
    closing = {
        node.inputs["metadata"]["namespace"]
        for node in recorded.of_type(POLICY)
        if recorded[node.provider].name == site
        and node.inputs["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    }

    assert closing == {names.SYSTEM_NAMESPACE, names.namespace(stack)}
