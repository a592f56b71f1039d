"""The components for people who write programs: `python -m tests.docs.components` writes docs/reference/components.md.

Everything comes from the package's schema, and the stack's outputs from what the program exports.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from tests.components.recorded import graph
from tests.docs.commands import CHECKOUT
from tests.package.golden import schema

PAGE: Final = CHECKOUT / "docs/reference/components.md"
PLATFORM: Final = "isthmus:index:Platform"
_HEAD: Final = """\
# Components and outputs

<!-- Made from the package's schema by `python -m tests.docs.components`; a test holds the two together. -->

What the stack's program is made of, and what the package `isthmus` ([package/](../../package)) offers to programs in
[other languages](../guides/from-another-language.md). A program declares a `Platform`; the others are its parts, for
who puts them together in another way. An input may be an output of another resource where its type says so; any other
value must be known to the program.
"""
_OUTPUTS: Final = """\
## Outputs of the stack

What `pulumi stack output` shows of a stack of this repository.
"""
_TYPES: Final = """\
# Types

Mappings that stand in inputs. Those called `...Config` are what [stack files](stack-files.md) hold, key by key: that
page says what is allowed.
"""
Schema = Mapping[str, Any]


def page() -> str:
    """The whole page, as Markdown. Raises ValueError for an output of the stack that nobody describes."""
    offered = schema()
    resources = sorted(offered["resources"].items(), key=lambda pair: (pair[0] != PLATFORM, pair[0]))
    parts = [
        _HEAD,
        _OUTPUTS,
        _stack_outputs(offered["resources"][PLATFORM]["properties"]),
        *(part for token, resource in resources for part in _component(token, resource)),
        _TYPES,
        *(part for token, type_ in sorted(offered["types"].items()) for part in _type(token, type_)),
    ]
    return "\n".join(parts)


def _stack_outputs(known: Schema) -> str:
    exported = graph("local").exports
    if silent := sorted(exported.keys() - known.keys()):
        raise ValueError(
            f"the stack exports {', '.join(silent)}, which is no output of the Platform; describe it there"
        )
    rows = [(f"`{name}`", _words(known[name], plain=True), _meaning(known[name])) for name in sorted(exported)]
    return _table(("output", "type", "meaning"), rows)


def _component(token: str, resource: Schema) -> Iterator[str]:
    yield f"## {_name(token)}\n"
    yield f"`{token}`. {_meaning(resource)}\n"
    yield _inputs(resource.get("inputProperties", {}), resource.get("requiredInputs", []), "input")
    if outputs := resource.get("properties"):
        rows = [(f"`{name}`", _words(field, plain=True), _meaning(field)) for name, field in sorted(outputs.items())]
        yield _table(("output", "type", "meaning"), rows)


def _type(token: str, type_: Schema) -> Iterator[str]:
    yield f"## {_name(token)}\n"
    yield f"{_meaning(type_)}\n"
    yield _inputs(type_["properties"], type_.get("required", []), "key")


def _inputs(fields: Schema, required: list[str], what: str) -> str:
    rows = [
        (f"`{name}`", _words(field), "*required*" if name in required else "", _meaning(field))
        for name, field in sorted(fields.items(), key=lambda pair: (pair[0] not in required, pair[0]))
    ]
    return _table((what, "type", "", "meaning"), rows) if rows else "It takes nothing.\n"


def _words(field: Schema, *, plain: bool = False) -> str:
    """A type in words. plain: of an output, which is one by nature."""
    said = _shape(field)
    return said if plain or _known(field) else f"{said}, or an output"


def _known(field: Schema) -> bool:
    inner = field.get("items") or field.get("additionalProperties") or {}
    return bool(field.get("plain")) and (not inner or _known(inner))


def _shape(field: Schema) -> str:
    if "$ref" in field:
        name = _name(field["$ref"])
        return f"[{name}](#{name.lower()})"
    if "items" in field:
        return f"list of {_shape(field['items'])}"
    if "additionalProperties" in field:
        return f"mapping to {_shape(field['additionalProperties'])}"
    return str(field["type"])


def _name(token: str) -> str:
    return token.rpartition(":")[2]


def _meaning(described: Schema) -> str:
    """Without the indentation of the docstring that it comes from; `|` would end a cell."""
    return " ".join(str(described.get("description", "")).split()).replace("|", "\\|")


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |".replace("|  |", "| |") for line in lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
