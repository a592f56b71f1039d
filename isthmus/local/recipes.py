"""What is built for local data centres, and how: one recipe per Go module of this repository.

Build tags and version flags are those that the projects' own release builds need; without its version flags a
Kubernetes server calls itself v0.0.0-master, and clients that read its version refuse it.
"""

from isthmus.local import machine
from isthmus.local.binaries import CHECKOUT, Build, Recipe

#: What the program of the recipe KUBE answers to.
LINKS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl")

_VERSION = "{version:k8s.io/kubernetes}"
_KUBERNETES_FLAGS = " ".join(
    f"-X {package}.{variable}={value}"
    for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    for variable, value in {
        "gitVersion": _VERSION,
        "gitMajor": "1",
        "gitMinor": "{minor:k8s.io/kubernetes}",
        "gitTreeState": "clean",
        "gitCommit": _VERSION,
    }.items()
)
_CONTAINERD = "github.com/containerd/containerd/v2"
_RUNC = "github.com/opencontainers/runc"
_CNI = "github.com/containernetworking/plugins/plugins"

#: etcd, the control plane, the node agents and kubectl, as one program with a link for each.
KUBE = Recipe(
    name="kube",
    module=CHECKOUT / "tools" / "kube",
    builds=(Build((".",), "kube", ldflags=f"-s -w {_KUBERNETES_FLAGS}"),),
    links=dict.fromkeys(LINKS, "kube"),
    cost="about 6 minutes on two cores",
)

#: What a node needs beside Kubernetes: container runtime, pod network, DNS.
NODE = Recipe(
    name="node",
    module=CHECKOUT / "tools" / "node",
    builds=(
        Build(("./pause",), "pause"),
        Build(
            tuple(f"{_CONTAINERD}/cmd/{name}" for name in ("containerd", "containerd-shim-runc-v2", "ctr")),
            "./",
            ldflags=f"-s -w -X {_CONTAINERD}/version.Version={{version:{_CONTAINERD}}}",
            tags="no_btrfs no_zfs no_devmapper",
        ),
        Build(
            tuple(f"{_CNI}/{name}" for name in ("main/bridge", "main/loopback", "ipam/host-local", "meta/portmap")),
            "cni/",
        ),
        Build(("./coredns",), "coredns"),
        # Without the tag runc fails on the RuntimeDefault profile that Pod Security `restricted` asks for.
        Build((_RUNC,), "runc", ldflags=f"-s -w -X main.version={{version:{_RUNC}}}", tags="seccomp", cgo=True),
    ),
    needs=machine.BUILD,
    cost="about 2 minutes on two cores",
)

#: The data plane's binary, for the tunnel image.
TUNNEL = Recipe(
    name="tunnel",
    module=CHECKOUT / "tunnel",
    builds=(Build((".",), "tunnel"),),
)
