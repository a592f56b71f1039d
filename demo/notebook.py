"""The notebook pod of the home site: a Dask image, the demo's client, no data, no tunnel; Pod Security `restricted`."""

import base64
import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any, Final

from isthmus import names
from isthmus.environment import Environment
from isthmus.local import World

POD: Final = "notebook"
OUT: Final = "/tmp/out"  # noqa: S108 - in the pod, where /tmp is its own empty volume
#: What the client needs of this package; the rest stays on this machine.
MODULES: Final = ("__init__", "calculation", "client", "measure", "minimum", "questions")
CLIENT_DIR: Final = "/etc/demo"
CLIENT_ZIP: Final = "demo.zip"
READY_S: Final = 120
#: Sends the answers home as a tar in base64, which a pipe of text leaves alone; the image need not have `tar`.
_SEND: Final = f"""
import base64, io, sys, tarfile
with tarfile.open(fileobj=(buffer := io.BytesIO()), mode="w") as archive:
    archive.add({OUT!r}, ".")
sys.stdout.write(base64.b64encode(buffer.getvalue()).decode())
"""
_WAIT: Final = "import signal; signal.sigwait([signal.SIGTERM])"


class Notebook:
    """Where a scientist sits: at the scheduler's site, in plain Dask's reach of the scheduler."""

    def __init__(self, world: World, environment: Environment) -> None:
        self._world, self._environment = world, environment
        self._site = environment.scheduler.site
        self._namespace = environment.site(self._site).namespace

    def open(self) -> None:
        """A fresh pod with the client as it is in this folder. Raises IsthmusError if it does not get ready."""
        self._kubectl("delete", "pod", POD, "--ignore-not-found", "--wait=true")
        objects = {"apiVersion": "v1", "kind": "List", "items": [self._client(), self._pod()]}
        self._kubectl("apply", "-f", "-", given=json.dumps(objects))
        self._kubectl("wait", f"pod/{POD}", "--for=condition=Ready", f"--timeout={READY_S}s")

    def ask(self, question: str, mode: str, *more: str, workers: int) -> None:
        """Runs the client once. Raises IsthmusError with its last words if it fails."""
        scheduler = f"tcp://{names.scheduler(self._environment.cluster)}:{names.SCHEDULER_PORT}"
        command = ["python3", "-m", "demo.client", "--scheduler", scheduler, "--question", question, "--mode", mode]
        self._kubectl("exec", POD, "--", *command, "--workers", str(workers), "--out", OUT, *more)

    def fetch(self, folder: Path) -> None:
        """Everything that the client wrote, into `folder`."""
        encoded = self._kubectl("exec", POD, "--", "python3", "-c", _SEND)
        with tarfile.open(fileobj=io.BytesIO(base64.b64decode(encoded))) as archive:
            archive.extractall(folder, filter="data")

    def _kubectl(self, *arguments: str, given: str | None = None) -> str:
        return self._world.kubectl(self._site, "--namespace", self._namespace, *arguments, given=given)

    def _client(self) -> dict[str, Any]:
        return {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": POD},
            "binaryData": {CLIENT_ZIP: base64.b64encode(_zipped()).decode()},
        }

    def _pod(self) -> dict[str, Any]:
        container = {
            "name": POD,
            "image": self._environment.images.dask,
            "command": ["python3", "-c", _WAIT],
            "env": [
                {"name": "PYTHONPATH", "value": f"{names.PYTHON_DIR}/{names.PYTHON_ZIP}:{CLIENT_DIR}/{CLIENT_ZIP}"},
                {"name": "HOME", "value": "/tmp"},  # noqa: S108
            ],
            "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"cpu": "2", "memory": "1Gi"}},
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
                "readOnlyRootFilesystem": True,
            },
            "volumeMounts": [
                {"name": "isthmus", "mountPath": names.PYTHON_DIR, "readOnly": True},
                {"name": "client", "mountPath": CLIENT_DIR, "readOnly": True},
                {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
            ],
        }
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": POD, "labels": {names.LABEL_ROLE: "client"}},
            "spec": {
                "automountServiceAccountToken": False,
                "enableServiceLinks": False,
                "terminationGracePeriodSeconds": 5,
                "securityContext": {
                    "runAsNonRoot": True,
                    "runAsUser": 1000,
                    "runAsGroup": 1000,
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
                "containers": [container],
                "volumes": [
                    {"name": "isthmus", "configMap": {"name": names.python(self._environment.cluster)}},
                    {"name": "client", "configMap": {"name": POD}},
                    {"name": "tmp", "emptyDir": {"sizeLimit": "256Mi"}},
                ],
            },
        }


def _zipped() -> bytes:
    folder, buffer = Path(__file__).parent, io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for module in MODULES:
            archive.write(folder / f"{module}.py", f"demo/{module}.py")
    return buffer.getvalue()
