"""Real Dask programs in the pods of a lab, started as the templates of the data plane start them."""

import json
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import isthmus
from isthmus import names
from isthmus.wireguard.peers import SLOT
from tests.network.lab import CLUSTER, MESH, Lab, Pod
from tests.network.world import Program

_PRELOAD: Final = json.dumps(["isthmus.comm"])


def pack(lab: Lab) -> None:
    """Puts the zip into the world by which isthmus travels into somebody's Dask image."""
    package = Path(isthmus.__file__).parent
    with zipfile.ZipFile(lab.world.files / names.PYTHON_ZIP, "w") as archive:
        for module in ("__init__.py", "names.py", "errors.py", "comm.py"):
            archive.write(package / module, f"isthmus/{module}")


def scheduler(pod: Pod) -> Program:
    return _start(pod, "scheduler", f"--port={names.SCHEDULER_PORT}", f"--dashboard-address=:{names.DASHBOARD_PORT}")


def worker(pod: Pod) -> Program:
    """A worker with its nanny."""
    return _start(
        pod,
        "worker",
        f"--name={pod.node.name}",
        f"--worker-port={names.WORKER_PORT}",
        f"--nanny-port={names.NANNY_PORT}",
        "--no-dashboard",
        "--nthreads=1",
        "--memory-limit=500000000",
        "--preload-nanny=isthmus.comm",
        f"--local-directory=/run/lab/{pod.node.name}",
        f"tcp://[{MESH.scheduler_address}]:{names.SCHEDULER_PORT}",
    )


def address(pod: Pod) -> str:
    """By what Dask knows the worker of a pod."""
    return f"tcp://[{pod.address}]:{names.WORKER_PORT}"


def _start(pod: Pod, program: str, *arguments: str) -> Program:
    return pod.node.start(
        [sys.executable, "-m", "dask", program, f"--host=tcp://[{pod.address}]", *arguments],
        hosts=f"hosts.{pod.site}",
        log=f"dask.{pod.node.name}",
        environ=_environ(pod),
        unprivileged=False,  # this machine's Python may lie where nobody else can read
    )


def _environ(pod: Pod) -> Mapping[str, str]:
    slot = {names.ENV_SLOT: pod.peer.removeprefix(SLOT)} if pod.peer.startswith(SLOT) else {}
    return slot | {
        names.ENV_PREFIX: str(MESH.prefix),
        names.ENV_SITE: pod.site,
        names.ENV_CLUSTER: CLUSTER,
        names.ENV_ADDRESS: str(pod.address),
        "PYTHONPATH": f"/run/lab/{names.PYTHON_ZIP}",
        "DASK_DISTRIBUTED__SCHEDULER__PRELOAD": _PRELOAD,
        "DASK_DISTRIBUTED__WORKER__PRELOAD": _PRELOAD,
    }
