"""A recorded resource and a planned one in the same words: what the kubernetes plugin's Check makes of inputs.

Measured with the official plugin 4.34.2: a CustomResourceDefinition's `x_kubernetes_*` get their dashes (the recorder
knows), a Secret's `stringData` becomes its `data` once it is known, quantities get their canonical spelling, and a
secret inside a list marks the whole list.
"""

import os
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from isthmus.graph import SECRET, UNKNOWN, Node

#: A value that is not known during a preview (pulumi/pulumi, sdk/go/common/resource/plugin: UnknownStringValue).
_ENGINES_UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_QUANTITIES: Final = frozenset(("requests", "limits", "hard", "min", "max", "default", "defaultRequest"))
_FAMILIES: Final = (
    {"": 0, "Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40},  # powers of two
    {"m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12},  # powers of ten
)


def recorded(node: Node) -> dict[str, Any]:
    """What a plan holds too of a recorded node: all but its aliases, by which the engine finds the old state."""
    inputs = _plain(node.inputs, "", frozenset(node.secret_paths))
    if node.type == "kubernetes:core/v1:Secret" and not any(p.startswith("stringData") for p in node.unknown_paths):
        inputs = {"data" if key == "stringData" else key: value for key, value in inputs.items()}
    return {
        "type": node.type,
        "parent": node.parent,
        "provider": node.provider,
        "dependencies": list(node.dependencies),
        "property dependencies": {name: list(urns) for name, urns in node.property_dependencies.items()},
        "protect": node.options.protect,
        "retain": node.options.retain_on_delete,
        "ignored": sorted(node.options.ignore_changes),
        "secret outputs": sorted(node.options.additional_secret_outputs),
        "inputs": inputs if node.custom else None,
    }


def planned(state: Mapping[str, Any]) -> dict[str, Any]:
    """The same of a step's `newState` in `pulumi preview --json`."""
    inputs = dict(state.get("inputs") or {})
    if state["type"].startswith("pulumi:providers:"):
        ambient = ("kubeconfig", os.environ.get("KUBECONFIG"))  # the SDK takes it over; a record does not depend on it
        inputs = {key: value for key, value in inputs.items() if key not in ("version", "__internal")}
        inputs = {key: value for key, value in inputs.items() if (key, value) != ambient}
    found = (state.get("propertyDependencies") or {}).items()
    return {
        "type": state["type"],
        "parent": state.get("parent") or "",
        "provider": (state.get("provider") or "").rpartition("::")[0],
        "dependencies": sorted(state.get("dependencies") or []),
        "property dependencies": {name: sorted(urns) for name, urns in sorted(found) if urns},
        "protect": state.get("protect", False),
        "retain": state.get("retainOnDelete", False),
        "ignored": sorted(state.get("ignoreChanges") or []),
        "secret outputs": sorted(state.get("additionalSecretOutputs") or []),
        "inputs": _plain(inputs, "", frozenset()) if state["custom"] else None,
    }


def _plain(value: Any, path: str, secrets: frozenset[str]) -> Any:
    """`value` with secrets, unknowns and quantities in one spelling."""
    if path in secrets:
        return SECRET
    if isinstance(value, dict):
        parts = {key: _plain(part, f"{path}.{key}" if path else key, secrets) for key, part in value.items()}
        is_quantities = path.rpartition(".")[2] in _QUANTITIES
        return {key: _quantity(part) for key, part in parts.items()} if is_quantities else parts
    if isinstance(value, list):
        if any(secret.startswith(f"{path}[") for secret in secrets):
            return SECRET
        return [_plain(part, f"{path}[{index}]", secrets) for index, part in enumerate(value)]
    return UNKNOWN if value == _ENGINES_UNKNOWN else value


def _quantity(value: Any) -> Any:
    """The canonical spelling: the largest suffix of its family that keeps a whole number."""
    match = re.fullmatch(r"([0-9.]+)([mkMGT]|[KMGT]i)?", str(value))
    if match is None:
        return value
    binary, suffix = (match[2] or "").endswith("i"), match[2] or ""
    family, base = _FAMILIES[0 if binary else 1], Decimal(2 if binary else 10)
    amount = Decimal(match[1]) * base ** family[suffix]
    for name, power in sorted(family.items(), key=lambda item: -item[1]):
        if amount % base**power == 0:
            return f"{int(amount / base**power)}{name if amount else ''}"
    return value
