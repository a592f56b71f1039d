"""From what a program asked for to what the plugin will send: refusals, names, namespaces, spellings."""

import base64
import re
from collections.abc import Mapping
from typing import Any, Final

from tools.pulumi.stand_in.bags import UNKNOWN, has_unknown
from tools.pulumi.stand_in.kubernetes.conditions import parse_wait
from tools.pulumi.stand_in.kubernetes.objects import AUTONAMED, Object, notes

_BEYOND: Final = re.compile(r"kubernetes:(helm\.sh|yaml|kustomize)[/:]|(Patch|List)$")
_NOTES: Final = frozenset(
    (
        "autonamed",
        "deletionPropagationPolicy",
        "patchFieldManager",
        "patchForce",
        "skipAwait",
        "timeoutSeconds",
        "waitFor",
    )
)


def refusals(token: str, inputs: Mapping[str, Any]) -> list[str]:
    """Why the stand-in will not manage this resource, one sentence each; empty if it will."""
    if _BEYOND.search(token):
        return [f"{token} is beyond the stand-in for the kubernetes plugin; use the official plugin"]
    found = [
        f"the annotation pulumi.com/{name} is beyond the stand-in for the kubernetes plugin"
        for name in sorted(notes(inputs).keys() - _NOTES)
    ]
    if (inputs.get("metadata") or {}).get("generateName"):
        found.append("metadata.generateName cannot be applied by the server; leave the name out or state one")
    if (text := notes(inputs).get("waitFor")) and text != UNKNOWN:
        try:
            parse_wait(text)
        except ValueError as error:
            found.append(f"the annotation pulumi.com/waitFor: {error}")
    return found


def normalized(inputs: Mapping[str, Any]) -> Object:
    """The inputs in the API's spelling. A Secret's stringData is its data once it is known."""
    given = {key: value for key, value in inputs.items() if value is not None}
    if given.get("kind") == "CustomResourceDefinition":
        given = _crd_keys(given)
    plain = given.get("stringData")
    if given.get("kind") == "Secret" and isinstance(plain, dict) and not has_unknown(plain):
        encoded = {key: base64.b64encode(str(value).encode()).decode() for key, value in plain.items()}
        given = {key: value for key, value in given.items() if key != "stringData"}
        given["data"] = {**(given.get("data") or {}), **encoded}
    given["metadata"] = dict(given.get("metadata") or {})
    return given


def with_name(inputs: Object, old: Mapping[str, Any], proposed: str) -> Object:
    """The inputs with a name: the one that the program states, the one made up before, or `proposed`."""
    meta = inputs["metadata"]
    if meta.get("name"):
        return inputs
    before = old.get("metadata") or {}
    name = before["name"] if AUTONAMED in (before.get("annotations") or {}) else proposed
    annotations = {**(meta.get("annotations") or {}), AUTONAMED: "true"}
    return {**inputs, "metadata": {**meta, "name": name, "annotations": annotations}}


def _crd_keys(value: Any) -> Any:
    """The SDK sends `x_kubernetes_list_type`, the API wants `x-kubernetes-list-type`."""
    if isinstance(value, dict):
        return {
            (key.replace("_", "-") if key.startswith("x_kubernetes_") else key): _crd_keys(part)
            for key, part in value.items()
        }
    return [_crd_keys(part) for part in value] if isinstance(value, list) else value
