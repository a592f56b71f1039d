"""Kubernetes objects as plain data: who they are, what the server adds to them, what of them is secret."""

import copy
import hashlib
from collections.abc import Mapping
from typing import Any, Final

from tools.pulumi.stand_in.bags import secret

Object = dict[str, Any]

#: Set by the plugin on an object whose name it made up, as the official plugin does.
AUTONAMED: Final = "pulumi.com/autonamed"
#: Where the outputs keep the name under which our fields are managed.
FIELD_MANAGER: Final = "__fieldManager"
_SERVER_OWNED: Final = (
    "managedFields",
    "resourceVersion",
    "uid",
    "creationTimestamp",
    "generation",
    "selfLink",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
)


def identity(obj: Mapping[str, Any]) -> str:
    """The resource id: `namespace/name`, or the name alone."""
    meta = obj["metadata"]
    return f"{meta['namespace']}/{meta['name']}" if meta.get("namespace") else str(meta["name"])


def shown(obj: Mapping[str, Any]) -> str:
    """An object as messages name it: `Deployment isthmus-local/local-gateway`."""
    return f"{obj['kind']} {identity(obj)}"


def notes(obj: Mapping[str, Any]) -> dict[str, str]:
    """The annotations that speak to the plugin, without their domain: `skipAwait`, `timeoutSeconds`, ..."""
    annotations = (obj.get("metadata") or {}).get("annotations") or {}
    return {
        key.removeprefix("pulumi.com/"): str(text) for key, text in annotations.items() if key.startswith("pulumi.com/")
    }


def field_manager(urn: str, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> str:
    """Who owns the fields that this resource sets: one name per resource, the same for its whole life."""
    made = f"pulumi-{hashlib.sha256(urn.encode()).hexdigest()[:8]}"
    return notes(inputs).get("patchFieldManager") or str(outputs.get(FIELD_MANAGER) or made)


def outputs_of(obj: Mapping[str, Any], manager: str) -> Object:
    """What the state keeps of a live object. managedFields would be half of it and serve nobody."""
    outputs = copy.deepcopy(dict(obj))
    outputs["metadata"].pop("managedFields", None)
    return marked(outputs | {FIELD_MANAGER: manager})


def without_server_fields(obj: Mapping[str, Any]) -> Object:
    """The object as somebody might have written it: no status, no bookkeeping."""
    plain = copy.deepcopy(dict(obj))
    plain.pop("status", None)
    for field in _SERVER_OWNED:
        plain["metadata"].pop(field, None)
    return plain


def marked(obj: Object) -> Object:
    """A Secret with its content marked as secret; anything else as it is.

    Marks that a program sets the engine puts back itself, by path. A Secret's stringData has moved to another path.
    """
    if obj.get("kind") != "Secret" or obj.get("apiVersion") != "v1":
        return obj
    return {key: secret(value) if key in ("data", "stringData") and value else value for key, value in obj.items()}
