"""Random values of each kind: what they may be asked for, how they are made, what of them is secret.

Names of arguments and outputs, defaults and resource ids are those of the official plugin (pulumi-random 4.21).
"""

import base64
import secrets
import string
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tools.pulumi.stand_in.bags import has_unknown

#: Characters of a string's class `special` unless `overrideSpecial` names others.
SPECIAL: Final = "!@#$%&*()-_=+[]{}<>:?"


@dataclass(frozen=True)
class Made:
    """A value just made."""

    id: str
    """Shown in the clear in state and output: never the value of a secret, except where the official plugin does so."""
    outputs: Mapping[str, Any]


@dataclass(frozen=True)
class Kind:
    """One kind of random value."""

    inputs: frozenset[str]
    outputs: tuple[str, ...]
    make: Callable[[Mapping[str, Any]], Made]
    mistakes: Callable[[Mapping[str, Any]], Iterator[str]] = lambda _: iter(())
    secret: bool = False
    """Whether the outputs are secret."""


def mistakes(kind: str, inputs: Mapping[str, Any]) -> list[str]:
    """What is wrong with a resource's inputs, one sentence each; none of it holds a value."""
    if kind not in KINDS:
        return [f"{kind} is beyond the stand-in for the random plugin, which makes {', '.join(sorted(KINDS))}"]
    known = KINDS[kind]
    surplus = sorted(key for key in inputs if key not in known.inputs and not key.startswith("__"))
    found = [f"{key} is beyond the stand-in for the random plugin's {kind}" for key in surplus]
    return found or ([] if has_unknown(dict(inputs)) else list(known.mistakes(inputs)))


def _bytes(inputs: Mapping[str, Any]) -> Made:
    raw = secrets.token_bytes(int(inputs["length"]))
    value = base64.b64encode(raw).decode()
    return Made(value, {"base64": value, "hex": raw.hex()})  # the official plugin's id, too, repeats the value


def _id(inputs: Mapping[str, Any]) -> Made:
    raw, prefix = secrets.token_bytes(int(inputs["byteLength"])), inputs.get("prefix") or ""
    url = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    return Made(
        url,
        {
            "b64Url": prefix + url,
            "b64Std": prefix + base64.b64encode(raw).decode(),
            "hex": prefix + raw.hex(),
            "dec": f"{prefix}{int.from_bytes(raw, 'big')}",
        },
    )


def _integer(inputs: Mapping[str, Any]) -> Made:
    least, most = int(inputs["min"]), int(inputs["max"])
    value = least + secrets.randbelow(most - least + 1)
    return Made(str(value), {"result": value})


def _integer_mistakes(inputs: Mapping[str, Any]) -> Iterator[str]:
    if inputs["min"] > inputs["max"]:
        yield f"min is {inputs['min']}; expected at most max, which is {inputs['max']}"


def _uuid(_: Mapping[str, Any]) -> Made:
    value = str(uuid.uuid4())
    return Made(value, {"result": value})


def _string(inputs: Mapping[str, Any]) -> Made:
    value = _characters(inputs)
    return Made(value, {"result": value})


def _password(inputs: Mapping[str, Any]) -> Made:
    # The official plugin has `bcryptHash` too; a program that reads it here finds nothing.
    return Made("none", {"result": _characters(inputs)})


def _classes(inputs: Mapping[str, Any]) -> list[tuple[str, int]]:
    """(characters, least number of them) of each class that a string is made of."""
    numeric = inputs.get("numeric", inputs.get("number", True))
    classes = (
        (inputs.get("lower", True), string.ascii_lowercase, "minLower"),
        (inputs.get("upper", True), string.ascii_uppercase, "minUpper"),
        (numeric, string.digits, "minNumeric"),
        (inputs.get("special", True), inputs.get("overrideSpecial") or SPECIAL, "minSpecial"),
    )
    return [(characters, int(inputs.get(least) or 0)) for wanted, characters, least in classes if wanted]


def _characters(inputs: Mapping[str, Any]) -> str:
    classes = _classes(inputs)
    chosen = [secrets.choice(characters) for characters, least in classes for _ in range(least)]
    anything = "".join(characters for characters, _ in classes)
    chosen += [secrets.choice(anything) for _ in range(int(inputs["length"]) - len(chosen))]
    secrets.SystemRandom().shuffle(chosen)
    return "".join(chosen)


def _string_mistakes(inputs: Mapping[str, Any]) -> Iterator[str]:
    classes = _classes(inputs)
    if not classes:
        yield "no class of characters is left: one of lower, upper, numeric and special must be true"
    least = max(1, sum(least for _, least in classes))
    if inputs["length"] < least:
        yield f"length is {inputs['length']}; expected at least {least}"


_TEXT = frozenset(
    ("keepers", "length", "lower", "upper", "number", "numeric", "special", "overrideSpecial")
) | frozenset(("minLower", "minUpper", "minNumeric", "minSpecial"))
KINDS: Final[Mapping[str, Kind]] = {
    "RandomBytes": Kind(frozenset(("length", "keepers")), ("base64", "hex"), _bytes, secret=True),
    "RandomId": Kind(frozenset(("byteLength", "prefix", "keepers")), ("b64Url", "b64Std", "hex", "dec"), _id),
    "RandomInteger": Kind(frozenset(("min", "max", "keepers")), ("result",), _integer, _integer_mistakes),
    "RandomPassword": Kind(_TEXT, ("result",), _password, _string_mistakes, secret=True),
    "RandomString": Kind(_TEXT, ("result",), _string, _string_mistakes),
    "RandomUuid": Kind(frozenset(("keepers",)), ("result",), _uuid),
}
