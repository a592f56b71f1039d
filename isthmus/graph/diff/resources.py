"""Every resource of two graphs side by side: what the search for dangers walks over."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from isthmus.graph.diff.hiding import hidden_places, hide
from isthmus.graph.diff.model import Change, Operation, kind_of
from isthmus.graph.diff.reasons import PROVIDER_OTHER
from isthmus.graph.model import STACK, Graph, Json, Node

SITE: Final = "isthmus:index:Site"
_PROVIDER: Final = "pulumi:providers:kubernetes"
#: Kind -> where its pod specs are.
_PODS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "CronJob": (("spec", "jobTemplate", "spec", "template", "spec"),),
    "DaskCluster": (("spec", "scheduler", "spec"), ("spec", "worker", "spec")),
    "DaskJob": (
        ("spec", "job", "spec"),
        ("spec", "cluster", "spec", "scheduler", "spec"),
        ("spec", "cluster", "spec", "worker", "spec"),
    ),
    "DaskWorkerGroup": (("spec", "worker", "spec"),),
    "Pod": (("spec",),),
}
_TEMPLATE: Final = (("spec", "template", "spec"),)


@dataclass(frozen=True)
class Resource:
    """One resource before and after."""

    site: str
    """Empty: it belongs to the environment as a whole."""
    node: Node
    old: Json
    """Its properties, secrets hidden; None if it is new."""
    new: Json
    """What it will have: what is ignored stays as it was. None if it goes."""
    change: Change | None

    @property
    def kind(self) -> str:
        """`Deployment`, `Site`, `kubernetes provider`."""
        return kind_of(self.node)

    @property
    def place(self) -> tuple[str, str, str]:
        """Site, namespace and name of the Kubernetes object."""
        metadata = mapped(at(self.new if self.new is not None else self.old, "metadata"))
        return self.site, str(metadata.get("namespace") or ""), str(metadata.get("name") or self.node.name)

    @property
    def title(self) -> str:
        """How a person calls it: `Role isthmus-system/controller`."""
        return titled(self.node, self.new if self.new is not None else self.old)

    @property
    def old_title(self) -> str:
        """How a person called it, before it changed."""
        node = self.change.before if self.change is not None and self.change.before is not None else self.node
        return titled(node, self.old if self.old is not None else self.new)


def titled(node: Node, body: Json) -> str:
    """`Deployment isthmus-production/gateway`: the object; where it is not one of Kubernetes, kind and logical name."""
    kind, metadata = kind_of(node), mapped(at(body, "metadata"))
    if not node.is_kubernetes or not metadata:
        return f"{kind} {node.name}"
    where = f"{metadata['namespace']}/" if metadata.get("namespace") else ""
    return f"{kind} {where}{metadata.get('name') or node.name}"


def resources(before: Graph, after: Graph, found: Iterable[Change]) -> tuple[Resource, ...]:
    """All resources but the stack, those that do not change included; sorted by site and URN.

    One that moves to another provider is two: it goes at one site and comes at another.
    """
    olds, news = _sites(before), _sites(after)
    changed = {change.node.urn: change for change in found}
    all_of = {node.urn: node for node in before.nodes}
    rows = []
    for node in after.nodes:
        if node.type == STACK:
            continue
        change = changed.get(node.urn)
        if change is not None and change.before is not None and PROVIDER_OTHER in change.reasons:
            rows.append(Resource(olds[change.before.urn], node, change.old, None, change))
            rows.append(Resource(news[node.urn], node, None, change.new, change))
        elif change is not None:
            rows.append(Resource(news[node.urn], node, change.old, change.new, change))
        else:
            # What is ignored is no change, so it stays as it was.
            was = all_of.get(node.urn, node)
            kept = hide(was.inputs, hidden_places(was, node))
            rows.append(Resource(news[node.urn], node, kept, kept, None))
    gone = (change for change in changed.values() if change.after is None)
    rows += [Resource(olds[change.node.urn], change.node, change.old, None, change) for change in gone]
    return tuple(sorted(rows, key=lambda row: (row.site, row.node.urn)))


def _sites(graph: Graph) -> dict[str, str]:
    """URN -> site, by the component above it or else by its provider's name."""
    nodes = {node.urn: node for node in graph.nodes}
    return {urn: _site(node, nodes) for urn, node in nodes.items()}


def _site(node: Node, nodes: Mapping[str, Node]) -> str:
    above: Node | None = node
    while above is not None:
        if above.type == SITE:
            return above.name
        above = nodes.get(above.parent)
    if node.type == _PROVIDER:
        return node.name
    provider = nodes.get(node.provider)
    return provider.name if provider is not None and provider.type == _PROVIDER else ""


def at(value: Json, *path: str) -> Json:
    """What is at a place; None if nothing is."""
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def pods(kind: str, body: Json) -> Iterator[tuple[int, Mapping[str, Json]]]:
    """The pod specs of an object, each with how many pods there may be of it: as many as it has slots, or replicas."""
    slots = at(body, "spec", "slots", "count") if kind == "DaskWorkerGroup" else None
    for place in _PODS.get(kind, _TEMPLATE):
        spec = at(body, *place)
        if isinstance(spec, dict):
            holder = place[:-2] if place[-2:-1] == ("template",) else place[:-1]
            count = at(body, *holder, "replicas") if slots is None else slots
            yield count if isinstance(count, int) else 1, spec


def containers(kind: str, body: Json) -> Iterator[Mapping[str, Json]]:
    """All containers of an object, those that come first included."""
    for _, pod in pods(kind, body):
        yield from containers_of(pod)


def containers_of(pod: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    """All containers of a pod spec."""
    for group in ("initContainers", "containers", "ephemeralContainers"):
        yield from mappings(pod.get(group))


def listed(value: Json) -> Sequence[Json]:
    """A list as it is; of anything else, such as a secret, nothing."""
    return value if isinstance(value, list) else ()


def texts(value: Json) -> list[str]:
    """The items of a list as text."""
    return [str(one) for one in listed(value)]


def mapped(value: Json) -> Mapping[str, Json]:
    """A mapping as it is; of anything else, such as a secret, nothing."""
    return value if isinstance(value, dict) else {}


def mappings(value: Json) -> list[Mapping[str, Json]]:
    """The items of a list that are mappings."""
    return [one for one in listed(value) if isinstance(one, dict)]


def is_new(resource: Resource) -> bool:
    """Whether it was not in the stack before."""
    return resource.change is not None and resource.change.operation is Operation.CREATE
