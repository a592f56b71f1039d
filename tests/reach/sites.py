"""Projects whose sites lead to real API servers on loopback, or to what is wrong with them."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

IMAGES = {name: f"registry.example/{name}:1" for name in ("dask", "controller", "tunnel")}

Change = Callable[[dict[str, Any], dict[str, Any]], None]


def kubeconfig(path: Path, content: str, change: Change = lambda _cluster, _user: None) -> Path:
    """A copy of a kubeconfig at `path`, changed: `change(cluster, user)`."""
    config = json.loads(content)
    change(config["clusters"][0]["cluster"], config["users"][0]["user"])
    path.write_text(json.dumps(config))
    return path


def project(root: Path, stack: str, sites: Mapping[str, Mapping[str, Any]]) -> Path:
    """A project with one stack. sites: name -> the keys of its file beside `id`."""
    config = {
        "pulumi:disable-default-providers": ["*"],
        "isthmus:scheduler": {"site": next(iter(sites))},
        "isthmus:images": IMAGES,
        "isthmus:sites": list(sites),
    }
    (root / "Pulumi.yaml").write_text("name: isthmus\nruntime: python\nstackConfigDir: stacks\n")
    (root / "stacks" / stack).mkdir(parents=True, exist_ok=True)
    (root / "stacks" / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump({"config": config}))
    for number, (name, keys) in enumerate(sites.items(), start=1):
        gateway = {"endpoint": f"{name}.example:51820"}
        described = {"id": number, "gateway": gateway, **keys}
        (root / "stacks" / stack / f"{name}.yaml").write_text(yaml.safe_dump(described))
    return root
