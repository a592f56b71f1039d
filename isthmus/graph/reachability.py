"""Who may talk to whom: what the NetworkPolicies of one Kubernetes leave open, computed from manifests. No I/O.

Kubernetes' own rules (kubernetes.io, Network Policies): a pod that some policy selects for a direction is closed in it,
but for what the rules of these policies open; a flow needs both of its ends. An address block stands for what is
outside: network plugins differ in whether it also means pods.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final, NamedTuple

from isthmus import names
from isthmus.graph.model import Json

#: The label that Kubernetes itself puts on every namespace.
NAMESPACE_NAME: Final = "kubernetes.io/metadata.name"
ANY: Final = "any port"


class Flow(NamedTuple):
    """A caller, whom it may call, on which port (`8786/TCP`). Pods are `namespace/kind`, the outside is its block."""

    source: str
    target: str
    port: str


@dataclass(frozen=True)
class Pod:
    """A kind of pod that can be there."""

    namespace: str
    kind: str
    """`gateway`, `scheduler`, `controller`, the name of a pool, or what a bystander is called."""
    labels: Mapping[str, str]

    @property
    def name(self) -> str:
        """`namespace/kind`."""
        return f"{self.namespace}/{self.kind}"


def pods_of(manifests: Iterable[Mapping[str, Json]]) -> list[Pod]:
    """Every kind of pod that the objects of a stack make. What the controller adds to Dask's labels is upstream's."""
    return [pod for manifest in manifests for pod in _pods(manifest)]


def bystanders(namespaces: Iterable[str]) -> list[Pod]:
    """Pods that are not the stack's: in its namespaces, in one that has the environment's label, and elsewhere."""
    kinds = {
        "client": {names.LABEL_ROLE: "client"},
        "scraper": {names.LABEL_ROLE: "scraper"},
        "stranger": {"app": "stranger"},
    }
    places = [*namespaces, GUESTS, ELSEWHERE]
    found = [Pod(place, kind, labels) for place in places for kind, labels in kinds.items()]
    return [*found, Pod("kube-system", "dns", {"k8s-app": "kube-dns"})]


#: A namespace that somebody gave the environment's label, and one that nobody did.
GUESTS: Final = "guests"
ELSEWHERE: Final = "elsewhere"


def flows(environment: str, manifests: Sequence[Mapping[str, Json]]) -> set[Flow]:
    """Every flow from, to and between the pods of a stack in one Kubernetes; bystanders are among the ends.

    manifests: everything that the environment's stack makes there, of all sites that share it.
    Raises ValueError at a rule that this module does not follow (port ranges, blocks with exceptions).
    """
    view = _View(environment, manifests)
    found = {
        Flow(source.name, target.name, port)
        for source, target in view.pairs()
        for port in _both(view.opened(source, target, "egress"), view.opened(target, source, "ingress"))
    }
    for pod in view.own():
        found |= {Flow(pod.name, block, port) for block, port in view.blocks(pod, "egress")}
        found |= {Flow(block, pod.name, port) for block, port in view.blocks(pod, "ingress")}
    return found


def half_open(environment: str, manifests: Sequence[Mapping[str, Json]]) -> set[Flow]:
    """What one end opens in vain, because the other one does not: a rule too many, or one that is missing."""
    view = _View(environment, manifests)
    return {
        Flow(source.name, target.name, port)
        for source, target in view.pairs()
        for port in _one(view.opened(source, target, "egress"), view.opened(target, source, "ingress"))
    }


def table(found: Iterable[Flow]) -> list[tuple[str, str, str]]:
    """Flows as sorted rows: source, target, all ports between the two."""
    rows: dict[tuple[str, str], list[str]] = {}
    for flow in sorted(found):
        rows.setdefault((flow.source, flow.target), []).append(flow.port)
    return [(source, target, ", ".join(ports)) for (source, target), ports in rows.items()]


def matches(selector: Mapping[str, Json] | None, labels: Mapping[str, str]) -> bool:
    """Whether a LabelSelector selects these labels; an empty one selects all."""
    wanted = (selector or {}).get("matchLabels") or {}
    expressions = (selector or {}).get("matchExpressions") or []
    return wanted.items() <= labels.items() and all(_holds(expression, labels) for expression in expressions)


class _View:
    """The policies of one Kubernetes, every kind of pod in it, the labels of its namespaces."""

    def __init__(self, environment: str, manifests: Sequence[Mapping[str, Json]]) -> None:
        self._policies = [manifest for manifest in manifests if manifest["kind"] == "NetworkPolicy"]
        self._ours = {policy["metadata"]["namespace"] for policy in self._policies}
        self._pods = [*pods_of(manifests), *bystanders(sorted(self._ours))]
        self._namespaces = _namespaces(environment, manifests, {pod.namespace for pod in self._pods})

    def own(self) -> list[Pod]:
        """Pods of the stack's namespaces."""
        return [pod for pod in self._pods if pod.namespace in self._ours]

    def pairs(self) -> Iterator[tuple[Pod, Pod]]:
        """Everybody and whom it might call, as far as one of them is in a namespace of the stack."""
        for source, target in product(self._pods, repeat=2):
            if {source.namespace, target.namespace} & self._ours:
                yield source, target

    def opened(self, pod: Pod, other: Pod, direction: str) -> set[str]:
        """Ports that a pod's own end leaves open between it and another."""
        rules = self._rules(pod, direction)
        if rules is None:
            return {ANY}
        return {
            port
            for rule in rules
            if any(self._is(other, peer, pod.namespace) for peer in _peers(rule, direction))
            for port in _ports(rule)
        }

    def blocks(self, pod: Pod, direction: str) -> Iterator[tuple[str, str]]:
        """Address blocks and ports that a pod's end leaves open."""
        for rule in self._rules(pod, direction) or []:
            for peer in _peers(rule, direction):
                if block := peer.get("ipBlock"):
                    if block.get("except"):
                        raise ValueError(f"a block of {pod.name} has exceptions, which are not followed here")
                    yield from ((block["cidr"], port) for port in _ports(rule))

    def _rules(self, pod: Pod, direction: str) -> list[Mapping[str, Json]] | None:
        """What policies open to a pod in a direction; None if no policy says anything of it: everything is open."""
        said = [
            policy["spec"]
            for policy in self._policies
            if policy["metadata"]["namespace"] == pod.namespace
            and direction.capitalize() in policy["spec"]["policyTypes"]
            and matches(policy["spec"].get("podSelector"), pod.labels)
        ]
        return [rule for spec in said for rule in spec.get(direction) or []] if said else None

    def _is(self, pod: Pod, peer: Mapping[str, Json], home: str) -> bool:
        if "ipBlock" in peer:
            return False
        there = (
            matches(peer["namespaceSelector"], self._namespaces[pod.namespace])
            if "namespaceSelector" in peer
            else pod.namespace == home
        )
        return there and matches(peer.get("podSelector"), pod.labels)


def _peers(rule: Mapping[str, Json], direction: str) -> list[Mapping[str, Json]]:
    peers = rule.get("from" if direction == "ingress" else "to")
    return list(peers) if peers else [{"namespaceSelector": {}}, {"ipBlock": {"cidr": "anywhere"}}]


def _ports(rule: Mapping[str, Json]) -> list[str]:
    if not rule.get("ports"):
        return [ANY]
    if any("endPort" in port for port in rule["ports"]):
        raise ValueError("a rule opens a range of ports, which is not followed here")
    return [f"{port['port']}/{port['protocol']}" for port in rule["ports"]]


def _both(one: set[str], other: set[str]) -> set[str]:
    """What both ends leave open."""
    if ANY in one:
        return other
    return one if ANY in other else one & other


def _one(one: set[str], other: set[str]) -> set[str]:
    """What only one end leaves open. An end that nothing is said of does not count."""
    return set() if ANY in one | other else one ^ other


def _holds(expression: Mapping[str, Json], labels: Mapping[str, str]) -> bool:
    value, values = labels.get(expression["key"]), expression.get("values") or []
    answers = {
        "In": value in values,
        "NotIn": value not in values,
        "Exists": value is not None,
        "DoesNotExist": value is None,
    }
    return answers[expression["operator"]]


def _namespaces(
    environment: str, manifests: Iterable[Mapping[str, Json]], present: Iterable[str]
) -> dict[str, dict[str, str]]:
    """Labels of every namespace; of one that the stack does not make only the name is known."""
    stated = {
        manifest["metadata"]["name"]: manifest["metadata"].get("labels", {})
        for manifest in manifests
        if manifest["kind"] == "Namespace"
    } | {GUESTS: {names.LABEL_ENVIRONMENT: environment}}
    return {name: {NAMESPACE_NAME: name, **stated.get(name, {})} for name in present}


def _pods(manifest: Mapping[str, Json]) -> Iterator[Pod]:
    spec = manifest.get("spec") or {}
    if manifest["kind"] == "Deployment":
        labels = spec["template"]["metadata"]["labels"]
        yield Pod(manifest["metadata"]["namespace"], labels[names.LABEL_ROLE], labels)
    elif manifest["kind"] == "DaskCluster":
        yield _of_dask(manifest, manifest["metadata"]["name"], "scheduler", spec["scheduler"])
    elif manifest["kind"] == "DaskWorkerGroup":
        yield _of_dask(manifest, spec["cluster"], "worker", spec["worker"])


def _of_dask(manifest: Mapping[str, Json], cluster: str, component: str, template: Mapping[str, Json]) -> Pod:
    added = {names.LABEL_CLUSTER: cluster, names.LABEL_COMPONENT: component}
    labels = {**template["metadata"]["labels"], **added}
    return Pod(manifest["metadata"]["namespace"], labels.get(names.LABEL_POOL, component), labels)
