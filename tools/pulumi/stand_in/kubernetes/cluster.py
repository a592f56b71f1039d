"""One API server, as the stand-in's actions see it: objects in, objects out."""

from collections.abc import Callable, Mapping
from typing import Any

from tools.pulumi.stand_in.kubernetes.client import ApiError, Client
from tools.pulumi.stand_in.kubernetes.kinds import Kinds, NoKind
from tools.pulumi.stand_in.kubernetes.kubeconfig import access
from tools.pulumi.stand_in.kubernetes.objects import Object
from tools.pulumi.stand_in.kubernetes.settings import Settings


def unless_absent(request: Callable[[], Object]) -> Object | None:
    """The server's answer; None if the object, its namespace or its kind is not there. Raises ApiError, Unreachable."""
    try:
        return request()
    except NoKind:
        return None
    except ApiError as error:
        if error.status == 404:
            return None
        raise


class Cluster:
    """The API server that a provider's settings name. Raises KubeconfigError; connects with the first request."""

    def __init__(self, settings: Settings) -> None:
        self.client = Client(access(settings.kubeconfig, settings.context, settings.cluster))
        self.kinds = Kinds(self.client)
        self.namespace = settings.namespace or self.client.access.namespace

    def get(self, obj: Mapping[str, Any]) -> Object:
        """The live object of this kind and name. Raises ApiError, NoKind, Unreachable, as all methods here."""
        return self.client.get(self.kinds.path(obj))

    def find(self, obj: Mapping[str, Any]) -> Object | None:
        """The live object, or None if it, its namespace or its kind is not there."""
        return unless_absent(lambda: self.get(obj))

    def apply(self, obj: Object, manager: str, *, force: bool = False, dry_run: bool = False) -> Object:
        """The object after a server-side apply; nothing is stored by a dry run.

        force: take over fields that others manage, instead of a conflict (409).
        """
        query = {"fieldManager": manager, "fieldValidation": "Strict"}
        query |= {"force": "true"} if force else {}
        query |= {"dryRun": "All"} if dry_run else {}
        return self.client.request(
            "PATCH", self.kinds.path(obj), obj, query=query, content_type="application/apply-patch+yaml"
        )

    def delete(self, obj: Mapping[str, Any], propagation: str) -> Object:
        """The server's answer: the object while it is ending, or a Status once it is gone."""
        options: Object = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        if uid := obj["metadata"].get("uid"):
            options["preconditions"] = {"uid": uid}
        return self.client.request("DELETE", self.kinds.path(obj), options)
