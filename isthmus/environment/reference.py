"""The stack files as a page for people: `python -m isthmus.environment.reference > docs/reference/stack-files.md`.

Every key, its default and its meaning come from the models that the files are read with (as JSON schema, which pydantic
makes of them); what is allowed is told in the words of `shapes`, as in the errors.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from isthmus.environment.model import Settings
from isthmus.environment.part import FILLED
from isthmus.environment.shapes import SHAPES
from isthmus.environment.site import ExternalSite, Site

Schema: TypeAlias = Mapping[str, Any]

HEAD: Final = """\
# Stack files

<!-- Made from isthmus/environment by `python -m isthmus.environment.reference`; a test holds the two together. -->

What an operator decides. A key that does not stand here is a mistake, and every mistake is reported at once, with file
and path. *Required*: must stand there wherever the mapping around it does. Names that you choose are in `<>`; `[]`
stands for each element of a list.
"""
STACK: Final = """\
## stacks/Pulumi.&lt;env&gt;.yaml

What holds for the whole environment, below `config:`. The file's name is the stack's. Keys of other namespaces
(`pulumi:...`) are Pulumi's. Secrets that a site refers to by name stand here too, encrypted (`isthmus:<key>:
{secure: ...}`), written by `pulumi config set --secret isthmus:<key>`.
"""
SITE: Final = """\
## stacks/&lt;env&gt;/&lt;site&gt;.yaml

One data centre: one Kubernetes, one /64, one gateway, its pools. The file's name is the site's, and
`isthmus:sites` lists it.
"""
EXTERNAL: Final = """\
## stacks/&lt;env&gt;/&lt;site&gt;.yaml of another stack's site

A site that somebody else's stack owns: nothing is known of it but how to reach it. Then `external` is the
file's only key.
"""
#: A site is called as its file; the loader refuses the key.
NOT_A_KEY: Final = "name"


@dataclass(frozen=True)
class Row:
    """One key."""

    path: str
    allowed: str
    default: str
    meaning: str


def page() -> str:
    """The whole page, as Markdown."""
    parts = ((STACK, Settings, "isthmus:"), (SITE, Site, ""), (EXTERNAL, ExternalSite, "external."))
    tables = ("\n".join([head, *_table(rows(model.model_json_schema(), prefix))]) for head, model, prefix in parts)
    return "\n".join([HEAD, "\n\n".join(tables), ""])


def _table(given: Iterator[Row]) -> Iterator[str]:
    yield "| key | what may stand there | default | meaning |"
    yield "| --- | --- | --- | --- |"
    for row in given:
        yield f"| `{row.path}` | {row.allowed} | {row.default} | {row.meaning} |".replace("|  |", "| |")


def rows(file: Schema, prefix: str = "") -> Iterator[Row]:
    """Every key of a file, in the order of the models' fields. Paths begin with `prefix`."""
    keys = {name: field for name, field in file["properties"].items() if name != NOT_A_KEY}
    yield from _rows({**file, "properties": keys}, prefix, file.get("$defs", {}))


def _rows(model: Schema, prefix: str, defs: Schema) -> Iterator[Row]:
    """The keys of a model, each followed by those below it."""
    for name, field in model["properties"].items():
        inner, suffix = _inside(field)
        path = f"{prefix}{name}"
        default = "*required*" if name in model.get("required", ()) and FILLED not in field else _default(field)
        about = [field["description"], *(defs[inner]["description"].split() if inner else [])]
        yield Row(path, allowed(field), default, " ".join(about))
        if inner is not None:
            yield from _rows(defs[inner], f"{path}{suffix}.", defs)


def _inside(field: Schema) -> tuple[str | None, str]:
    """The model whose keys stand below a field, if there is one, and what of the path lies between."""
    for schema, suffix in ((field, ""), (field.get("items", {}), "[]"), (_value(field), ".<name>")):
        if "$ref" in schema:
            return schema["$ref"].rpartition("/")[2], suffix
    return None, ""


def _value(field: Schema) -> Schema:
    """What every value of a mapping with free keys looks like; empty if there is none such."""
    if "patternProperties" in field:
        (value,) = field["patternProperties"].values()
        return dict(value)
    free = field.get("additionalProperties")
    return free if isinstance(free, dict) else {}


def _default(field: Schema) -> str:
    if FILLED in field:
        return str(field[FILLED])
    value = field.get("default")
    if value in (None, [], {}) or isinstance(value, dict):
        return ""
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def allowed(field: Schema) -> str:
    """What may stand in a field, in words. Raises ValueError for a sort of field that there are no words for yet."""
    if "anyOf" in field:
        return allowed(next(way for way in field["anyOf"] if way.get("type") != "null"))
    if "pattern" in field:
        return SHAPES[field["pattern"]].expected
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if "items" in field:
        return f"a list; each: {allowed(field['items'])}"
    if "$ref" in field:
        return "a mapping"
    match field.get("type"):
        case "boolean":
            return "true or false"
        case "integer":
            return _number(field)
        case "object":
            return f"a mapping of names; each: {allowed(_value(field))}"
        case "string":
            return "a text"
    raise ValueError(f"no words for a field like this: {sorted(field)}")


def _number(field: Schema) -> str:
    low, high = field["minimum"], field.get("maximum")
    return f"a whole number from {low} to {high}" if high is not None else f"a whole number, at least {low}"


if __name__ == "__main__":
    sys.stdout.write(page())
