"""Property values as Pulumi sends them, and what is kept of them.

Marks are objects with a signature (sdk: `rpc.py`); an unknown is a certain string. Both are contracts of Pulumi's
protocol, documented in its repository under `sdk/proto`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from google.protobuf import json_format, struct_pb2
from pulumi.runtime import rpc

from isthmus.graph.model import SECRET, UNKNOWN, Json

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105
OUTPUT_SIGNATURE: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"


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


def keep_value(value: struct_pb2.Value) -> Json:
    """One value as plain data, secrets and unknowns replaced."""
    return _plain(json_format.MessageToDict(value), "", Kept(None), hidden=False)


def mark_secret(value: Json) -> Json:
    """A value that the SDK will take for secret."""
    return {SIGNATURE: SECRET_SIGNATURE, "value": value}


def with_outputs(properties: struct_pb2.Struct, more: dict[str, Json]) -> struct_pb2.Struct:
    """The same properties, marks and all, and a few more."""
    outputs = struct_pb2.Struct()
    outputs.CopyFrom(properties)
    outputs.update(more)
    return outputs


def unmarked(properties: struct_pb2.Struct, name: str) -> Json:
    """One property as plain data with its secrets, None if it is not there: to compute outputs with, never kept."""
    return _without_marks(json_format.MessageToDict(properties.fields[name])) if name in properties.fields else None


def as_outputs(properties: struct_pb2.Struct, dependencies: Mapping[str, Sequence[str]]) -> struct_pb2.Struct:
    """Properties as a transform gets them: what is secret, unknown or comes from a resource is an output value.

    dependencies: top-level property -> URNs of the resources that it comes from.
    """
    values = {name: _output(value) for name, value in json_format.MessageToDict(properties).items()}
    for name, urns in dependencies.items():
        if urns and name in values:
            whole = values[name] if _is_output(values[name]) else {SIGNATURE: OUTPUT_SIGNATURE, "value": values[name]}
            values[name] = whole | {"dependencies": sorted(urns)}
    return _struct(values)


def without_outputs(properties: struct_pb2.Struct) -> struct_pb2.Struct:
    """The same properties with marks instead of output values."""
    return _struct({name: _marked(value) for name, value in json_format.MessageToDict(properties).items()})


def dependencies(properties: struct_pb2.Struct) -> dict[str, list[str]]:
    """Top-level property -> URNs that its output values name, sorted; those without any are left out."""
    found = {name: sorted(set(_urns(value))) for name, value in json_format.MessageToDict(properties).items()}
    return {name: urns for name, urns in found.items() if urns}


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


def _struct(values: Json) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(values)
    return struct


def _is_output(value: Json) -> bool:
    return isinstance(value, dict) and value.get(SIGNATURE) == OUTPUT_SIGNATURE


def _output(value: Json) -> Json:
    if isinstance(value, list):
        return [_output(inner) for inner in value]
    if is_unknown(value):
        return {SIGNATURE: OUTPUT_SIGNATURE}
    if not isinstance(value, dict):
        return value
    if value.get(SIGNATURE) == SECRET_SIGNATURE:
        inner = _output(value.get("value"))
        return (inner if _is_output(inner) else {SIGNATURE: OUTPUT_SIGNATURE, "value": inner}) | {"secret": True}
    return {key: _output(inner) for key, inner in value.items()}


def _marked(value: Json) -> Json:
    if isinstance(value, list):
        return [_marked(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if _is_output(value):
        plain = _marked(value["value"]) if "value" in value else rpc.UNKNOWN
        return mark_secret(plain) if value.get("secret") else plain
    return {key: _marked(inner) for key, inner in value.items()}


def _urns(value: Json) -> Iterator[str]:
    if _is_output(value):
        yield from value.get("dependencies", ())
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        yield from _urns(one)


def _without_marks(value: Json) -> Json:
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET_SIGNATURE:
            return _without_marks(value.get("value"))
        return {key: _without_marks(inner) for key, inner in value.items()}
    return [_without_marks(inner) for inner in value] if isinstance(value, list) else value
