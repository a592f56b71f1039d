"""An administrator at a real API server."""

import http.client
import json
from typing import Any
from urllib.parse import quote, urlsplit

from tests.local_api import ApiServer

Object = dict[str, Any]

ROOTS = {
    "daskclusters": "/apis/kubernetes.dask.org/v1",
    "daskworkergroups": "/apis/kubernetes.dask.org/v1",
    "deployments": "/apis/apps/v1",
    "customresourcedefinitions": "/apis/apiextensions.k8s.io/v1",
    "roles": "/apis/rbac.authorization.k8s.io/v1",
    "rolebindings": "/apis/rbac.authorization.k8s.io/v1",
}


class Refusal(AssertionError):
    """The API server said no."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(f"{status}: {message}")


class Admin:
    """Plain calls, each its own connection."""

    def __init__(self, server: ApiServer) -> None:
        self._host, self._port = urlsplit(server.url).hostname or "", urlsplit(server.url).port
        self._tls = server.tls()

    def call(self, method: str, path: str, body: Object | None = None, kind: str = "application/json") -> Object:
        connection = http.client.HTTPSConnection(self._host, self._port, context=self._tls, timeout=30)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": kind})
            answer = connection.getresponse()
            content = answer.read().decode()
        finally:
            connection.close()
        if answer.status >= 400:
            raise Refusal(answer.status, content)
        data: Object = json.loads(content)
        return data

    def create(self, plural: str, body: Object) -> Object:
        return self.call("POST", path(plural, body["metadata"].get("namespace")), body)

    def get(self, plural: str, namespace: str, name: str) -> Object | None:
        """The object, or None."""
        try:
            return self.call("GET", path(plural, namespace, name))
        except Refusal as refusal:
            if refusal.status == 404:
                return None
            raise

    def list(self, plural: str, namespace: str, selector: str = "") -> list[Object]:
        found = self.call("GET", path(plural, namespace) + (f"?labelSelector={quote(selector)}" if selector else ""))
        items: list[Object] = found["items"]
        return sorted(items, key=lambda item: str(item["metadata"]["name"]))

    def patch(self, plural: str, namespace: str, name: str, body: Object, subresource: str = "") -> Object:
        return self.call("PATCH", path(plural, namespace, name, subresource), body, "application/merge-patch+json")

    def scale(self, plural: str, namespace: str, name: str, replicas: int) -> None:
        """What `kubectl scale` does: a patch of the scale subresource."""
        self.patch(plural, namespace, name, {"spec": {"replicas": replicas}}, "scale")

    def delete(self, plural: str, namespace: str, name: str, **options: Any) -> None:
        self.call("DELETE", path(plural, namespace, name), options or None)


def path(plural: str, namespace: str | None, name: str = "", subresource: str = "") -> str:
    scope = f"/namespaces/{namespace}" if namespace else ""
    parts = [f"{ROOTS.get(plural, '/api/v1')}{scope}/{plural}", name, subresource]
    return "/".join(part for part in parts if part)


def phase(body: Object | None) -> str:
    return str(((body or {}).get("status") or {}).get("phase", ""))


def condition(body: Object | None, kind: str) -> tuple[str, str]:
    """Status and reason of a condition."""
    for found in ((body or {}).get("status") or {}).get("conditions") or []:
        if found["type"] == kind:
            return found["status"], found["reason"]
    return "", ""
