"""What a person and a program are told of the stack files."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from components.mesh import mesh_of
from isthmus.config.commands import config
from isthmus.config.resolved import resolved
from isthmus.environment import load, stack_names
from isthmus.environment.schema import site_schema, stack_schema
from isthmus.errors import ConfigError, IsthmusError
from isthmus.wireguard.peers import GATEWAY, address_of, peers_of
from tests.environment.projects import HERE, INVALID, SOUTH, STACK, VALID, mistakes, project, rewritten

REPOSITORY = Path(__file__).parents[2]


def run(*arguments: str, root: Path | None = None) -> Result:
    """`isthmus config ...`; what it raises is in the result."""
    where = ["--root", str(root)] if root is not None else []
    return CliRunner().invoke(config, [*arguments, *where])


def test_a_right_environment_is_one_line() -> None:
    done = run("check", "staging", root=REPOSITORY)

    assert done.stdout == "staging: valid; 3 sites, 1 external site, 2 pools, at most 8 workers\n"
    assert (done.stderr, done.exit_code) == ("", 0)


@pytest.mark.parametrize("arguments", [(), ("all",), ("all", "local")], ids=["nothing", "all", "all and one"])
def test_every_environment_is_checked_where_none_is_named(arguments: tuple[str, ...]) -> None:
    done = run("check", *arguments, root=REPOSITORY)

    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == stack_names(REPOSITORY)


def test_the_mistakes_of_all_environments_are_said_at_once_and_a_right_one_beside_them(tmp_path: Path) -> None:
    root = project(tmp_path, HERE / "many")
    expected = mistakes(root)
    (root / "stacks/Pulumi.empty.yaml").write_text("config: {}\n")
    (root / "stacks/Pulumi.right.yaml").write_text((VALID / STACK).read_text())
    (root / "stacks/right").mkdir()
    for file in (VALID / "stacks/test").iterdir():
        (root / "stacks/right" / file.name).write_text(file.read_text())

    done = run("check", root=root)

    assert done.stdout == "right: valid; 2 sites, 1 external site, 2 pools, at most 12 workers\n"
    assert isinstance(done.exception, ConfigError)
    assert done.exception.mistakes == (*mistakes(root, "empty"), *expected)


def test_a_person_sees_the_mistakes_without_a_traceback_and_ci_a_status(tmp_path: Path) -> None:
    root = project(tmp_path, INVALID / "pool-memory-unit")

    done = subprocess.run(
        [sys.executable, "-m", "isthmus", "config", "check"],
        cwd=root, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"isthmus: {ConfigError(mistakes(root))}\n"
    assert "16GB" in done.stderr


def test_what_is_wrong_with_the_project_is_said_once(tmp_path: Path) -> None:
    root = project(tmp_path, INVALID / "project-without-name")
    (root / "stacks/Pulumi.other.yaml").write_text("config: {}\n")

    done = run("check", root=root)

    assert isinstance(done.exception, ConfigError)
    assert [mistake.file for mistake in done.exception.mistakes].count("Pulumi.yaml") == 1


def test_an_environment_that_is_not_there_is_a_mistake_with_a_suggestion() -> None:
    done = run("check", "producton", root=REPOSITORY)

    assert isinstance(done.exception, ConfigError)
    assert "Did you mean production?" in str(done.exception)


def test_a_folder_without_stack_files_is_not_silently_right(tmp_path: Path) -> None:
    done = run("check", root=tmp_path)

    assert isinstance(done.exception, IsthmusError)
    assert str(tmp_path / "stacks") in str(done.exception)


def test_a_claim_that_is_nearly_one_of_the_sites_own_is_a_warning_and_no_mistake(tmp_path: Path) -> None:
    root = rewritten(tmp_path, SOUTH, "claimName: forecasts", "claimName: forcasts")

    done = run("check", root=root)

    assert (done.exit_code, done.stdout.partition(":")[0]) == (0, "test")
    assert done.stderr == (
        f"warning: {SOUTH}: pools.forecasts.volumes.0.persistentVolumeClaim.claimName: forcasts is none of this site's "
        "claims, but forecasts is. Did you mean forecasts? Right as it is if forcasts exists in namespace isthmus-test "
        "already.\n"
    )


@pytest.mark.parametrize("claim", ["archive", "forecasts"], ids=["quite another name", "its own claim"])
def test_a_claim_that_somebody_else_made_is_no_warning(tmp_path: Path, claim: str) -> None:
    root = rewritten(tmp_path, SOUTH, "claimName: forecasts", f"claimName: {claim}")

    assert run("check", root=root).stderr == ""


@pytest.mark.parametrize("env", stack_names(REPOSITORY))
def test_who_dials_whom_is_what_the_gateways_are_told(env: str) -> None:
    environment = load(REPOSITORY, env)
    mesh, shown = mesh_of(environment), resolved(environment)

    told = {
        site.name: [peer.site for peer in peers_of(mesh, site.name, GATEWAY) if peer.peer == GATEWAY and peer.endpoint]
        for site in environment.sites
    }

    assert {name: site["dials"] for name, site in shown["sites"].items()} == told
    for name, site in shown["sites"].items():
        assert [other for other, dialled in told.items() if name in dialled] == [
            other for other in site["dialledBy"] if other in told
        ]


@pytest.mark.parametrize("env", stack_names(REPOSITORY))
def test_the_addresses_are_those_of_the_mesh(env: str) -> None:
    environment = load(REPOSITORY, env)
    mesh, shown = mesh_of(environment), resolved(environment)

    assert shown["scheduler"]["address"] == str(mesh.scheduler_address)
    for site in environment.sites:
        assert shown["sites"][site.name]["gateway"]["address"] == str(address_of(mesh, site.name, GATEWAY))
        for name, pool in site.pools.items():
            slots = shown["sites"][site.name]["pools"][name]["slots"]
            ends = [address_of(mesh, site.name, f"slot-{pool.slots.numbers[end]}") for end in (0, -1)]
            assert [slots["firstAddress"], slots["lastAddress"]] == [str(address) for address in ends]


def test_every_default_is_filled_in() -> None:
    shown = json.loads(run("show", "staging", "--json", root=REPOSITORY).stdout)

    assert shown["sites"]["ecmwf"]["pools"]["ecmwf"] == {
        "workers": {"min": 1, "max": 4, "threads": 2, "memory": "4Gi", "cpu": "2"},
        "slots": {
            "first": 0,
            "count": 4,
            "firstAddress": "fd5a:9e1c:40d7:2::11",
            "lastAddress": "fd5a:9e1c:40d7:2::14",
        },
        "volumes": [
            {
                "name": "data",
                "persistentVolumeClaim": {"claimName": "sample"},
                "mountPath": "/data/ecmwf",
                "readOnly": True,
            }
        ],
        "catalog": ["/data/ecmwf/"],
    }
    assert shown["sites"]["eumetsat"]["gateway"]["service"]["type"] == "ClusterIP"
    assert shown["sites"]["home"]["sharedWith"] == ["ecmwf"]
    assert shown["catalog"]["s3://icon-eu/"] == {"pool": "icon", "site": "dwd"}
    assert shown["secrets"] == ["eumetsatKubeconfig", "dwdPresharedKey"]


def test_the_tables_hold_what_a_person_looks_for(tmp_path: Path) -> None:
    root = rewritten(tmp_path, SOUTH, '"wg.south.example:51820"', '"[2001:db8::1]:51820"')

    done = run("show", "test", root=root)

    assert (done.exit_code, done.stderr) == (0, "")
    for datum in ("[2001:db8::1]:51820", "fd12:3456:789a:2::/64", "fd12:3456:789a:2::11", "s3://forecasts/", "abroad"):
        assert datum in done.stdout


def test_no_encrypted_value_is_shown(tmp_path: Path) -> None:
    root = project(tmp_path)
    assert "bm90aGluZw" in (root / STACK).read_text()

    for arguments in (("show", "test"), ("show", "test", "--json"), ("check",)):
        assert "bm90aGluZw" not in run(*arguments, root=root).output


@pytest.mark.parametrize(("kind", "expected"), [("stack", stack_schema()), ("site", site_schema())])
def test_a_schema_is_printed_for_whoever_has_no_checkout(kind: str, expected: object) -> None:
    assert json.loads(run("schema", kind).stdout) == expected
