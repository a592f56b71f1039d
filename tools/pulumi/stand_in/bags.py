"""Property bags: the values that the engine and its plugins exchange, as plain Python data and back.

Two kinds of value have no JSON spelling and travel as agreed strings (sdk/go/common/resource in pulumi/pulumi): a value
that a preview does not know yet, and a secret, which is an object with a signature.
"""

from collections.abc import Mapping
from typing import Any, Final

from google.protobuf import json_format, struct_pb2

#: A value that is not known during a preview (sdk/go/common/resource/plugin: UnknownStringValue).
UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
#: Key and value that make an object the wrapping of a secret (sdk/go/common/resource/sig: Key, Secret).
SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the mark of a secret, not a secret


def opened(bag: struct_pb2.Struct) -> dict[str, Any]:
    """The bag as plain data. Whole numbers are int: JSON has one kind of number, Kubernetes has two."""
    return {key: _plain(value) for key, value in bag.fields.items()}


def sealed(value: Mapping[str, Any]) -> struct_pb2.Struct:
    """Plain data as a bag."""
    bag = struct_pb2.Struct()
    json_format.ParseDict(value, bag)
    return bag


def secret(value: Any) -> dict[str, Any]:
    """`value`, marked so that the engine encrypts it in its state and hides it in its output."""
    return {SIGNATURE: SECRET, "value": value}


def unmarked(value: Any) -> Any:
    """`value` without the marks of secrets: what a provider's own arguments hold, which keep them on every way."""
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            return unmarked(value["value"])
        return {key: unmarked(part) for key, part in value.items()}
    return [unmarked(part) for part in value] if isinstance(value, list) else value


def has_unknown(value: Any) -> bool:
    """Whether any part of `value` is not known yet."""
    if isinstance(value, dict):
        return any(has_unknown(part) for part in value.values())
    if isinstance(value, list):
        return any(has_unknown(part) for part in value)
    return bool(value == UNKNOWN)


def _plain(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return opened(value.struct_value)
    if kind == "list_value":
        return [_plain(part) for part in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return None if kind in (None, "null_value") else getattr(value, kind)
