"""Three data centres and the program of this repository over them, on real API servers without nodes.

Pods run as far as those servers can tell (pods.py), so that Deployments and Services become ready. No controller of
ours runs: what is declared must come and go without one.
"""

import json
import os
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import Queue
from typing import Any
from unittest.mock import patch

import yaml

from isthmus import names
from tests.engine.pods import pods_run
from tests.local_api import ApiServer, api_server
from tools.pulumi.engine import Engine

ENV = "trio"
ANNEX = "isthmus-trio-annex"
"""Namespace of a second site in the Kubernetes of `home`."""
#: The engine writes its state when an update ends, and not after each step, which is half of all the work here. What
#: it does in between is for test_life.py to see.
_STATE_AT_THE_END = {"PULUMI_EXPERIMENTAL": "true", "PULUMI_SKIP_CHECKPOINTS": "true"}
_STACK = {
    "pulumi:disable-default-providers": ["*"],
    "isthmus:protect": False,
    "isthmus:scheduler": {"site": "home"},
    "isthmus:images": {name: f"registry.example/{name}:1" for name in ("dask", "controller", "tunnel")},
}
_CLASS = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {"name": "engine-trio"},
    "provisioner": "kubernetes.io/no-provisioner",
    "volumeBindingMode": "WaitForFirstConsumer",
}


class Centres:
    """The environment `trio`: `home` with the scheduler, `north` and `south` with a pool each."""

    def __init__(self, root: Path, servers: Mapping[str, ApiServer]) -> None:
        """root: a folder with the program in it."""
        self.root, self.servers = root, servers
        self.sites = {name: _site(number, name) for number, name in enumerate(servers, start=1)}
        for number, name in enumerate(servers, start=1):
            port = 30820 + number
            self.sites[name]["gateway"] = {
                "endpoint": f"127.0.0.1:{port}",
                "service": {"type": "NodePort", "nodePort": port},
            }
            if name != "home":
                self.sites[name]["pools"] = {name: _pool(name)}
        self.sites["north"]["claims"] = {"data": {"storage": "1Gi", "storageClass": "engine-trio"}}
        self.write()
        for name in servers:
            self.lights(name, on=True)
        self.engine = Engine(root, ENV)

    def write(self) -> None:
        """Writes the stack files as `sites` has them."""
        folder = self.root / "stacks" / ENV
        folder.mkdir(parents=True, exist_ok=True)
        config = _STACK | {"isthmus:sites": list(self.sites)}
        (self.root / "stacks" / f"Pulumi.{ENV}.yaml").write_text(yaml.safe_dump({"config": config}))
        for name, site in self.sites.items():
            (folder / f"{name}.yaml").write_text(yaml.safe_dump(site))

    def memory(self, text: str) -> None:
        """Gives every worker of every pool that much memory."""
        for site in self.sites.values():
            for pool in site.get("pools", {}).values():
                pool["workers"]["memory"] = text
        self.write()

    def lights(self, site: str, *, on: bool) -> None:
        """Whether anybody answers at the API server of a site."""
        text = self.servers[site].kubeconfig.read_text()
        (self.root / f"{site}.json").write_text(text if on else re.sub(r"(https://127\.0\.0\.1):\d+", r"\1:1", text))

    def annex(self) -> None:
        """Adds a second site in the Kubernetes of `home`."""
        site = _site(4, "home") | {"namespace": ANNEX, "pools": {"annex": _pool("annex")}}
        self.sites["annex"] = site | {"install": {"crds": False, "controller": False}}
        self.write()

    def worker_memory(self, site: str, pool: str = "", namespace: str = "") -> str:
        """What the API server of a site holds of a pool, whether or not Pulumi can see it."""
        namespace = namespace or names.namespace(ENV)
        group = self.servers[site].get("-n", namespace, "daskworkergroups", f"{ENV}-{pool or site}")
        memory = group["spec"]["worker"]["spec"]["containers"][0]["resources"]["limits"]["memory"]
        return str(memory)

    def plan(self) -> dict[str, list[str]]:
        """What a preview would do: operation -> URNs."""
        planned: dict[str, list[str]] = {}
        for step in json.loads(self.engine.ask("preview", "--json").out)["steps"]:
            planned.setdefault(step["op"], []).append(step["urn"])
        return planned

    def names(self, site: str, *what: str) -> list[str]:
        """Names of objects at a site, sorted."""
        return sorted(item["metadata"]["name"] for item in self.servers[site].get(*what)["items"])


@contextmanager
def centres(root: Path, home: ApiServer) -> Iterator[Centres]:
    """The environment on three API servers, `home` among them, not deployed yet; nothing is left of it."""
    with _more("north", "south") as servers:
        servers = {"home": home, **servers}
        with ExitStack() as stack:
            stack.enter_context(patch.dict(os.environ, _STATE_AT_THE_END))
            for server in servers.values():
                server.kubectl("create", "-f", "-", given=_CLASS)
                stack.callback(server.kubectl, "delete", "storageclass", "engine-trio")
                stack.enter_context(pods_run(server))
            made = Centres(root, servers)
            yield made
            for site in servers:
                made.lights(site, on=True)
            made.engine.ask("destroy", "--yes", "--skip-preview", expect=None)


@contextmanager
def _more(*called: str) -> Iterator[dict[str, ApiServer]]:
    """API servers that start side by side; each ends with the thread that started it."""
    started: Queue[tuple[str, ApiServer]] = Queue()
    stop = threading.Event()

    def serve(name: str) -> None:
        with api_server() as server:
            started.put((name, server))
            stop.wait()

    threads = [threading.Thread(target=serve, args=(name,)) for name in called]
    try:
        for thread in threads:
            thread.start()
        yield dict(started.get(timeout=150) for _ in threads)
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _site(number: int, kubernetes: str) -> dict[str, Any]:
    return {"id": number, "kubernetes": {"kubeconfig": f"{kubernetes}.json"}}


def _pool(name: str) -> dict[str, Any]:
    volumes: Sequence[Any] = [
        {"name": "data", "persistentVolumeClaim": {"claimName": "data"}, "mountPath": f"/data/{name}"}
    ]
    workers = {"min": 1, "max": 2, "threads": 1, "memory": "1Gi"}
    return {"workers": workers, "volumes": volumes, "catalog": [f"/data/{name}/"]}
