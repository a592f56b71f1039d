"""checkov, another project's judgement of Kubernetes manifests, over what the stacks declare. No network.

It is 265 MB of packages that do not go with ours, so it has a folder of its own in the cache, keyed by its lock file.
`python -m tests.graph.checkov` fills it.
"""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from isthmus.local import cache

ROOT = Path(__file__).parent.parent.parent
LOCK = ROOT / "requirements" / "checkov.txt"


@dataclass(frozen=True, order=True)
class Finding:
    """A check that failed."""

    check: str
    file: str
    """Which of the files given, as `production-ecmwf`."""
    resource: str
    """As `Deployment.isthmus-production.production-gateway`."""


def installed() -> Path:
    """The folder with checkov and all that it needs; installs it, hashes checked, if it is not there."""
    name = cache.hash_of([LOCK.read_bytes(), platform.python_version(), platform.machine()])

    def install(folder: Path) -> None:
        words = ["--quiet", "--require-hashes", "--no-deps", "--target", str(folder), "--requirement", str(LOCK)]
        subprocess.run([sys.executable, "-m", "pip", "install", *words], check=True)

    return cache.entry("tests", f"checkov-{name}", install)


def findings(files: Mapping[str, Sequence[Any]], scratch: Path) -> list[Finding]:
    """What checkov objects to in manifests, by the name of a file; sorted. scratch: an empty folder."""
    for name, manifests in files.items():
        (scratch / f"{name}.yaml").write_text(yaml.safe_dump_all(manifests))
    words = ["--framework", "kubernetes", "--skip-download", "--quiet", "--compact", "--output", "json"]
    done = subprocess.run(
        # Without `site` it sees its own folder and the standard library, and none of our packages.
        [sys.executable, "-S", "-m", "checkov.main", *words, "--directory", str(scratch)],
        env={"PYTHONPATH": str(installed()), "PATH": os.environ["PATH"], "HOME": str(scratch), "LOG_LEVEL": "ERROR"},
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, 1), done.stderr
    report = json.loads(done.stdout)
    assert report["summary"]["parsing_errors"] == 0, report
    failed = report["results"]["failed_checks"]
    return sorted(Finding(one["check_id"], Path(one["file_path"]).stem, one["resource"]) for one in failed)


def readable(manifests: Sequence[Any]) -> Iterator[Any]:
    """What checkov knows: built-in kinds, and as Pods those that are in the specs of our custom resources."""
    for manifest in manifests:
        if "dask.org" not in manifest["apiVersion"]:
            yield manifest
            continue
        metadata, spec = manifest["metadata"], manifest["spec"]
        for part in sorted({"scheduler", "worker"} & spec.keys()):
            name = {"name": f"{metadata['name']}-{part}", "namespace": metadata["namespace"]}
            pod = spec[part].get("metadata", {}) | name
            yield {"apiVersion": "v1", "kind": "Pod", "metadata": pod, "spec": spec[part]["spec"]}


if __name__ == "__main__":
    print(installed())  # noqa: T201
