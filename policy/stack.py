"""A whole stack as its rules ask for it: by kind, by place, by pod; worked out once, however many rules there are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeAlias

from policy.plain import UNKNOWN, scalar
from policy.pods import Pod, pods_of
from policy.record import Provider, Resource

PROVIDER: Final = "pulumi:providers:kubernetes"
Where: TypeAlias = tuple[object, object]
"""A namespace: its Kubernetes, its name."""


@dataclass(frozen=True)
class Placed:
    """A pod of the stack, and where it will run."""

    resource: Resource
    pod: Pod
    where: Where


class Stack:
    """The resources of a stack."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self.resources = tuple(resources)

    def of(self, *kinds: str) -> list[Resource]:
        """Every Kubernetes object of these kinds, in the stack's order for one kind."""
        return [one for kind in kinds for one in self._by_kind.get(kind, ())]

    def where(self, resource: Resource, namespace: object = None) -> Where:
        """The namespace that an object is in; or another one of the same Kubernetes."""
        return self.kubernetes(resource), resource.namespace if namespace is None else namespace

    def kubernetes(self, resource: Resource) -> object:
        """Which Kubernetes an object is in. Two sites may share one: then their providers are told the same way in."""
        return self._kubernetes.get(resource.world, resource.world)

    def named(self, kind: str) -> dict[tuple[object, object, object], Resource]:
        """The objects of a kind by Kubernetes, namespace and name."""
        if kind not in self._named:
            self._named[kind] = {
                (*self.where(one), scalar(one.props, "metadata", "name")): one for one in reversed(self.of(kind))
            }
        return self._named[kind]

    @cached_property
    def pods(self) -> tuple[Placed, ...]:
        """Every pod, also the ones that the controller will make."""
        return tuple(Placed(one, pod, self.where(one)) for one in self.resources for pod in pods_of(one))

    @cached_property
    def pods_by_namespace(self) -> Mapping[Where, tuple[Placed, ...]]:
        """The same, by where they run."""
        found: dict[Where, list[Placed]] = {}
        for placed in self.pods:
            found.setdefault(placed.where, []).append(placed)
        return {where: tuple(row) for where, row in found.items()}

    @cached_property
    def namespaces(self) -> Mapping[Where, Resource]:
        """The namespaces that the stack makes."""
        return {(self.kubernetes(one), scalar(one.props, "metadata", "name")): one for one in self.of("Namespace")}

    @cached_property
    def _by_kind(self) -> Mapping[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for one in self.resources:
            if one.is_kubernetes:
                found.setdefault(one.kind, []).append(one)
        return found

    @cached_property
    def _named(self) -> dict[str, dict[tuple[object, object, object], Resource]]:
        return {}

    @cached_property
    def _kubernetes(self) -> Mapping[str, object]:
        providers = [one for one in self.resources if one.type == PROVIDER]
        return {one.urn: _way_in(one) or one.urn for one in providers if not Provider(one.urn, one.name).is_default}


def _way_in(provider: Resource) -> tuple[Any, Any] | None:
    """How a provider reaches its API server; None as long as it is not known."""
    kubeconfig, context = (scalar(provider.props, part) for part in ("kubeconfig", "context"))
    return None if UNKNOWN in (kubeconfig, context) else (kubeconfig, context)
