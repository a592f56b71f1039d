"""Small projects for tests of the local data centres, and what must be gone after them."""

import os
from pathlib import Path

from isthmus.local import addresses, cgroups
from isthmus.local.world import World

_STACK = """\
config:
  isthmus:protect: false
  isthmus:scheduler: {{site: {scheduler}}}
  isthmus:images:
    dask: isthmus.local/dask:0.1.0
    controller: isthmus.local/controller:0.1.0
    tunnel: isthmus.local/tunnel:0.1.0
  isthmus:sites: [{sites}]
"""
_SITE = """\
id: {id}
kubernetes: {{kubeconfig: .isthmus/{name}/kubeconfig}}
gateway:
  endpoint: {address}:30820
  service: {{type: NodePort, nodePort: 30820}}
claims:
  readings: {{storage: 1Gi, storageClass: isthmus-local}}
"""


def project(root: Path, *sites: str, first_id: int = 1) -> Path:
    """A project whose environment `local` has these sites, numbered from `first_id`, each with the claim `readings`."""
    folder = root / "stacks" / "local"
    folder.mkdir(parents=True)
    (root / "Pulumi.yaml").write_text("name: isthmus\nruntime: python\n")
    (root / "stacks" / "Pulumi.local.yaml").write_text(_STACK.format(scheduler=sites[0], sites=", ".join(sites)))
    for number, name in enumerate(sites, start=first_id):
        (folder / f"{name}.yaml").write_text(_SITE.format(id=number, name=name, address=addresses.on_wan(number)))
    return root


def left_over(root: Path) -> list[str]:
    """Processes, mounts and cgroups of a project's data centres that are still there."""
    return [
        *(f"process {line}" for line in processes_of(root).values()),
        *(f"mount {line}" for line in Path("/proc/mounts").read_text().splitlines() if str(root) in line),
        *(f"cgroup {folder}" for folder in cgroups.find(f"{World(root).name}-")),
    ]


def processes_of(folder: Path) -> dict[int, str]:
    """Running processes whose command line names `folder`, but for this one: id -> command line."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line and int(process.name) != os.getpid():
            found[int(process.name)] = line
    return found
