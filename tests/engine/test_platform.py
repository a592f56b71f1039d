"""The program of this repository, one site of it, on a real engine and a real API server without nodes.

Pods run as far as that server can tell (pods.py), so that Deployments become ready.
"""

import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from isthmus import names
from tests.controller.admin import Admin
from tests.engine.pods import pods_run
from tests.local_api import ApiServer
from tools.pulumi.engine import Engine

pytestmark = [pytest.mark.engine, pytest.mark.cluster, pytest.mark.timeout(300)]
CHECKOUT = Path(__file__).parents[2]
STACK = {
    "pulumi:disable-default-providers": ["*"],
    "isthmus:protect": False,
    "isthmus:scheduler": {"site": "home"},
    "isthmus:images": {name: f"registry.example/{name}:1" for name in ("dask", "controller", "tunnel")},
    "isthmus:sites": ["home"],
}
POOL = {
    "workers": {"min": 1, "max": 2, "threads": 1, "memory": "1Gi"},
    "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "forecasts"}, "mountPath": "/data"}],
    "catalog": ["/data/"],
}


@pytest.fixture(scope="module")
def engine(server: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The project with one site; its pods run as far as the API server can tell."""
    root = tmp_path_factory.mktemp("platform")
    for name in ("Pulumi.yaml", "__main__.py"):
        shutil.copy(CHECKOUT / name, root)
    for package in ("components", "isthmus"):
        shutil.copytree(CHECKOUT / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
    site = {
        "id": 1,
        "kubernetes": {"kubeconfig": str(server.kubeconfig)},
        "gateway": {"service": {"type": "ClusterIP"}},
        "claims": {"forecasts": {"storage": "1Gi", "storageClass": "platform-test"}},
        "pools": {"home": POOL},
    }
    (root / "stacks" / "solo").mkdir(parents=True)
    (root / "stacks" / "Pulumi.solo.yaml").write_text(yaml.safe_dump({"config": STACK}))
    (root / "stacks" / "solo" / "home.yaml").write_text(yaml.safe_dump(site))
    storage_class = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "platform-test"},
        "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": "WaitForFirstConsumer",
    }
    server.kubectl("create", "-f", "-", given=storage_class)
    with pods_run(Admin(server), (names.SYSTEM_NAMESPACE, names.namespace("solo"))):
        made = Engine(root, "solo")
        yield made
        made.ask("destroy", "--yes", "--skip-preview", expect=None)
    server.kubectl("delete", "storageclass", "platform-test")


def test_the_platform_is_made_and_then_nothing_is_left_to_do(engine: Engine, server: ApiServer) -> None:
    engine.up()

    group = server.get("-n", "isthmus-solo", "daskworkergroups", "solo-home")
    assert group["spec"]["slots"]["count"] == 2
    assert engine.settled("--refresh")


def test_no_key_of_the_data_plane_is_in_the_state(engine: Engine, server: ApiServer) -> None:
    secrets = server.get("-n", "isthmus-solo", "secrets", "-l", f"{names.LABEL_ENVIRONMENT}=solo")["items"]
    encoded = [value for secret in secrets for value in secret["data"].values()]
    assert len(encoded) == 4  # gateway, scheduler, two slots

    state = engine.state_file.read_text()

    keys = {key for value in encoded for key in _keys(json.loads(base64.b64decode(value)))}
    assert keys
    assert [key for key in keys if key in state] == []
    assert [value for value in encoded if value in state or value[40:80] in state] == []


def test_replicas_that_somebody_scaled_stay_as_they_are(engine: Engine, server: ApiServer) -> None:
    scale = ("-n", "isthmus-solo", "scale", "daskworkergroups", "solo-home", "--replicas")
    server.kubectl(*scale, "2")
    changed = engine.root / "stacks" / "solo" / "home.yaml"
    site = yaml.safe_load(changed.read_text())
    site["pools"]["home"]["workers"]["memory"] = "2Gi"
    changed.write_text(yaml.safe_dump(site))

    engine.up()

    group = server.get("-n", "isthmus-solo", "daskworkergroups", "solo-home")
    assert group["spec"]["worker"]["replicas"] == 2
    assert "2147483648" in json.dumps(group["spec"]) or "2Gi" in json.dumps(group["spec"])


def test_destroy_leaves_nothing_of_it(engine: Engine, server: ApiServer) -> None:
    engine.destroy()

    left = [item["metadata"]["name"] for kind in ("namespaces", "crd") for item in server.get(kind)["items"]]
    assert not [name for name in left if "isthmus" in name or "dask" in name]


def _keys(tunnel: Any) -> Iterator[str]:
    """Private and pre-shared keys of a tunnel's configuration."""
    if isinstance(tunnel, dict):
        for name, value in tunnel.items():
            if name in ("private_key", "preshared_key") and value:
                yield value
            else:
                yield from _keys(value)
    elif isinstance(tunnel, list):
        for value in tunnel:
            yield from _keys(value)
