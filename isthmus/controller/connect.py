"""Credentials for the API server, and HTTP sessions that carry them. kopf and our own client use the same ones.

In a pod: the ServiceAccount, its token read anew every minute (Kubernetes replaces it on disk long before it expires).
Outside: the kubeconfig named by KUBECONFIG.
"""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Protocol

import aiohttp
import kopf

from isthmus.errors import IsthmusError

USER_AGENT: Final = "isthmus-controller"
"""Also the field manager under which the API server files our writes."""
SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
#: client-go's interval for re-reading a token file.
TOKEN_AGE_S: Final = 60.0


class Connect(Protocol):
    """Makes a session of its own to the API server; whoever asks for it closes it."""

    server: str

    def session(self) -> aiohttp.ClientSession: ...


class Token:
    """A client middleware: the bearer token as the file holds it now."""

    def __init__(self, file: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._file, self._clock = file, clock
        self._read_at, self._token = float("-inf"), ""

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        if self._clock() - self._read_at > TOKEN_AGE_S:
            self._token, self._read_at = self._file.read_text().strip(), self._clock()
        request.headers["Authorization"] = f"Bearer {self._token}"
        return await handler(request)


class Kubernetes:
    """Connect to the API server that `credentials` describe. `middlewares` see every call: the seam for tests."""

    def __init__(
        self,
        credentials: kopf.ConnectionInfo,
        middlewares: Sequence[aiohttp.ClientMiddlewareType] = (),
    ) -> None:
        self.server = credentials.server
        self._credentials = credentials
        self._middlewares = tuple(middlewares)
        self._tls = credentials.as_ssl_context()

    def session(self) -> aiohttp.ClientSession:
        """Without a limit of connections: each watch holds one."""
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=self._tls),
            headers={"User-Agent": USER_AGENT, **self._credentials.as_http_headers()},
            middlewares=self._middlewares,
            trust_env=False,
        )


def connect() -> Kubernetes:
    """The API server of this pod, or of KUBECONFIG. Raises IsthmusError if there is neither."""
    token = SERVICE_ACCOUNT / "token"
    if token.exists():
        host, port = os.environ.get("KUBERNETES_SERVICE_HOST", ""), os.environ.get("KUBERNETES_SERVICE_PORT", "443")
        # By address as every Kubernetes client: the controller must start before the site's DNS does.
        server = f"https://[{host}]:{port}" if ":" in host else f"https://{host or 'kubernetes.default.svc'}:{port}"
        return Kubernetes(kopf.ConnectionInfo(server=server, ca_path=SERVICE_ACCOUNT / "ca.crt"), [Token(token)])
    credentials = kopf.login_with_kubeconfig(settings=kopf.OperatorSettings())
    if credentials is None:
        raise IsthmusError(
            f"no credentials for the Kubernetes API: {token} is not there and KUBECONFIG is not set. "
            "Run in a pod with a ServiceAccount, or set KUBECONFIG."
        )
    return Kubernetes(credentials)
