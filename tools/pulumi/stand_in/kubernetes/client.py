"""An HTTP client for one API server. Connections are kept and shared: a TLS handshake costs more than most calls."""

import http.client
import json
import threading
import time
import urllib.parse
from collections.abc import Mapping
from typing import Any, Final

from tools.pulumi.stand_in.kubernetes.kubeconfig import Access

#: An API server answers in milliseconds; one that takes this long is not there.
TIMEOUT_S: Final = 60.0
#: Answers that mean "not now": too many requests; no leader, or shutting down.
_BUSY: Final = (429, 503)
_TRIES: Final = 6


class ApiError(Exception):
    """The API server said no. The message is the server's own."""

    def __init__(self, status: int, answer: Mapping[str, Any]) -> None:
        self.status = status
        self.reason = str(answer.get("reason") or "")
        self.causes = (answer.get("details") or {}).get("causes") or []
        message = str(answer.get("message") or f"HTTP status {status}")
        super().__init__(f"{self.reason}: {message}" if self.reason else message)


class Unreachable(Exception):
    """Nothing answers at the server's address."""


class Client:
    """Requests to one API server; safe for many threads."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self._url = urllib.parse.urlsplit(access.server)
        self._idle: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()

    def get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The JSON at `path`."""
        return self.request("GET", path, query=query)

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> dict[str, Any]:
        """The server's JSON answer. A busy server is asked again for some seconds. Raises ApiError, Unreachable."""
        path = self._url.path.rstrip("/") + path + (f"?{urllib.parse.urlencode(query)}" if query else "")
        payload = None if body is None else json.dumps(body)
        for tries_left in range(_TRIES - 1, -1, -1):
            status, answer = self._exchange(method, path, payload, content_type)
            if status not in _BUSY or not tries_left:
                break
            time.sleep(0.25 * (_TRIES - tries_left))
        if status >= 400:
            raise ApiError(status, answer)
        return answer

    def close(self) -> None:
        """Closes the connections that are not in use."""
        with self._lock:
            while self._idle:
                self._idle.pop().close()

    def _exchange(self, method: str, path: str, payload: str | None, content_type: str) -> tuple[int, dict[str, Any]]:
        headers = {"Accept": "application/json", "Content-Type": content_type}
        if self.access.token:
            headers["Authorization"] = f"Bearer {self.access.token}"
        while True:
            connection, kept = self._connection()
            try:
                connection.request(method, path, payload, headers)
                response = connection.getresponse()
                raw = response.read()
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                if kept:
                    continue  # the server had closed it meanwhile; every call of ours may be made twice
                raise Unreachable(f"{self.access.server}: {error}") from error
            if response.will_close:
                connection.close()
            else:
                with self._lock:
                    self._idle.append(connection)
            return response.status, _json(raw)

    def _connection(self) -> tuple[http.client.HTTPConnection, bool]:
        with self._lock:
            if self._idle:
                return self._idle.pop(), True
        host, port = self._url.hostname or "", self._url.port
        if self.access.tls is None:
            return http.client.HTTPConnection(host, port, timeout=TIMEOUT_S), False
        return _Connection(self.access, host, port), False


class _Connection(http.client.HTTPSConnection):
    """HTTPS to an address whose certificate may hold another name (`tls-server-name`)."""

    def __init__(self, access: Access, host: str, port: int | None) -> None:
        assert access.tls is not None
        super().__init__(host, port, timeout=TIMEOUT_S, context=access.tls)
        self._tls, self._name = access.tls, access.server_name or host

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        self.sock = self._tls.wrap_socket(self.sock, server_hostname=self._name)


def _json(raw: bytes) -> dict[str, Any]:
    if raw[:1] == b"{":
        answer: dict[str, Any] = json.loads(raw)
        return answer
    return {"message": raw.decode(errors="replace")}
