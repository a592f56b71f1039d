"""What may be right and looks like a slip: data that no worker sees, and two environments that meet."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from isthmus.config.commands import config
from isthmus.environment import between, hints, load
from isthmus.errors import Mistake
from tests.environment.projects import NORTH, SOUTH, STACK, project, rewritten

VOLUMES = "volumes: [{name: data, persistentVolumeClaim: {claimName: tapes}, mountPath: /data/archive}]"

# text of the valid file, in its place, the prefix and the volumes that the warning names; None: no warning
UNMOUNTED = [
    ("mountPath: /data/archive", "mountPath: /archive", ("/data/archive/", "the pool mounts /archive.")),
    ("[/data/archive/]", "[/data/archived/]", ("/data/archived/", "the pool mounts /data/archive.")),
    (VOLUMES, "volumes: []", ("/data/archive/", "the pool mounts no volume.")),
    ("mountPath: /data/archive", "mountPath: /data/archive/tapes", None),
    ("mountPath: /data/archive", "mountPath: /data", None),
    ("[/data/archive/]", '["s3://archive/"]', None),
]


def check(root: Path, *environments: str) -> Result:
    """`isthmus config check`."""
    return CliRunner().invoke(config, ["check", *environments, "--root", str(root)])


@pytest.mark.parametrize(("old", "new", "told"), UNMOUNTED, ids=[row[1] for row in UNMOUNTED])
def test_a_path_that_no_volume_of_its_pool_holds_is_looked_at(
    tmp_path: Path, old: str, new: str, told: tuple[str, str] | None
) -> None:
    found = hints(load(rewritten(tmp_path, SOUTH, old, new), "test"))

    assert [(mistake.file, mistake.path, mistake.problem) for mistake in found] == (
        []
        if told is None
        else [(SOUTH, "pools.archive.catalog.0", f"{told[0]} lies in no volume of the pool; {told[1]}")]
    )


ELSEWHERE = "stacks/climate/north.yaml"
NOT_INSTALLED = "install: {crds: false, controller: false}\n"


def copied(into: Path, north: str = "", endpoints: str = "climate.example") -> Path:
    """The valid project, and its environment again as `climate`: more in the file of its north, other endpoints."""
    root = project(into)
    (root / "stacks/Pulumi.climate.yaml").write_text((root / STACK).read_text())
    shutil.copytree(root / "stacks/test", root / "stacks/climate")
    for file in (root / "stacks/climate").iterdir():
        more = north if file.name == "north.yaml" else ""
        file.write_text(file.read_text().replace(".example:", f".{endpoints}:") + more)
    return root


BOTH = f"{ELSEWHERE} names the same Kubernetes, and both install"
MEANT = "or is another Kubernetes meant?"
EACH = "each would overwrite the other's."
# what the copied north has besides, the field of the first one that the warning names, and what it says
MEETING = [
    (
        "",
        "install",
        f"{BOTH} the CustomResourceDefinitions and the controller: {EACH}",
        f"Say {NOT_INSTALLED.strip()} in one of the two, and its namespace under install.watches in the other; {MEANT}",
    ),
    (
        "install: {controller: false}\n",
        "install",
        f"{BOTH} the CustomResourceDefinitions: {EACH}",
        f"Say install: {{crds: false}} in one of the two; {MEANT}",
    ),
    (
        f"{NOT_INSTALLED}namespace: isthmus-test\n",
        "namespace",
        f"{ELSEWHERE} has isthmus-test in the same Kubernetes; each would overwrite the other's objects.",
        "Each environment has a namespace of its own.",
    ),
]


@pytest.mark.parametrize(("north", "path", "problem", "fix"), MEETING, ids=[row[1] + row[0] for row in MEETING])
def test_two_environments_that_would_overwrite_each_other_are_looked_at(
    tmp_path: Path, north: str, path: str, problem: str, fix: str
) -> None:
    root = copied(tmp_path, north)

    assert between([load(root, env) for env in ("climate", "test")]) == [Mistake(NORTH, path, problem, fix)]


def test_two_environments_in_one_kubernetes_of_which_one_installs_are_right(tmp_path: Path) -> None:
    root = copied(tmp_path, NOT_INSTALLED)

    assert between([load(root, env) for env in ("climate", "test")]) == []


def test_one_node_port_of_two_environments_in_one_kubernetes_is_looked_at(tmp_path: Path) -> None:
    root = copied(tmp_path, NOT_INSTALLED)
    for file in (root / NORTH, root / ELSEWHERE):
        file.write_text(file.read_text().replace('51820"}', '51820", service: {type: NodePort, nodePort: 30820}}'))

    (found,) = between([load(root, env) for env in ("climate", "test")])

    assert (found.path, found.problem) == (
        "gateway.service.nodePort",
        f"{ELSEWHERE} has 30820 in the same Kubernetes; a node has each of its ports once.",
    )


def test_a_check_that_reads_both_warns_and_passes_and_one_that_reads_one_cannot_know(tmp_path: Path) -> None:
    """A plain copy: the gateways have one endpoint each, wherever they are; what a stack secret says is not known."""
    root = copied(tmp_path, NOT_INSTALLED, endpoints="example")
    same = "has the same; peers of either would dial a gateway of the other. Each gateway has its own endpoint."

    done = check(root)

    assert (done.exit_code, len(done.stdout.splitlines())) == (0, 2)
    assert done.stderr.splitlines() == [
        f"warning: {file}: gateway.endpoint: stacks/climate/{Path(file).name} {same}" for file in (NORTH, SOUTH)
    ]
    assert check(root, "test").stderr == check(root, "climate").stderr == ""
