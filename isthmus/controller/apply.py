"""The Kubernetes API, as thin as it goes: every write of the controller passes here.

That an object is there already, is gone, or has moved on are outcomes of a level-based pass, not errors. What raises:

    ApiError                 the call did not happen; the pass ends and is repeated after a pause
    ├── Refused              400, 403, 422: the object or the quota must change first
    └── Unavailable          429, 5xx, no connection: the server could not be asked
"""

import re
from collections.abc import Mapping
from enum import Enum
from http import HTTPStatus
from typing import Any, Final

import aiohttp

from isthmus.controller.kinds import Body, Kind
from isthmus.controller.redact import redact
from isthmus.errors import IsthmusError

#: Ours. A call that takes longer is lost: the API server itself ends non-watch requests after 60 s.
CALL_S: Final = 60.0
#: How many objects one answer of a list holds; the rest is fetched page by page.
PAGE: Final = 500
#: Ours: characters of the API server's words that are kept.
MESSAGE: Final = 500
_SENTENCE_END: Final = re.compile(r"\.(?=\s)|\n")
MERGE_PATCH: Final = {"Content-Type": "application/merge-patch+json"}


class Outcome(Enum):
    """What became of a write."""

    DONE = "done"
    EXISTS = "exists"
    """A create found the name taken."""
    GONE = "gone"
    """The object, or the one that a precondition named, is not there."""
    CONFLICT = "conflict"
    """A patch named a resourceVersion that is no longer current."""


class ApiError(IsthmusError):
    """A call that did not happen. `status` is the HTTP status, 0 without an answer."""

    def __init__(self, call: str, status: int, message: str) -> None:
        self.call, self.status, self.message = call, status, message
        super().__init__(f"{call}: {status or 'no answer'}: {message}")


class Refused(ApiError):
    """The API server understood and said no."""


class Unavailable(ApiError):
    """The API server could not be asked, or was too busy."""

    @property
    def unsure(self) -> bool:
        """Whether the call may have had its effect nevertheless: it was sent, and the answer was lost or a failure."""
        return self.status >= 500 or (self.status == 0 and not isinstance(self.__cause__, aiohttp.ClientConnectorError))


_REFUSALS: Final = (HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY)


class Api:
    """A client of one Kubernetes API server. The session carries credentials and trust."""

    def __init__(self, session: aiohttp.ClientSession, server: str) -> None:
        self._session = session
        self._server = server.rstrip("/")

    async def list(self, kind: Kind, namespace: str, selector: str = "") -> list[Body]:
        """Every object of a kind in a namespace. `kind` and `apiVersion` of the items are left out by the server."""
        found: list[Body] = []
        params = {"limit": str(PAGE), **({"labelSelector": selector} if selector else {})}
        while True:
            status, answer = await self._call("GET", kind.path(namespace), params=params)
            if status == HTTPStatus.GONE:  # the pages' snapshot has expired: begin again, all at once
                found, params = [], {key: value for key, value in params.items() if key == "labelSelector"}
                continue
            if status != HTTPStatus.OK:
                raise Refused(f"GET {kind.path(namespace)}", status, _message(answer))
            found += answer.get("items") or []
            token = (answer.get("metadata") or {}).get("continue")
            if not token:
                return found
            params["continue"] = token

    async def get(self, kind: Kind, namespace: str, name: str) -> Body | None:
        """The object as it is now; None if there is none."""
        status, answer = await self._call("GET", kind.path(namespace, name))
        if status == HTTPStatus.NOT_FOUND:
            return None
        return answer

    async def create(self, kind: Kind, namespace: str, body: Body) -> Outcome:
        """Make an object. A namespace that is not there or on its way out is a refusal."""
        path = kind.path(namespace)
        status, answer = await self._call("POST", path, body)
        if status == HTTPStatus.CONFLICT and answer.get("reason") == "AlreadyExists":
            return Outcome.EXISTS
        if status >= HTTPStatus.BAD_REQUEST:
            raise Refused(f"POST {path}", status, _message(answer))
        return Outcome.DONE

    async def patch(self, kind: Kind, namespace: str, name: str, patch: Body) -> Outcome:
        """Merge-patch an object (strategic merge does not exist for custom resources)."""
        path = kind.path(namespace, name)
        status, answer = await self._call("PATCH", path, patch, headers=MERGE_PATCH)
        return self._outcome("PATCH", path, status, answer)

    async def write_status(self, kind: Kind, namespace: str, name: str, status: Body) -> str:
        """Merge-patch the status of an object. Returns the object's resourceVersion; empty if it is gone."""
        path = kind.path(namespace, name, "status")
        code, answer = await self._call("PATCH", path, {"status": status}, headers=MERGE_PATCH)
        if self._outcome("PATCH", path, code, answer) is not Outcome.DONE:
            return ""
        return str((answer.get("metadata") or {}).get("resourceVersion", ""))

    async def delete(self, kind: Kind, namespace: str, name: str, uid: str) -> Outcome:
        """Delete the object of that name, if it is still the one with that uid."""
        path = kind.path(namespace, name)
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid}}
        status, answer = await self._call("DELETE", path, options)
        if status == HTTPStatus.CONFLICT:
            return Outcome.GONE
        return self._outcome("DELETE", path, status, answer)

    @staticmethod
    def _outcome(method: str, path: str, status: int, answer: Mapping[str, Any]) -> Outcome:
        if status == HTTPStatus.NOT_FOUND:
            return Outcome.GONE
        if status == HTTPStatus.CONFLICT:
            return Outcome.CONFLICT
        if status >= HTTPStatus.BAD_REQUEST:
            raise Refused(f"{method} {path}", status, _message(answer))
        return Outcome.DONE

    async def _call(
        self,
        method: str,
        path: str,
        body: Body | None = None,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Mapping[str, Any]]:
        """Status and JSON of one call. Raises Refused or Unavailable for what no caller can use."""
        call = f"{method} {path}"
        timeout = aiohttp.ClientTimeout(total=CALL_S)
        try:
            async with self._session.request(
                method, self._server + path, json=body, params=params, headers=headers, timeout=timeout
            ) as response:
                status, answer = response.status, await _json(response)
        except (TimeoutError, aiohttp.ClientError) as error:
            raise Unavailable(call, 0, str(error) or type(error).__name__) from error
        if status in _REFUSALS:
            raise Refused(call, status, _message(answer))
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS) or status >= 500:
            raise Unavailable(call, status, _message(answer))
        return status, answer


async def _json(response: aiohttp.ClientResponse) -> Mapping[str, Any]:
    try:
        answer = await response.json(content_type=None)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _message(answer: Mapping[str, Any]) -> str:
    """The first sentence of a Status object, without secrets, short enough for a condition."""
    said = redact(str(answer.get("message") or answer.get("reason") or "no reason given"))
    first = _SENTENCE_END.split(said, maxsplit=1)[0]
    return first if len(first) <= MESSAGE else first[: MESSAGE - 1] + "…"
