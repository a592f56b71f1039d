"""What the watches have shown: the last state of every object that the controller looks at, found by name or parent.

kopf re-lists after a lost watch but never tells what vanished meanwhile, so the store is swept: an object that was
here before a complete list was asked for, and that is not in the answer, is gone (a uid never comes back).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from isthmus.controller.kinds import (
    CLUSTERS,
    DEPLOYMENTS,
    GROUPS,
    PODS,
    SERVICES,
    Body,
    Key,
    Kind,
    cluster_key,
    group_key,
)
from isthmus.names import LABEL_CLUSTER, LABEL_COMPONENT, LABEL_WORKER_GROUP

Address = tuple[str, str, str]
"""Plural of the kind, namespace, name."""


def metadata(body: Body) -> Mapping[str, Any]:
    found = body.get("metadata")
    return found if isinstance(found, Mapping) else {}


def labels(body: Body) -> Mapping[str, str]:
    found = metadata(body).get("labels")
    return found if isinstance(found, Mapping) else {}


def uid(body: Body) -> str:
    return str(metadata(body).get("uid", ""))


def cluster_of(kind: Kind, body: Body) -> str:
    """Name of the DaskCluster that an object says it belongs to; empty if it says nothing."""
    if kind == GROUPS:
        spec = body.get("spec")
        return str(spec.get("cluster", "")) if isinstance(spec, Mapping) else ""
    return labels(body).get(LABEL_CLUSTER, "")


class Store:
    """Objects by kind and name, and by the cluster and the worker group that they name."""

    def __init__(self) -> None:
        self._named: dict[Address, Body] = {}
        self._of_cluster: dict[Address, set[str]] = {}
        self._of_group: dict[Address, set[str]] = {}

    def see(self, kind: Kind, body: Body) -> None:
        """Take over the state of an object."""
        meta = metadata(body)
        namespace, name = str(meta.get("namespace")), str(meta.get("name"))
        self._forget(kind, namespace, name)
        self._named[kind.plural, namespace, name] = body
        for index, parent in self._parents(kind, body):
            index.setdefault((kind.plural, namespace, parent), set()).add(name)

    def gone(self, kind: Kind, body: Body) -> None:
        """An object has been deleted. Another one that has taken its name meanwhile stays."""
        meta = metadata(body)
        namespace, name = str(meta.get("namespace")), str(meta.get("name"))
        held = self._named.get((kind.plural, namespace, name))
        if held is not None and uid(held) == uid(body):
            self._forget(kind, namespace, name)

    def get(self, kind: Kind, namespace: str, name: str) -> Body | None:
        return self._named.get((kind.plural, namespace, name))

    def of_cluster(self, kind: Kind, namespace: str, cluster: str) -> list[Body]:
        """Objects of a kind that name a cluster, by name."""
        return self._found(kind, namespace, self._of_cluster.get((kind.plural, namespace, cluster), ()))

    def of_group(self, namespace: str, group: str) -> list[Body]:
        """Pods that name a worker group, by name."""
        return self._found(PODS, namespace, self._of_group.get((PODS.plural, namespace, group), ()))

    def every(self, kind: Kind, namespace: str) -> list[Body]:
        return [body for (plural, ns, _), body in self._named.items() if (plural, ns) == (kind.plural, namespace)]

    def keys(self) -> Iterator[Key]:
        """Every DaskCluster and DaskWorkerGroup that is known."""
        for plural, namespace, name in self._named:
            if plural in (CLUSTERS.plural, GROUPS.plural):
                yield Key(plural, namespace, name)

    def _found(self, kind: Kind, namespace: str, names: Iterable[str]) -> list[Body]:
        return [self._named[kind.plural, namespace, name] for name in sorted(names)]

    def _forget(self, kind: Kind, namespace: str, name: str) -> None:
        body = self._named.pop((kind.plural, namespace, name), None)
        if body is None:
            return
        for index, parent in self._parents(kind, body):
            names = index.get((kind.plural, namespace, parent), set())
            names.discard(name)
            if not names:
                index.pop((kind.plural, namespace, parent), None)

    def _parents(self, kind: Kind, body: Body) -> Iterator[tuple[dict[Address, set[str]], str]]:
        if cluster := cluster_of(kind, body):
            yield self._of_cluster, cluster
        if kind == PODS and (group := labels(body).get(LABEL_WORKER_GROUP)):
            yield self._of_group, group


#: Kinds whose change matters to the cluster that they name.
_OF_CLUSTER: Final = (GROUPS, SERVICES, DEPLOYMENTS)


def keys_of(kind: Kind, body: Body, store: Store) -> set[Key]:
    """Where an event of this object says to look."""
    meta = metadata(body)
    namespace, name, cluster = str(meta.get("namespace")), str(meta.get("name")), cluster_of(kind, body)
    keys: set[Key] = set()
    if kind == CLUSTERS:
        keys |= {cluster_key(namespace, name)} | _groups(store, namespace, name)
    elif kind == GROUPS:
        keys |= {group_key(namespace, name)}
    elif kind == PODS and (group := labels(body).get(LABEL_WORKER_GROUP)):
        keys |= {group_key(namespace, group)}
    elif kind == DEPLOYMENTS and labels(body).get(LABEL_COMPONENT) == "scheduler":
        keys |= _groups(store, namespace, cluster)  # workers wait for their scheduler
    if kind in _OF_CLUSTER and cluster:
        keys |= {cluster_key(namespace, cluster)}
    return keys


def _groups(store: Store, namespace: str, cluster: str) -> set[Key]:
    return {group_key(namespace, str(metadata(body)["name"])) for body in store.of_cluster(GROUPS, namespace, cluster)}
