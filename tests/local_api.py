"""A real API server for tests: `with api_server() as server:` in a session fixture (it takes about 5 s)."""

import base64
import json
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isthmus.local import loopback
from isthmus.local.binaries import build
from isthmus.local.recipes import KUBE


@dataclass(frozen=True)
class ApiServer:
    """An administrator's view of one API server."""

    kubeconfig: Path

    @property
    def url(self) -> str:
        return str(self._content["clusters"][0]["cluster"]["server"])

    def tls(self) -> ssl.SSLContext:
        """What an HTTP client needs to talk to `url` as the administrator."""
        cluster, user = self._content["clusters"][0]["cluster"], self._content["users"][0]["user"]
        context = ssl.create_default_context(
            cadata=base64.b64decode(cluster["certificate-authority-data"]).decode(),
        )
        with tempfile.NamedTemporaryFile() as file:  # the ssl module reads keys from files only
            for part in ("client-certificate-data", "client-key-data"):
                file.write(base64.b64decode(user[part]))
            file.flush()
            context.load_cert_chain(file.name)
        return context

    def kubectl(self, *arguments: str, given: object = None) -> str:
        """Output of kubectl; `given` (an object or a list of them) goes to its standard input as JSON.

        Raises CalledProcessError, whose `stderr` holds kubectl's words.
        """
        content = {"apiVersion": "v1", "kind": "List", "items": given} if isinstance(given, list) else given
        return subprocess.run(
            [build(KUBE) / "kubectl", "--kubeconfig", self.kubeconfig, *arguments],
            input=None if given is None else json.dumps(content),
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    def get(self, *arguments: str) -> dict[str, Any]:
        """`kubectl get ... -o json` as data."""
        answer = json.loads(self.kubectl("get", *arguments, "-o", "json"))
        assert isinstance(answer, dict)
        return answer

    @property
    def _content(self) -> dict[str, Any]:
        content = json.loads(self.kubeconfig.read_text())
        assert isinstance(content, dict)
        return content


@contextmanager
def api_server() -> Iterator[ApiServer]:
    """A fresh control plane without nodes; gone with the block."""
    with loopback() as kubeconfig:
        yield ApiServer(kubeconfig)
