"""The stack files as a page for people: `python -m isthmus.environment.reference > docs/reference/stack-files.md`.

Every key, its default and its meaning come from the models that the files are read with (as JSON schema, which pydantic
makes of them); what is allowed is told in the words of `shapes`, as in the errors; the examples are loaded by a test.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from isthmus.environment import examples
from isthmus.environment.model import Settings
from isthmus.environment.part import FILLED
from isthmus.environment.shapes import SHAPES
from isthmus.environment.site import ExternalSite, Site

Schema: TypeAlias = Mapping[str, Any]

HEAD: Final = """\
# Stack files

<!-- Made from isthmus/environment by `python -m isthmus.environment.reference`; a test holds the two together. -->

What an operator decides. A key that does not stand here is a mistake, and every mistake is reported at once, with file
and path: `isthmus config check` says them, `isthmus config show ENV` what the files come to. An editor with a YAML
language server completes and checks them while you type: the first line of a file names its schema in `stacks/schema`.

*Required*: must stand there wherever the mapping around it does. Names that you choose are in `<>`; `[]` stands for
each element of a list.
"""
STACK: Final = """\
## stacks/Pulumi.&lt;env&gt;.yaml

What holds for the whole environment, below `config:`. The file's name is the stack's. Keys of other namespaces
(`pulumi:...`) are Pulumi's. Secrets that a site refers to by name stand here too, encrypted (`isthmus:<key>:
{secure: ...}`), written by `pulumi config set --secret isthmus:<key>`.
"""
SITE: Final = """\
## stacks/&lt;env&gt;/&lt;site&gt;.yaml

One data centre: one /64, one gateway, its pools, in a Kubernetes of its own or in a namespace of one that it shares.
The file's name is the site's, and `isthmus:sites` lists it.
"""
EXTERNAL: Final = """\
## stacks/&lt;env&gt;/&lt;site&gt;.yaml of another stack's site

A site that somebody else's stack owns: nothing is known of it but how to reach it, and what data lies there. Then
`external` is the file's only key.
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


@dataclass(frozen=True)
class Section:
    """One mapping of a file, with the keys that stand right below it."""

    path: str
    """Empty for the file itself."""
    about: str
    rows: tuple[Row, ...]


def page() -> str:
    """The whole page, as Markdown."""
    files = (
        (STACK, examples.STACK, Settings, "isthmus:"),
        (SITE, examples.SITE, Site, ""),
        (EXTERNAL, examples.EXTERNAL, ExternalSite, "external."),
    )
    parts = [HEAD]
    for head, example, model, prefix in files:
        file, *below = sections(model.model_json_schema(), prefix)
        parts += [head, _yaml(example), _table(file)]
        for section in below:
            parts += [f"### `{section.path}`\n\n{section.about}\n"]
            parts += [_yaml(text) for text in examples.OF_SECTIONS[section.path].split(examples.NEXT)]
            parts += [_table(section)]
    return "\n".join(parts)


def _yaml(text: str) -> str:
    return f"```yaml\n{text}```\n"


def _table(section: Section) -> str:
    rows = [
        f"| `{row.path}` | {row.allowed} | {row.default} | {row.meaning} |".replace("|  |", "| |")
        for row in section.rows
    ]
    return "\n".join(["| key | what may stand there | default | meaning |", "| --- | --- | --- | --- |", *rows, ""])


def sections(file: Schema, prefix: str = "") -> Iterator[Section]:
    """The file, then every mapping in it, in the order of the models' fields. Paths begin with `prefix`."""
    keys = {name: field for name, field in file["properties"].items() if name != NOT_A_KEY}
    yield from _sections({**file, "properties": keys}, "", prefix, file.get("$defs", {}))


def _sections(model: Schema, path: str, prefix: str, defs: Schema) -> Iterator[Section]:
    """The section of a model at a path, then those of the mappings in it."""
    yield Section(path, _flowing(model.get("description", "")), tuple(_rows(model, prefix, defs)))
    for name, field in model["properties"].items():
        inner, suffix = _inside(field)
        if inner is not None and not _single(defs[inner]):
            below = f"{prefix}{name}{suffix}"
            yield from _sections(defs[inner], below, f"{below}.", defs)


def _single(model: Schema) -> bool:
    """A mapping with one key needs no section: its key stands in the table above it."""
    return len(model["properties"]) == 1


def _rows(model: Schema, prefix: str, defs: Schema) -> Iterator[Row]:
    """The keys right below a mapping."""
    for name, field in model["properties"].items():
        inner, suffix = _inside(field)
        required = name in model.get("required", ()) and FILLED not in field
        path = f"{prefix}{name}"
        yield Row(path, allowed(field), "*required*" if required else _default(field), field["description"])
        if inner is not None and _single(defs[inner]):
            yield from _rows(defs[inner], f"{path}{suffix}.", defs)


def _flowing(text: str) -> str:
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


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
        return f"`{field[FILLED]}`" if " " not in field[FILLED] else str(field[FILLED])
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
        return f"a list{' of at least one' if field.get('minItems') else ''}; each: {allowed(field['items'])}"
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
