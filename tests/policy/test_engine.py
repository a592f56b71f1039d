"""The real engine runs the pack over the real program: the same rules stop it, or let it pass.

No API server is needed: where none answers, a preview compares with the state only, and rules judge what is declared.
"""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from tests.policy.wire import PACK
from tools.pulumi.engine import Engine, Result

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

ROOT = PACK.parent
STACK = """
config:
  pulumi:disable-default-providers: ["*"]
  isthmus:scheduler: {site: home, memory: 1Gi}
  isthmus:images:
    dask: registry.example/dask:1.2.3
    controller: registry.example/controller:1.2.3
    tunnel: registry.example/tunnel:1.2.3
  isthmus:sites: [home]
"""
SITE = """
id: 1
kubernetes: {kubeconfig: nobody.yaml}
pools:
  home:
    workers: {max: 2, memory: 1Gi}
    volumes: [{name: data, persistentVolumeClaim: {claimName: forecasts}, mountPath: /data}]
"""
NOBODY = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "x",
    "clusters": [{"name": "x", "cluster": {"server": "https://127.0.0.1:9"}}],
    "users": [{"name": "x", "user": {}}],
    "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """The program of this repository with an environment of one site whose images have a version and no digest."""
    root = tmp_path_factory.mktemp("policy")
    for folder in ("components", "isthmus"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("Pulumi.yaml", "__main__.py"):
        shutil.copy(ROOT / file, root / file)
    (root / "stacks/small").mkdir(parents=True)
    (root / "stacks/Pulumi.small.yaml").write_text(STACK)
    (root / "stacks/small/home.yaml").write_text(SITE)
    (root / "nobody.yaml").write_text(yaml.safe_dump(NOBODY))
    return Engine(root, "small")


def _previewed(engine: Engine, configuration: Path) -> Result:
    arguments = ("--policy-pack", str(PACK), "--policy-pack-config", str(configuration))
    return engine.ask("preview", *arguments, expect=None)


@pytest.mark.parametrize(
    ("settings", "broken"),
    [
        ({}, {"images"}),
        # A setting that there is not; one by which a rule about the whole stack objects: the pool's claim is not ours.
        (
            {"images": {"versionTags": True, "registry": []}, "references": {"existingClaims": False}},
            {"images", "references"},
        ),
        ({"images": {"versionTags": True, "registries": ["registry.example"]}}, set()),
    ],
    ids=["stopped", "stopped by what the environment asks for", "let pass where the environment allows it"],
)
def test_the_engine_stops_at_a_violation(
    engine: Engine, tmp_path: Path, settings: dict[str, dict[str, object]], broken: set[str]
) -> None:
    configuration = tmp_path / "config.json"
    configuration.write_text(json.dumps(settings))

    done = _previewed(engine, configuration)

    said = done.out + done.err
    assert "isthmus@v0.1.0" in said, said
    assert set(re.findall(r"\[mandatory\].*?\]  (\S+)  \(", said)) == broken
    assert (done.status != 0) is bool(broken), said
    assert ("images.registry: the rule has no such setting; did you mean registries?" in said) is (
        "references" in broken
    )
