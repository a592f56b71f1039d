"""The five kinds that the controller watches, and their paths in the Kubernetes API. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from isthmus.names import GROUP, LABEL_CLUSTER, VERSION

Body = Mapping[str, Any]
"""A Kubernetes object as the API server gives it: plain JSON data, never changed in place."""


@dataclass(frozen=True)
class Kind:
    """A namespaced resource of the Kubernetes API."""

    group: str
    """Empty for the core group."""
    version: str
    plural: str
    name: str
    """As in `kind:` of a manifest."""
    selector: str = ""
    """Label selector of what is watched. Empty for our own kinds: groups that the client adds carry no labels."""

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str, name: str = "", subresource: str = "") -> str:
        """Path under the server's root of the collection, of one object, or of its subresource."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        parts = [root, "namespaces", namespace, self.plural, name, subresource]
        return "/".join(part for part in parts if part)


CLUSTERS: Final = Kind(GROUP, VERSION, "daskclusters", "DaskCluster")
GROUPS: Final = Kind(GROUP, VERSION, "daskworkergroups", "DaskWorkerGroup")
PODS: Final = Kind("", "v1", "pods", "Pod", LABEL_CLUSTER)
SERVICES: Final = Kind("", "v1", "services", "Service", LABEL_CLUSTER)
DEPLOYMENTS: Final = Kind("apps", "v1", "deployments", "Deployment", LABEL_CLUSTER)

WATCHED: Final = (CLUSTERS, GROUPS, PODS, SERVICES, DEPLOYMENTS)


@dataclass(frozen=True, order=True)
class Key:
    """What one pass looks at: one DaskCluster or one DaskWorkerGroup, by name."""

    kind: str
    """Plural of the kind."""
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.namespace}/{self.name}"


def cluster_key(namespace: str, name: str) -> Key:
    return Key(CLUSTERS.plural, namespace, name)


def group_key(namespace: str, name: str) -> Key:
    return Key(GROUPS.plural, namespace, name)
