"""The program of this repository as a project of its own, with a way into every site that its stack files name."""

import base64
import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from isthmus.environment import Environment
from tools.pulumi.engine import Engine

CHECKOUT = Path(__file__).parents[2]
PARTS = ("Pulumi.yaml", "__main__.py", "components", "isthmus")


def copied(tree: Path, root: Path, *more: str) -> Path:
    """`root`, with the program of `tree` in it in place of the one that was there. more: further files and folders."""
    root.mkdir(parents=True, exist_ok=True)
    for name in (*PARTS, *more):
        if (tree / name).is_dir():
            shutil.rmtree(root / name, ignore_errors=True)
            shutil.copytree(tree / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(tree / name, root / name)
    return root


def opened(root: Path, environment: Environment, kubeconfig: Path) -> dict[str, str]:
    """Makes every kubeconfig that the site files of `environment` name lead to one API server.

    Files below `root` are written. Returned are values for the stack's secrets; the contexts of an ambient kubeconfig
    are in `root/ambient`, which $KUBECONFIG must name.
    """
    content = json.loads(kubeconfig.read_text())
    way = content["contexts"][0]["context"]
    named = [site.kubernetes.context for site in environment.sites if site.kubernetes.context]
    content["contexts"] += [{"name": name, "context": way} for name in named]
    text = json.dumps(content)
    (root / "ambient").write_text(text)
    for site in environment.sites:
        if site.kubernetes.kubeconfig:
            file = root / site.kubernetes.kubeconfig
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    return _secrets(environment, text)


def _secrets(environment: Environment, kubeconfig: str) -> dict[str, str]:
    found = {key: kubeconfig for site in environment.sites if (key := site.kubernetes.kubeconfigSecret)}
    wireguard = base64.b64encode(bytes(range(32))).decode()
    return found | {key: wireguard for site in environment.external if (key := site.presharedKeySecret)}


def set_secrets(engine: Engine, secrets: Mapping[str, str]) -> None:
    """Sets the stack's secrets; on standard input, since arguments stand in every user's list of processes."""
    engine.ask("config")  # makes the stack
    for key, value in secrets.items():
        subprocess.run(
            [engine.companions.cli, "config", "set", "--secret", f"isthmus:{key}", "--non-interactive"],
            cwd=engine.root,
            env=engine.environment,
            input=value,
            capture_output=True,
            text=True,
            check=True,
        )
