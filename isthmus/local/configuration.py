"""Configuration of a node's programs, as text or data. No I/O.

Every path is one of those that `node-init.sh` makes inside the node.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any, Final

from isthmus.local import addresses

SITE: Final = "/run/isthmus/site"
KUBE: Final = "/run/isthmus/kube"
NODE: Final = "/run/isthmus/node"
STORE: Final = "/run/isthmus/store"

#: Images of this repository are called so; no registry answers to the name, so nothing is ever pulled by mistake.
REGISTRY: Final = "isthmus.local"
#: What holds a pod's namespaces.
PAUSE: Final = f"{REGISTRY}/pause:1"
CONTAINERD_SOCKET: Final = "/run/containerd/containerd.sock"


@dataclass(frozen=True)
class NodeShape:
    """What of this machine a node offers."""

    name: str
    address: IPv4Address
    memory_bytes: int
    """What all of the data centre may use: its cgroup's limit."""
    machine_memory_bytes: int


def containerd() -> str:
    """containerd's config.toml. Plugins for what no data centre here has are off."""
    return f"""\
version = 3
root = '/var/lib/containerd'
state = '/run/containerd'
disabled_plugins = [
  'io.containerd.nri.v1.nri',
  'io.containerd.snapshotter.v1.blockfile',
  'io.containerd.snapshotter.v1.erofs',
  'io.containerd.differ.v1.erofs',
  'io.containerd.tracing.processor.v1.otlp',
  'io.containerd.internal.v1.tracing',
]
[grpc]
  address = '{CONTAINERD_SOCKET}'
[debug]
  level = 'warn'
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = '{PAUSE}'
[plugins.'io.containerd.cri.v1.runtime']
  disable_apparmor = true
  restrict_oom_score_adj = true
  tolerate_missing_hugetlb_controller = true
[plugins.'io.containerd.cri.v1.runtime'.cni]
  bin_dirs = ['{NODE}/cni']
  conf_dir = '{SITE}/cni'
[plugins.'io.containerd.cri.v1.runtime'.containerd]
  default_runtime_name = 'runc'
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
  runtime_type = 'io.containerd.runc.v2'
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
  BinaryName = '{NODE}/runc'
  SystemdCgroup = false
"""


def pod_network() -> dict[str, Any]:
    """The CNI configuration: a bridge per node; nftables throughout, so no iptables is needed."""
    bridge = {
        "type": "bridge",
        "bridge": "cni0",
        "isGateway": True,
        "ipMasq": True,
        "ipMasqBackend": "nftables",
        "hairpinMode": True,
        "ipam": {
            "type": "host-local",
            "ranges": [[{"subnet": str(addresses.PODS)}]],
            "routes": [{"dst": "0.0.0.0/0"}],
            "dataDir": "/run/cni",
        },
    }
    portmap = {"type": "portmap", "capabilities": {"portMappings": True}, "backend": "nftables"}
    return {"cniVersion": "1.0.0", "name": "pods", "plugins": [bridge, portmap]}


def kubelet(shape: NodeShape) -> dict[str, Any]:
    """KubeletConfiguration. Whoever calls kubelet is asked for a certificate, and the API server for the right."""
    reserved = max(0, shape.machine_memory_bytes - shape.memory_bytes)
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": f"{SITE}/pki/ca.crt"},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": f"{SITE}/pki/kubelet-server.crt",
        "tlsPrivateKeyFile": f"{SITE}/pki/kubelet-server.key",
        "cgroupDriver": "cgroupfs",
        "failCgroupV1": False,
        "failSwapOn": False,
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        "clusterDNS": [str(addresses.DNS)],
        "clusterDomain": "cluster.local",
        "resolvConf": "",
        # The node sees the whole machine's memory; what is not this data centre's is nobody's to request.
        "systemReserved": {"memory": str(reserved)},
        "enforceNodeAllocatable": ["pods"],
        "evictionHard": {"memory.available": "100Mi"},
        "imageGCHighThresholdPercent": 100,
        "enableControllerAttachDetach": False,
        "syncFrequency": "10s",
        "volumeStatsAggPeriod": "10m",
        "crashLoopBackOff": {"maxContainerRestartPeriod": "10s"},
        "nodeStatusUpdateFrequency": "5s",
        "nodeStatusReportFrequency": "1m",
        "nodeLeaseDurationSeconds": 20,
        "maxPods": 200,
        "serializeImagePulls": False,
        "containerLogMaxSize": "10Mi",
    }


def kube_proxy(name: str, kubeconfig: str) -> dict[str, Any]:
    """KubeProxyConfiguration. NodePorts answer on the WAN; the machine's conntrack limits stay."""
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "clientConnection": {"kubeconfig": kubeconfig},
        "clusterCIDR": str(addresses.PODS),
        "hostnameOverride": name,
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
        "nftables": {"minSyncPeriod": "0s", "syncPeriod": "30s"},
        "healthzBindAddress": "127.0.0.1:10256",
        "metricsBindAddress": "127.0.0.1:10249",
        "nodePortAddresses": ["primary"],
    }


def corefile(address: IPv4Address, kubeconfig: str) -> str:
    """CoreDNS: names of the cluster only. It serves on the node; a Service leads to it."""
    return f"""\
.:53 {{
    bind {address}
    errors
    health 127.0.0.1:8081
    ready 127.0.0.1:8181
    kubernetes cluster.local in-addr.arpa {{
        kubeconfig {kubeconfig}
        pods insecure
        ttl 2
    }}
    cache 2
}}
"""


def environment() -> Mapping[str, str]:
    """Environment variables of every program: collect garbage sooner, since a dozen of them share one machine."""
    return {"GOGC": "60", "TMPDIR": "/run"}
