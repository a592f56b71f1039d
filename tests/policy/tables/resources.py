"""Rule `resources`."""

from policy.plain import UNKNOWN
from tests.policy.cases import DEPLOYED, DEPLOYMENT, PLANTED, Case, Gone, Secret, Sort, everywhere, rows

MAIN = f"{DEPLOYED}.containers[main].resources"
FIRST = f"{DEPLOYED}.containers.0.resources"

CASES: list[Case] = [
    *everywhere("resources", "containers.0.resources.limits", {}, "containers[main].resources.limits.memory"),
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
