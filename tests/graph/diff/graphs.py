"""Small graphs, said in a line per resource."""

import copy
from collections.abc import Mapping
from typing import Any

from isthmus.graph import Graph, Node, Options

PROVIDER = "pulumi:providers:kubernetes"
PREFIX = "urn:pulumi:test::isthmus::"


def urn(type_: str, name: str) -> str:
    return f"{PREFIX}{type_}::{name}"


STACK = Node(
    urn=urn("pulumi:pulumi:Stack", "isthmus-test"),
    type="pulumi:pulumi:Stack",
    name="isthmus-test",
    custom=False,
    parent="",
    provider="",
    inputs={},
    secret_paths=(),
    unknown_paths=(),
    dependencies=(),
    property_dependencies={},
    options=Options(),
)


def node(
    type_: str,
    name: str,
    inputs: Mapping[str, Any] | None = None,
    *,
    site: str = "",
    secret: tuple[str, ...] = (),
    aliases: tuple[str, ...] = (),
    takes: Mapping[str, tuple[str, ...]] | None = None,
    outputs: Any = None,
    component: bool = False,
    provider: str | None = None,
    parent: str = STACK.urn,
    **options: Any,
) -> Node:
    """A resource. site: whose provider makes it; provider: the URN of another one. takes: property -> URNs."""
    made_by = urn(PROVIDER, site) if site and not component else ""
    return Node(
        urn=urn(type_, name),
        type=type_,
        name=name,
        custom=not component,
        parent=parent,
        provider=made_by if provider is None else provider,
        inputs=copy.deepcopy(dict(inputs or {})),
        secret_paths=secret,
        unknown_paths=(),
        dependencies=(),
        property_dependencies=dict(takes or {}),
        options=Options(**options),
        aliases=aliases,
        outputs=outputs,
    )


def provider(site: str, **settings: Any) -> Node:
    """The provider of a site: what a graph test needs of it."""
    given = {"clusterIdentifier": f"test/{site}", "enableSecretMutable": "true", "enableConfigMapMutable": "true"}
    return node(PROVIDER, site, given | settings)


def kube(kind: str, name: str, body: Mapping[str, Any] | None = None, *, site: str = "north", **more: Any) -> Node:
    """A Kubernetes object of `group/version:Kind` in the namespace `data` of a site, as the SDK would send it."""
    group, _, bare = kind.rpartition(":")
    version = group.removeprefix("core/")
    inputs = {"apiVersion": version, "kind": bare, "metadata": {"name": name, "namespace": "data"}} | dict(body or {})
    return node(f"kubernetes:{kind}", name, inputs, site=site, **more)


def graph(*nodes: Node, exports: Mapping[str, Any] | None = None, export_secrets: tuple[str, ...] = ()) -> Graph:
    """A graph of these, with the providers of the sites `north` and `south`."""
    given = {one.urn: one for one in (STACK, provider("north"), provider("south"), *nodes)}
    return Graph(
        project="isthmus",
        stack="test",
        preview=False,
        nodes=tuple(given[key] for key in sorted(given)),
        exports=dict(exports or {}),
        export_secrets=export_secrets,
    )


CONFIG_MAP = "core/v1:ConfigMap"
SECRET = "core/v1:Secret"
DEPLOYMENT = "apps/v1:Deployment"
SERVICE = "core/v1:Service"
NAMESPACE = "core/v1:Namespace"
CLAIM = "core/v1:PersistentVolumeClaim"
CRD = "apiextensions.k8s.io/v1:CustomResourceDefinition"
POLICY = "networking.k8s.io/v1:NetworkPolicy"
ROLE = "rbac.authorization.k8s.io/v1:Role"
CLUSTER_ROLE = "rbac.authorization.k8s.io/v1:ClusterRole"
BINDING = "rbac.authorization.k8s.io/v1:RoleBinding"
CLUSTER_BINDING = "rbac.authorization.k8s.io/v1:ClusterRoleBinding"
GROUP = "kubernetes.dask.org/v1:DaskWorkerGroup"
CLUSTER = "kubernetes.dask.org/v1:DaskCluster"
PASSWORD = "random:index/randomPassword:RandomPassword"
