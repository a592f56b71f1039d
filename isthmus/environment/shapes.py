"""Texts of a certain shape: the pattern, the pattern in words, and what somebody probably meant who missed it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv6Address, IPv6Network
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from isthmus import names
from isthmus.environment.shown import MAX_SHOWN


def _no_idea(given: object) -> str:  # noqa: ARG001
    return ""


@dataclass(frozen=True)
class Shape:
    """One kind of text. The error message is made from these fields, so it cannot part from the rule."""

    pattern: str
    """Anchored; in the common part of Rust's, Python's and JSON schema's dialects."""
    expected: str
    """What is allowed, as the end of the sentence "expected ..."."""
    near: Callable[[object], str] = _no_idea
    """A sentence with what was probably meant; empty if there is no telling. Repeats no more than `shown` would."""


# -- names and numbers

#: A site's id is 16 bits of its addresses: between a /48 and a /64.
MAX_ID: Final = 0xFFFF


def _name_hint(limit: int, kept: str = "") -> Callable[[object], str]:
    """What was meant by a name; at most `limit` characters, `kept` are allowed beside letters, digits and -."""

    def near(given: object) -> str:
        if isinstance(given, bool):
            return "YAML reads an unquoted yes, no, on, off as true or false; put it in quotes."
        if not isinstance(given, str) or len(given) > MAX_SHOWN:
            return ""
        meant = re.sub(rf"[^a-z0-9{kept}-]+", "-", given.lower()).strip("-.")[:limit].rstrip("-.")
        return f"Did you mean {meant}?" if meant and meant != given else ""

    return near


NAME: Final = Shape(
    r"^[a-z0-9]([-a-z0-9]{0,18}[a-z0-9])?$",
    "a name of at most 20 lower-case letters, digits and - (a letter or digit first and last)",
    _name_hint(20),
)
#: RFC 1123 label, which Kubernetes asks of the names of namespaces.
NAMESPACE: Final = Shape(
    r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
    "the name of a namespace: at most 63 lower-case letters, digits and - (a letter or digit first and last)",
    _name_hint(63),
)
#: RFC 1123 subdomain, which Kubernetes asks of the names of claims and storage classes.
OBJECT_NAME: Final = Shape(
    r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
    "the name of a Kubernetes object: lower-case letters, digits, - and . (a letter or digit first and last)",
    _name_hint(253, "."),
)
CONFIG_KEY: Final = Shape(
    r"^[A-Za-z][A-Za-z0-9_-]{0,62}$",
    "the key of a stack secret, such as ecmwfKubeconfig (the secret itself is set with `pulumi config set --secret`)",
)

# -- quantities

#: Suffixes that people write -> what Kubernetes calls it (binary, decimal).
_BYTE_UNITS = {"k": ("Ki", "k"), "m": ("Mi", "M"), "g": ("Gi", "G"), "t": ("Ti", "T")}


def _bytes_hint(given: object) -> str:
    text = f"{given}Gi" if isinstance(given, int) and not isinstance(given, bool) and given < 4096 else given
    found = re.fullmatch(
        r"([0-9]{1,9})(?:\.([0-9]{1,9}))?\s*([kmgt])?i?(?:b|bytes?)?", str(text).strip(), re.IGNORECASE
    )
    if not found or not found[3]:
        return ""
    binary, decimal = _BYTE_UNITS[found[3].lower()]
    if found[2]:
        smaller = {"Ki": "", "Mi": "Ki", "Gi": "Mi", "Ti": "Gi"}[binary]
        return f"Did you mean {round(float(f'{found[1]}.{found[2]}') * 1024)}{smaller}?" if smaller else ""
    if isinstance(given, int) or re.search(r"i(b|bytes?)?$", str(given).strip(), re.IGNORECASE):
        return f"Did you mean {int(found[1])}{binary}?"
    return f"Did you mean {int(found[1])}{binary} (powers of 1024) or {int(found[1])}{decimal} (powers of 1000)?"


def _cpu_hint(given: object) -> str:
    found = re.match(r"\s*([0-9]{1,4}(?:\.[0-9]{1,3})?)\s*(?:c|v)", str(given), re.IGNORECASE)
    return f"Did you mean {found[1]}?" if found else ""


#: Kubernetes' resource.Quantity, as far as it is sensible for memory and storage.
BYTES: Final = Shape(
    r"^[1-9][0-9]*(Ki|Mi|Gi|Ti|k|M|G|T)$",
    "a whole number with a unit of Ki, Mi, Gi, Ti (powers of 1024) or k, M, G, T (powers of 1000), such as 16Gi",
    _bytes_hint,
)
CPU: Final = Shape(
    r"^([1-9][0-9]*m|[1-9][0-9]*(\.[0-9]{1,3})?|0\.[0-9]{0,2}[1-9]0{0,2})$",
    "processors as a number above 0, such as 4, 0.5 or 500m",
    _cpu_hint,
)

# -- network

_PORT = r"([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"


def _host_port_hint(given: object) -> str:
    if not isinstance(given, str):
        return ""
    if re.match(r"[a-z]+://", given):
        return "Leave out the scheme: it is UDP."
    if given.count(":") > 1 and "[" not in given:
        return "Put an IPv6 address in brackets: [2001:db8::1]:51820."
    if re.fullmatch(r"[A-Za-z0-9.-]{1,17}", given):
        return f"Did you mean {given}:51820?"
    return ""


HOST_PORT: Final = Shape(
    rf"^([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]):{_PORT}$",
    "host:port, such as wg.ecmwf.example:51820",
    _host_port_hint,
)
#: Its digits are checked by whoever reads it as an address.
PREFIX: Final = Shape(
    r"^[Ff][Dd][0-9A-Fa-f]{2}:[0-9A-Fa-f:]*/48$", "a /48 of fd00::/8 (RFC 4193), such as fd12:3456:789a::/48"
)
#: 32 bytes in base64: the last of 43 characters carries 4 bits, so only 16 of the 64 may stand there.
PUBLIC_KEY: Final = Shape(r"^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$", "a WireGuard public key: 32 bytes in base64")

# -- the rest

#: Where a file is, not what is in it: no text of several lines, no YAML on one.
FILE: Final = Shape(
    r"^[^\r\n:{}]+$",
    "the path of a file on one line (a kubeconfig itself is a secret: kubeconfigSecret names the key of one)",
)
ABSOLUTE: Final = Shape(r"^/[^:\s]+$", "an absolute path below /")
DATA: Final = Shape(
    r"^(/[^\s]*|[A-Za-z][A-Za-z0-9+.-]*://[^\s]+)$",
    "an absolute path such as /data/ecmwf/, or a URL such as s3://bucket/",
)


def _image_hint(given: object) -> str:
    if isinstance(given, str) and given != given.lower():
        return "A name has no capital letters; a tag may have them."
    return "A digest is written after @, as sha256: and 64 hexadecimal digits." if "sha256" in str(given) else ""


#: name[:tag][@digest]; that there is one of the two, and not `latest`, is asked beside it.
IMAGE: Final = Shape(
    r"^[a-z0-9][a-z0-9._-]*(:[0-9]+)?(/[a-z0-9._-]+)*(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(@sha256:[0-9a-f]{64})?$",
    "an image such as registry.example/dask:0.1.0@sha256:... (64 hexadecimal digits)",
    _image_hint,
)

SHAPES: Final = {
    shape.pattern: shape
    for shape in (
        NAME,
        NAMESPACE,
        OBJECT_NAME,
        CONFIG_KEY,
        BYTES,
        CPU,
        HOST_PORT,
        PREFIX,
        PUBLIC_KEY,
        FILE,
        ABSOLUTE,
        DATA,
        IMAGE,
    )
}
"""Pattern -> its shape: how an error finds the words for the pattern that it reports."""


def _number_as_text(given: object) -> object:
    """`cpu: 4` is a number for YAML and a quantity for Kubernetes."""
    return str(given) if isinstance(given, int | float) and not isinstance(given, bool) else given


#: Kubernetes' suffixes of bytes (apimachinery, resource.Quantity).
_SUFFIXES: Final[dict[str, int]] = {
    **{suffix: 1024 ** (power + 1) for power, suffix in enumerate(("Ki", "Mi", "Gi", "Ti"))},
    **{suffix: 1000 ** (power + 1) for power, suffix in enumerate(("k", "M", "G", "T"))},
}


def bytes_of(quantity: str) -> int:
    """A Kubernetes quantity of bytes, such as `16Gi`, as a number."""
    for suffix, unit in _SUFFIXES.items():
        if quantity.endswith(suffix):
            return int(quantity.removesuffix(suffix)) * unit
    return int(quantity)


def at_least(least: str) -> AfterValidator:
    """Refuses a quantity of bytes that is smaller."""

    def check(given: str) -> str:
        if bytes_of(given) < bytes_of(least):
            raise PydanticCustomError("rule", "expected at least {least}", {"least": least})
        return given

    return AfterValidator(check)


def _real_address(given: str) -> str:
    if given.startswith("["):
        try:
            IPv6Address(given[1 : given.rindex("]")])
        except AddressValueError:
            raise PydanticCustomError("rule", "what stands in the brackets is no IPv6 address") from None
    return given


def _free_namespace(given: str) -> str:
    if given == names.SYSTEM_NAMESPACE:
        raise PydanticCustomError("rule", "it is the controller's own; expected another namespace")
    return given


#: user:password@ before the first / of a URL; a user alone is a part of some stores' names (abfs://container@account/).
_CREDENTIALS: Final = r"^[^/]+://[^/]*:[^/]*@"


def _without_password(given: str) -> str:
    if re.match(_CREDENTIALS, given):
        problem = "a password stands in the URL; the catalog is public to everybody in the environment"
        raise PydanticCustomError("rule", problem)
    return given


#: Neither tag nor digest, or `latest`, with which a digest is no more readable (the policy's rule `images` agrees).
_MOVES: Final = r"^([^@]*/)?[^/:@]+$|^[^@]*:latest(@.*)?$"


def _pinned(given: str) -> str:
    if re.match(_MOVES, given):
        problem = "not pinned: what it is can change by itself; expected a version tag (not latest), a digest, or both"
        raise PydanticCustomError("rule", problem)
    return given


def _unique_local(given: object) -> IPv6Network:
    try:
        network = IPv6Network(given) if isinstance(given, str | IPv6Network) else None
    except ValueError:
        network = None
    if network is None or network.prefixlen != 48 or not network.subnet_of(IPv6Network("fd00::/8")):
        raise PydanticCustomError("rule", "expected {expected}", {"expected": PREFIX.expected})
    return network


Name = Annotated[str, Field(pattern=NAME.pattern)]
Namespace = Annotated[
    str,
    Field(pattern=NAMESPACE.pattern, json_schema_extra={"not": {"const": names.SYSTEM_NAMESPACE}}),
    AfterValidator(_free_namespace),
]
ObjectName = Annotated[str, Field(pattern=OBJECT_NAME.pattern, max_length=253)]
ConfigKey = Annotated[str, Field(pattern=CONFIG_KEY.pattern)]
Bytes = Annotated[str, Field(pattern=BYTES.pattern)]
Cpu = Annotated[
    str,
    Field(pattern=CPU.pattern),
    BeforeValidator(_number_as_text),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": CPU.pattern}, {"type": "number", "exclusiveMinimum": 0}]}),
]
HostPort = Annotated[str, Field(pattern=HOST_PORT.pattern), AfterValidator(_real_address)]
PublicKey = Annotated[str, Field(pattern=PUBLIC_KEY.pattern)]
AbsolutePath = Annotated[str, Field(pattern=ABSOLUTE.pattern)]
FilePath = Annotated[str, Field(pattern=FILE.pattern)]
DataPrefix = Annotated[
    str,
    Field(pattern=DATA.pattern, json_schema_extra={"not": {"pattern": _CREDENTIALS}}),
    AfterValidator(_without_password),
]
Image = Annotated[
    str, Field(pattern=IMAGE.pattern, json_schema_extra={"not": {"pattern": _MOVES}}), AfterValidator(_pinned)
]
Prefix = Annotated[
    IPv6Network, BeforeValidator(_unique_local), WithJsonSchema({"type": "string", "pattern": PREFIX.pattern})
]
SiteId = Annotated[int, Field(strict=True, ge=1, le=MAX_ID)]
