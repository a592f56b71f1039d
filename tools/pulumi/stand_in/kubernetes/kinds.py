"""Where the objects of each kind live: asked of the API server once per API version, and again for a kind just made."""

import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.pulumi.stand_in.kubernetes.client import ApiError, Client


class NoKind(Exception):
    """The server has no such kind (yet)."""


@dataclass(frozen=True)
class Resource:
    """One kind, as paths name it."""

    plural: str
    namespaced: bool


class Kinds:
    """What a server's discovery says; safe for many threads."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: dict[str, dict[str, Resource]] = {}
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def find(self, api_version: str, kind: str) -> Resource:
        """The kind. Raises NoKind, also for what a CustomResourceDefinition of the same update will bring."""
        with self._locks[api_version]:
            if kind not in self._known.get(api_version, {}):
                self._known[api_version] = self._ask(api_version)
        try:
            return self._known[api_version][kind]
        except KeyError:
            raise NoKind(f"the server has no kind {kind!r} in {api_version!r}") from None

    def path(self, obj: Mapping[str, Any]) -> str:
        """Where an object lives. Raises NoKind."""
        found = self.find(obj["apiVersion"], obj["kind"])
        meta = obj["metadata"]
        namespace = meta.get("namespace") or self._client.access.namespace
        where = f"/namespaces/{namespace}" if found.namespaced else ""
        return f"{_root(obj['apiVersion'])}{where}/{found.plural}/{meta['name']}"

    def api_version(self, group_version: str) -> str:
        """The API version that a type token means: `core/v1` is `v1`, `apiextensions/v1` is of a longer group."""
        group, _, version = group_version.rpartition("/")
        if group in ("", "core"):
            return version
        groups = [entry["name"] for entry in self._client.get("/apis")["groups"]]
        full = next((name for name in groups if name == group or name.split(".")[0] == group), group)
        return f"{full}/{version}"

    def _ask(self, api_version: str) -> dict[str, Resource]:
        try:
            listed = self._client.get(_root(api_version))["resources"]
        except ApiError as error:
            if error.status == 404:
                return {}
            raise
        return {
            entry["kind"]: Resource(entry["name"], entry["namespaced"]) for entry in listed if "/" not in entry["name"]
        }


def _root(api_version: str) -> str:
    return f"/{'apis' if '/' in api_version else 'api'}/{api_version}"
