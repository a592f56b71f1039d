"""Property values as Pulumi sends them, and what is kept of them.

Marks are objects with a signature (sdk: `rpc.py`); an unknown is a certain string. Both are contracts of Pulumi's
protocol, documented in its repository under `sdk/proto`.
"""

from dataclasses import dataclass, field
from typing import Final

from google.protobuf import json_format, struct_pb2
from pulumi.runtime import rpc

from isthmus.graph.model import SECRET, UNKNOWN, Json

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105


@dataclass
class Kept:
    """A value without its secrets, and where they were."""

    value: Json
    secrets: list[str] = field(default_factory=list)
    unknowns: list[str] = field(default_factory=list)


def keep(properties: struct_pb2.Struct) -> Kept:
    """Properties as plain data: secrets and unknowns replaced, their paths noted."""
    kept = Kept(None)
    kept.value = _plain(json_format.MessageToDict(properties), "", kept, hidden=False)
    return kept


def mark_secret(value: Json) -> Json:
    """A value that the SDK will take for secret."""
    return {SIGNATURE: SECRET_SIGNATURE, "value": value}


def with_outputs(properties: struct_pb2.Struct, more: dict[str, Json]) -> struct_pb2.Struct:
    """The same properties, marks and all, and a few more."""
    outputs = struct_pb2.Struct()
    outputs.CopyFrom(properties)
    outputs.update(more)
    return outputs


def unmarked(properties: struct_pb2.Struct) -> Json:
    """Properties as plain data with their secrets: for computing outputs only, never kept."""
    return _without_marks(json_format.MessageToDict(properties))


def is_unknown(value: Json) -> bool:
    """Whether a raw value stands for one that is not known yet."""
    return bool(value == rpc.UNKNOWN)


def _plain(value: Json, path: str, kept: Kept, *, hidden: bool) -> Json:
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET_SIGNATURE:
            kept.secrets.append(path)
            return _plain(value.get("value"), path, kept, hidden=True)
        return {
            key: _plain(inner, f"{path}.{key}" if path else key, kept, hidden=hidden)
            for key, inner in sorted(value.items())
        }
    if isinstance(value, list):
        return [_plain(inner, f"{path}[{position}]", kept, hidden=hidden) for position, inner in enumerate(value)]
    if is_unknown(value):
        kept.unknowns.append(path)
        return SECRET if hidden else UNKNOWN
    if hidden:
        return SECRET
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _without_marks(value: Json) -> Json:
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET_SIGNATURE:
            return _without_marks(value.get("value"))
        return {key: _without_marks(inner) for key, inner in value.items()}
    return [_without_marks(inner) for inner in value] if isinstance(value, list) else value
