"""The examples in TypeScript and YAML: the real engine, the package in a process of its own, two API servers.

The language hosts of both are this repository's stand-ins; the SDK that runs the TypeScript program is Pulumi's own.
"""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml

from tests.docs.commands import CHECKOUT, typed
from tests.engine.pods import pods_run
from tests.local_api import ApiServer, api_server
from tools.pulumi.engine import Engine
from tools.pulumi.node_modules import node_modules

pytestmark = [pytest.mark.engine, pytest.mark.cluster, pytest.mark.timeout(300)]
SITES = ("home", "north")
#: What somebody who tried the example may have left there.
_NOT_OURS = shutil.ignore_patterns("node_modules", "Pulumi.*.yaml", ".isthmus", "sdks")


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, ApiServer]]:
    """An API server without nodes for each site; pods run as far as it can tell."""
    with ExitStack() as stack:
        found = {site: stack.enter_context(api_server()) for site in SITES}
        for server in found.values():
            stack.enter_context(pods_run(server))
        yield found


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the TypeScript example, with its modules from the cache."""
    folder = _copied("typescript", tmp_path_factory.mktemp("typescript"))
    (folder / "node_modules").symlink_to(node_modules())
    return folder


@pytest.fixture(scope="module")
def engine(project: Path, servers: dict[str, ApiServer]) -> Engine:
    """The example deployed as the stack `pair`. What it made ends with the API servers."""
    reached = {"homeKubeconfig": str(servers["home"].kubeconfig), "northKubeconfig": _content(servers["north"])}
    made = _configured(project, "isthmus-typescript", **reached)
    made.up()
    return made


def _copied(example: str, folder: Path) -> Path:
    shutil.copytree(CHECKOUT / "examples" / example, folder, ignore=_NOT_OURS, dirs_exist_ok=True)
    described = (folder / "Pulumi.yaml").read_text()
    (folder / "Pulumi.yaml").write_text(described.replace("../../package", str(CHECKOUT / "package")))
    return folder


def _configured(folder: Path, project: str, **more: str) -> Engine:
    """The example with the configuration of the stack `pair`, not deployed."""
    images = {f"{name}Image": f"registry.example/{name}:1" for name in ("dask", "controller", "tunnel")}
    ours = {"protect": False, **images, **more}
    config = {
        # Not "*": that would refuse the package's own provider too.
        "pulumi:disable-default-providers": ["kubernetes", "random"],
        **{f"{project}:{key}": value for key, value in ours.items()},
    }
    (folder / "Pulumi.pair.yaml").write_text(yaml.safe_dump({"config": config}))
    return Engine(folder, "pair")


def _content(server: ApiServer) -> str:
    return server.kubeconfig.read_text()


def test_the_program_passes_the_compiler(project: Path) -> None:
    done = subprocess.run(
        ["node", "node_modules/typescript/lib/tsc.js", "--noEmit", "-p", "."],
        cwd=project,
        capture_output=True,
        text=True,
    )

    assert (done.stdout, done.returncode) == ("", 0)


def test_both_data_centres_get_their_part(engine: Engine, servers: dict[str, ApiServer]) -> None:
    there = {
        site: [
            item["kind"] for item in servers[site].get("-n", "isthmus-pair", "daskclusters,daskworkergroups")["items"]
        ]
        for site in SITES
    }

    assert there == {"home": ["DaskCluster"], "north": ["DaskWorkerGroup"]}


def test_the_components_outputs_come_back_to_the_program(engine: Engine) -> None:
    outputs = json.loads(engine.ask("stack", "output", "--json").out)

    assert outputs["namespaces"] == {site: ["isthmus-system", "isthmus-pair"] for site in SITES}
    assert outputs["schedulers"] == dict.fromkeys(SITES, "tcp://pair-scheduler.isthmus-pair.svc:8786")
    assert outputs["prefix"].startswith("fd")
    assert {site: len(base64.b64decode(key)) for site, key in outputs["publicKeys"].items()} == dict.fromkeys(SITES, 32)


def test_a_second_preview_finds_nothing_to_do_and_shows_no_secret(
    engine: Engine, servers: dict[str, ApiServer]
) -> None:
    (user,) = json.loads(_content(servers["north"]))["users"]
    key = user["user"]["client-key-data"]

    preview = engine.ask("preview", "--diff", "--expect-no-changes").out

    told = [preview, engine.state_file.read_text()]
    assert [text for text in told if key in text or base64.b64decode(key).decode() in text] == []


def test_the_yaml_program_configured_as_the_guide_says_plans_what_the_typescript_program_deployed(
    engine: Engine, tmp_path: Path
) -> None:
    other = Engine(_copied("yaml", tmp_path), "pair")
    # Nobody is at these API servers: those of the other program hold its objects, and would say so.
    (tmp_path / "north.kubeconfig").write_text("nowhere")
    for command in typed("docs/guides/from-another-language.md"):
        _type(other, command)
    deployed = json.loads(engine.state_file.read_text())["checkpoint"]["latest"]["resources"]

    planned = json.loads(_type(other, "pulumi preview --json"))["steps"]

    assert {step["op"] for step in planned} == {"create"}
    assert _declared(step["urn"] for step in planned) == _declared(resource["urn"] for resource in deployed)


def test_every_mistake_of_a_program_is_told_in_one_error_without_a_traceback(tmp_path: Path) -> None:
    folder = _copied("yaml", tmp_path)
    text = (folder / "Pulumi.yaml").read_text()
    for right, wrong in {"memory: 4Gi": "memory: 16GB", "site: home": "site: hom", ", secret: true": ""}.items():
        text = text.replace(right, wrong)
    (folder / "Pulumi.yaml").write_text(text)

    failed = _configured(folder, "isthmus-yaml", homeKubeconfig="x", northKubeconfig="x").ask("preview", expect=None)

    told = failed.out + failed.err
    assert failed.status != 0
    assert "2 mistakes in the arguments" in told
    assert 'sites.north.pools.north.workers.memory: got "16GB"' in told
    assert "settings.scheduler.site: got hom" in told
    assert [word for word in ("Traceback", ".py", "isthmus:index:Site ") if word in told] == [], told


def _type(engine: Engine, command: str) -> str:
    """What a command that a person types in the project's folder prints."""
    path = f"{engine.companions.cli.parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=engine.root,
        env=engine.environment | {"PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def _declared(urns: Iterable[str]) -> list[str]:
    """Types with those of their parents, and names; without the default provider, whose name has a version in it."""
    found = (urn.split("::", 2)[2] for urn in urns)
    return sorted(part for part in found if not part.startswith(("pulumi:providers:isthmus", "pulumi:pulumi:Stack")))
