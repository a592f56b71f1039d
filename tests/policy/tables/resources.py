"""Rule `resources`."""

from policy.plain import UNKNOWN
from tests.policy.cases import DEPLOYED, DEPLOYMENT, GROUP, PLANTED, Case, Gone, Secret, Sort, everywhere, rows

MAIN = f"{DEPLOYED}.containers[main].resources"
FIRST = f"{DEPLOYED}.containers.0.resources"
WORKER = "spec.worker.spec.containers.0.resources"
FOLDER = (f"{DEPLOYED}.volumes[tmp].emptyDir.sizeLimit",)
SPILLS = "spec.worker.spec.containers[main].resources"

CASES: list[Case] = [
    *everywhere(
        "resources", "containers.0.resources.limits.memory", Gone.GONE, "containers[main].resources.limits.memory"
    ),
    *rows(
        "resources",
        Sort.GOOD,
        DEPLOYMENT,
        ("a folder of a size", f"{DEPLOYED}.volumes.0", {"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}}, ()),
        ("disk only where something spills", f"{FIRST}.limits.ephemeral-storage", Gone.GONE, ()),
    ),
    *rows(
        "resources",
        Sort.BAD,
        DEPLOYMENT,
        ("a folder that may fill the disk", f"{DEPLOYED}.volumes.0", {"name": "tmp", "emptyDir": {}}, FOLDER),
    ),
    *rows(
        "resources",
        Sort.UNKNOWN,
        DEPLOYMENT,
        ("a folder", f"{DEPLOYED}.volumes.0", {"name": "tmp", "emptyDir": UNKNOWN}, FOLDER),
    ),
    *rows(
        "resources",
        Sort.BAD,
        GROUP,
        (
            "a worker that may fill the disk",
            f"{WORKER}.limits.ephemeral-storage",
            Gone.GONE,
            (f"{SPILLS}.limits.ephemeral-storage",),
        ),
        (
            "a worker that asks for no disk",
            f"{WORKER}.requests.ephemeral-storage",
            "0",
            (f"{SPILLS}.requests.ephemeral-storage",),
        ),
    ),
    *rows(
        "resources",
        Sort.UNKNOWN,
        GROUP,
        ("a worker's disk", f"{WORKER}.limits.ephemeral-storage", UNKNOWN, (f"{SPILLS}.limits.ephemeral-storage",)),
    ),
    *rows(
        "resources",
        Sort.GOOD,
        DEPLOYMENT,
        ("a limit on CPU too", f"{FIRST}.limits.cpu", "2", ()),
        ("a debugging container, which may have none", f"{DEPLOYED}.ephemeralContainers", [{"name": "debug"}], ()),
    ),
    *rows(
        "resources",
        Sort.BAD,
        DEPLOYMENT,
        ("nothing", FIRST, Gone.GONE, (f"{MAIN}.requests.cpu", f"{MAIN}.requests.memory", f"{MAIN}.limits.memory")),
        ("no request of CPU", f"{FIRST}.requests.cpu", Gone.GONE, (f"{MAIN}.requests.cpu",)),
        ("no request of memory", f"{FIRST}.requests.memory", None, (f"{MAIN}.requests.memory",)),
        ("nothing is no limit", f"{FIRST}.limits.memory", "0", (f"{MAIN}.limits.memory",)),
        (
            "a sidecar",
            f"{DEPLOYED}.initContainers.0.resources.limits",
            {},
            (f"{DEPLOYED}.initContainers[tunnel].resources.limits.memory",),
        ),
    ),
    *rows(
        "resources",
        Sort.UNKNOWN,
        DEPLOYMENT,
        ("a limit", f"{FIRST}.limits.memory", UNKNOWN, (f"{MAIN}.limits.memory",)),
        ("all of it", FIRST, UNKNOWN, (f"{MAIN}.requests.cpu", f"{MAIN}.requests.memory", f"{MAIN}.limits.memory")),
    ),
    *rows(
        "resources",
        Sort.SECRET,
        DEPLOYMENT,
        (
            "a container without any",
            f"{DEPLOYED}.containers",
            Secret([{"name": PLANTED.upper()}]),
            tuple(
                f"{DEPLOYED}.containers[0].resources.{field}"
                for field in ("requests.cpu", "requests.memory", "limits.memory")
            ),
        ),
    ),
]
