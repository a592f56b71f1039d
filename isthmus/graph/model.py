"""A recorded graph as plain data: every value is JSON, sorted and comparable; nothing in it is secret."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, TypeAlias

Json: TypeAlias = Any
"""What `json.loads` gives: property values are the provider's contract, not ours."""

#: Stands for a value that the program marked as secret. Keys of a secret mapping are kept, its values are not.
SECRET: Final = "[secret]"  # noqa: S105
#: Stands for a value that is not known before the deployment.
UNKNOWN: Final = "[unknown]"

STACK: Final = "pulumi:pulumi:Stack"


@dataclass(frozen=True)
class Options:
    """What Pulumi is told about a resource besides its properties."""

    protect: bool = False
    retain_on_delete: bool = False
    delete_before_replace: bool = False
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    additional_secret_outputs: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    """As the program told them: URNs or `key=value` specs, sorted. What the engine makes of them is `Node.aliases`."""
    custom_timeouts: tuple[tuple[str, str], ...] = ()
    deleted_with: str = ""
    replace_with: tuple[str, ...] = ()
    """URNs of resources with which this one is replaced, sorted."""
    replacement_trigger: Json = None
    """Another value replaces the resource; a secret one shows as SECRET."""
    hide_diffs: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()
    """What runs around the resource's steps: `before_create=NAME`."""
    import_id: str = ""
    version: str = ""
    """Of the provider plugin."""


@dataclass(frozen=True)
class Node:
    """One registered resource."""

    urn: str
    type: str
    name: str
    """The logical one."""
    custom: bool
    """Whether a provider manages it; a component otherwise."""
    parent: str
    """URN; empty for the stack itself."""
    provider: str
    """URN of the explicit provider; empty if the program left it to a default one."""
    inputs: Json
    secret_paths: tuple[str, ...]
    """Where the program marked a value as secret: `spec.containers[0].args`, sorted."""
    unknown_paths: tuple[str, ...]
    dependencies: tuple[str, ...]
    """URNs, sorted."""
    property_dependencies: Mapping[str, tuple[str, ...]]
    """Top-level property -> URNs of the resources that its value comes from."""
    options: Options
    aliases: tuple[str, ...] = ()
    """URNs that the engine would take for this resource, sorted: the program's own, and those that follow from its
    ancestors' aliases."""
    outputs: Json = field(default=None, compare=False)
    """Of a component: what it registered in the end, secrets replaced. None: it never registered its outputs."""

    @property
    def is_kubernetes(self) -> bool:
        """Whether it is an object of a Kubernetes API."""
        return self.custom and self.type.startswith("kubernetes:")


@dataclass(frozen=True)
class Graph:
    """What one stack registers."""

    project: str
    stack: str
    preview: bool
    nodes: tuple[Node, ...]
    """Sorted by URN. Registration order is not repeatable, so nothing may depend on it."""
    exports: Mapping[str, Json]
    """The stack's outputs, secrets replaced."""
    export_secrets: tuple[str, ...]
    """Paths of the secret ones."""
    log: tuple[str, ...] = ()
    """What the program told the engine's log: `WARNING: text`."""

    @cached_property
    def _by_urn(self) -> Mapping[str, Node]:
        return {node.urn: node for node in self.nodes}

    @cached_property
    def _by_type(self) -> Mapping[str, tuple[Node, ...]]:
        return _grouped((node.type, node) for node in self.nodes)

    @cached_property
    def _by_parent(self) -> Mapping[str, tuple[Node, ...]]:
        return _grouped((node.parent, node) for node in self.nodes)

    def __getitem__(self, urn: str) -> Node:
        """The node of that URN. Raises KeyError if there is none."""
        return self._by_urn[urn]

    def of_type(self, token: str) -> tuple[Node, ...]:
        """Every node of a type, such as `kubernetes:core/v1:Secret`, sorted by URN."""
        return self._by_type.get(token, ())

    def named(self, token: str, name: str) -> Node:
        """The one node of that type and logical name. Raises KeyError unless there is exactly one."""
        found = [node for node in self.of_type(token) if node.name == name]
        if len(found) != 1:
            raise KeyError(f"{len(found)} resources of type {token} are named {name!r}")
        return found[0]

    def children(self, urn: str) -> tuple[Node, ...]:
        """The nodes directly below a node."""
        return self._by_parent.get(urn, ())

    def ancestors(self, node: Node) -> tuple[Node, ...]:
        """The node's parent, its parent, and so on up to the stack."""
        found: list[Node] = []
        while node.parent:
            node = self[node.parent]
            found.append(node)
        return tuple(found)

    def manifests(self, site: str) -> list[dict[str, Json]]:
        """The Kubernetes objects that the stack wants at a site, as kubectl would take them. See `render.manifests`."""
        from isthmus.graph.render import manifests

        return manifests(self, site)


def _grouped(rows: Iterable[tuple[str, Node]]) -> dict[str, tuple[Node, ...]]:
    found: dict[str, list[Node]] = {}
    for key, node in rows:
        found.setdefault(key, []).append(node)
    return {key: tuple(nodes) for key, nodes in found.items()}
