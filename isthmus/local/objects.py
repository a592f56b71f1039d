"""Kubernetes objects that a data centre has from birth: rights, DNS, storage. Pure; path of the API -> manifest."""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address
from typing import Any

from isthmus.environment import Claim, Site
from isthmus.local import addresses
from isthmus.local.configuration import SITE

Manifest = Mapping[str, Any]

COREDNS_USER = "isthmus:coredns"
#: Who kubelet sees when the API server asks it for logs or exec.
KUBELET_CLIENT = "kube-apiserver-kubelet-client"

_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_DNS_PORTS = [{"name": "dns", "port": 53, "protocol": "UDP"}, {"name": "dns-tcp", "port": 53, "protocol": "TCP"}]


def birth_objects(site: Site, node_address: IPv4Address) -> Iterator[tuple[str, Manifest]]:
    """Everything to apply to a new data centre, in order."""
    yield binding("isthmus:kubelet-client", KUBELET_CLIENT, "system:kubelet-api-admin")
    yield _coredns_role()
    yield binding("isthmus:coredns", COREDNS_USER, "isthmus:coredns")
    yield from dns_service(node_address)
    for storage_class in sorted({claim.storageClass for claim in site.claims.values()} | {"isthmus-local"}):
        yield storage(storage_class)
    for name, claim in sorted(site.claims.items()):
        yield volume(site.name, site.namespace, name, claim)


def binding(name: str, user: str, role: str) -> tuple[str, Manifest]:
    """A ClusterRoleBinding of one user."""
    return f"{_RBAC}/clusterrolebindings/{name}", {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
    }


def _coredns_role() -> tuple[str, Manifest]:
    """What a DNS server must see, and nothing else (CoreDNS, plugin kubernetes)."""
    return f"{_RBAC}/clusterroles/isthmus:coredns", {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "isthmus:coredns"},
        "rules": [
            {"apiGroups": [""], "resources": ["services", "pods", "namespaces"], "verbs": ["list", "watch"]},
            {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]},
        ],
    }


def dns_service(node_address: IPv4Address) -> Iterator[tuple[str, Manifest]]:
    """The Service where pods expect their DNS, leading to the node's own CoreDNS."""
    namespace = "kube-system"
    yield (
        f"/api/v1/namespaces/{namespace}/services/kube-dns",
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "kube-dns", "namespace": namespace},
            "spec": {"clusterIP": str(addresses.DNS), "ports": _DNS_PORTS},
        },
    )
    yield (
        f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices/kube-dns-node",
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": "kube-dns-node",
                "namespace": namespace,
                "labels": {"kubernetes.io/service-name": "kube-dns"},
            },
            "addressType": "IPv4",
            "endpoints": [{"addresses": [str(node_address)], "conditions": {"ready": True}}],
            "ports": _DNS_PORTS,
        },
    )


def storage(name: str) -> tuple[str, Manifest]:
    """A StorageClass for volumes that are there already."""
    return f"/apis/storage.k8s.io/v1/storageclasses/{name}", {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": "Immediate",
        "reclaimPolicy": "Retain",
    }


def volume(site: str, namespace: str, claim_name: str, claim: Claim) -> tuple[str, Manifest]:
    """A folder of this machine as a PersistentVolume, kept for one claim of the stack."""
    in_this_site = {"key": "kubernetes.io/hostname", "operator": "In", "values": [site]}
    return f"/api/v1/persistentvolumes/{claim_name}", {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": claim_name},
        "spec": {
            "capacity": {"storage": claim.storage},
            "accessModes": [claim.accessMode],
            "storageClassName": claim.storageClass,
            "persistentVolumeReclaimPolicy": "Retain",
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": namespace,
                "name": claim_name,
            },
            "local": {"path": f"{SITE}/volumes/{claim_name}"},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [in_this_site]}]}},
        },
    }
