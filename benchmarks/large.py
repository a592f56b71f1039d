"""A large environment that somebody might run: a dozen data centres, each with a pool of forty workers."""

import shutil
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parent.parent
STACK: Final = "large"


def project(folder: Path, *, centres: int = 11, workers: int = 40, memory: str = "16Gi") -> Path:
    """A project with this repository's program and the stack `large`: `home` of `production`, and many data centres."""
    stacks = folder / "stacks"
    (stacks / STACK).mkdir(parents=True)
    for file in ("Pulumi.yaml", "__main__.py"):
        shutil.copy(ROOT / file, folder)
    names = [f"centre{number}" for number in range(1, centres + 1)]
    stack = yaml.safe_load((ROOT / "stacks" / "Pulumi.production.yaml").read_text())
    stack["config"]["isthmus:sites"] = ["home", *names]
    (stacks / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump(stack))
    shutil.copy(ROOT / "stacks" / "production" / "home.yaml", stacks / STACK)
    for number, name in enumerate(names, start=2):
        (stacks / STACK / f"{name}.yaml").write_text(yaml.safe_dump(_site(number, name, workers, memory)))
    return folder


def _site(number: int, name: str, workers: int, memory: str) -> dict[str, Any]:
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}, "mountPath": f"/data/{name}"}
    return {
        "id": number,
        "kubernetes": {"context": name},
        "gateway": {"endpoint": f"wg.{name}.example:51820"},
        "pools": {
            name: {
                "workers": {"min": 2, "max": workers, "threads": 4, "memory": memory},
                "volumes": [volume],
                "catalog": [f"/data/{name}/"],
            }
        },
    }
