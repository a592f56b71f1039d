"""A small client of one API server, for what isthmus itself asks and makes. Blocking; no watch, no cache."""

import http.client
import json
import socket
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from isthmus.errors import IsthmusError
from isthmus.local.pki import Pair

#: Makes a connected socket to an address and port, from wherever the caller is.
Dial = Callable[[str, int], socket.socket]

#: Who writes the fields that isthmus applies.
FIELD_MANAGER = "isthmus-local"
TIMEOUT_S = 10.0


def dial(host: str, port: int) -> socket.socket:
    """A connection from this process's own network."""
    return socket.create_connection((host, port), timeout=TIMEOUT_S)


class Api:
    """Requests of one user to one API server."""

    def __init__(self, host: str, port: int, authority: Path, user: Pair, dial: Dial = dial) -> None:
        self.host, self.port, self._dial = host, port, dial
        self._tls = ssl.create_default_context(cafile=str(authority))
        self._tls.load_cert_chain(user.certificate, user.key)

    def request(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, content_type: str = "application/json"
    ) -> tuple[int, bytes]:
        """Status and body of one request. Raises OSError or http.client.HTTPException if there is no answer."""
        connection = http.client.HTTPConnection(self.host, self.port)
        with self._dial(self.host, self.port) as plain:
            plain.settimeout(TIMEOUT_S)
            with self._tls.wrap_socket(plain, server_hostname=self.host) as connection.sock:
                data = None if body is None else json.dumps(body)
                connection.request(method, path, data, {"Content-Type": content_type} if data else {})
                answer = connection.getresponse()
                return answer.status, answer.read()

    def ok(self, path: str) -> bool:
        """Whether a GET is answered with success; False too while nobody answers."""
        try:
            return self.request("GET", path)[0] == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False

    def get(self, path: str) -> dict[str, Any] | None:
        """The object at `path`, or None if there is none. Raises IsthmusError if the server refuses."""
        status, body = self.request("GET", path)
        if status == http.HTTPStatus.NOT_FOUND:
            return None
        return _parsed("GET", path, status, body)

    def apply(self, path: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """Makes the object at `path` what the manifest says (server-side apply). Raises IsthmusError if refused."""
        query = f"?fieldManager={FIELD_MANAGER}&force=true"
        status, body = self.request("PATCH", path + query, manifest, "application/apply-patch+yaml")
        return _parsed("PATCH", path, status, body)

    def merge(self, path: str, patch: Mapping[str, Any]) -> dict[str, Any]:
        """Changes the fields that the patch names, None removes one (RFC 7386). Raises IsthmusError if refused."""
        status, body = self.request("PATCH", path, patch, "application/merge-patch+json")
        return _parsed("PATCH", path, status, body)


def _parsed(method: str, path: str, status: int, body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        answer = {"message": body.decode(errors="replace")[:200]}
    if status >= http.HTTPStatus.BAD_REQUEST or not isinstance(answer, dict):
        raise IsthmusError(f"API server: {method} {path}: {status} {answer.get('message', '')}")
    return answer
