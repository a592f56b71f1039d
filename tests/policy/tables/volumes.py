"""Rule `volumes`."""

from policy.plain import UNKNOWN
from tests.policy.cases import (
    DEPLOYED,
    DEPLOYMENT,
    GROUP,
    PLANTED,
    Case,
    Secret,
    Sort,
    certain,
    everywhere,
    kubernetes,
    rows,
)

VOLUME = f"{DEPLOYED}.volumes[data]"
FIRST = f"{DEPLOYED}.volumes.0"
PERSISTENT = kubernetes("core/v1", "PersistentVolume", "pv", spec={"nfs": {"server": "nfs.example", "path": "/data"}})

CASES: list[Case] = [
    *everywhere("volumes", "volumes.0", {"name": "data", "hostPath": {"path": "/data"}}, "volumes[data].hostPath"),
    *rows(
        "volumes",
        Sort.GOOD,
        DEPLOYMENT,
        ("a scratch folder", FIRST, {"name": "scratch", "emptyDir": {}}, ()),
        ("a Secret", FIRST, {"name": "key", "secret": {"secretName": "x"}}, ()),
        ("a ConfigMap", FIRST, {"name": "python", "configMap": {"name": "x"}}, ()),
        ("a token", FIRST, {"name": "token", "projected": {"sources": []}}, ()),
        ("a null beside the source", FIRST, {"name": "data", "hostPath": None, "emptyDir": {}}, ()),
    ),
    Case("volumes", Sort.GOOD, "a volume of the network", (PERSISTENT,)),
    *rows(
        "volumes",
        Sort.BAD,
        DEPLOYMENT,
        ("beside a claim", f"{FIRST}.hostPath", {"path": "/"}, (f"{VOLUME}.hostPath",)),
        ("a driver in the pod", FIRST, {"name": "data", "csi": {"driver": "x"}}, (VOLUME,)),
        ("a network folder in the pod", FIRST, {"name": "data", "nfs": {"server": "x", "path": "/"}}, (VOLUME,)),
        ("no source", FIRST, {"name": "data"}, (VOLUME,)),
    ),
    *rows(
        "volumes",
        Sort.BAD,
        PERSISTENT,
        ("a folder of a node, by a claim", "spec.hostPath", {"path": "/data"}, ("spec.hostPath",)),
        ("a disk of a node, by a claim", "spec.local", {"path": "/data"}, ("spec.local",)),
    ),
    *rows(
        "volumes",
        Sort.UNKNOWN,
        DEPLOYMENT,
        ("a volume", FIRST, UNKNOWN, (f"{DEPLOYED}.volumes[0]",)),
        ("the name of a claim", f"{FIRST}.persistentVolumeClaim.claimName", UNKNOWN, ()),
    ),
    *certain(
        *rows(
            "volumes",
            Sort.UNKNOWN,
            DEPLOYMENT,
            ("a folder of the node", f"{FIRST}.hostPath", UNKNOWN, (f"{VOLUME}.hostPath",)),
        )
    ),
    *rows("volumes", Sort.UNKNOWN, PERSISTENT, ("a disk of a node", "spec.local", UNKNOWN, ("spec.local",))),
    *rows(
        "volumes",
        Sort.SECRET,
        GROUP,
        (
            "a folder of the node",
            "spec.worker.spec.volumes",
            Secret([{"name": PLANTED.upper(), "hostPath": {"path": f"/{PLANTED}"}}]),
            ("spec.worker.spec.volumes[0].hostPath",),
        ),
    ),
]
