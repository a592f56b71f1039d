"""pydantic's complaints in our words: where, what was given, what is allowed, what to do.

What is allowed is read from the model's own JSON schema, so that message and rule cannot part. pydantic's text is never
used: it repeats the input, which may be a secret.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from isthmus.environment.given import Place
from isthmus.environment.shapes import SHAPES
from isthmus.environment.shown import shown, shown_key
from isthmus.errors import Mistake

Location = Sequence[int | str]
Schema = Mapping[str, Any]

UNKNOWN_KEY: Final = "unknown key."
_KNOWN: Final = "Known: "
#: How kubectl calls what an API spells out (`kubectl get pvc`).
ABBREVIATIONS: Final = {"ROX": "ReadOnlyMany", "RWO": "ReadWriteOnce", "RWX": "ReadWriteMany"}


def mistakes_of(error: ValidationError, kind: type[BaseModel], at: Place) -> Iterator[Mistake]:
    """Each thing that pydantic found wrong with a `kind`."""
    rows = error.errors(include_url=False)
    misspelt = {_meant(kind, row["loc"]) for row in rows if row["type"] == "extra_forbidden"}
    for row in rows:
        if row["type"] == "missing" and row["loc"] in misspelt:
            continue  # it is there under a slightly wrong name, and that is what is said
        # pydantic marks a wrong key of a mapping by a last element "[key]"; the key itself stands before it.
        location = [part for part in row["loc"] if part != "[key]"]
        path = at.path(dotted(location))
        if row["type"] == "extra_forbidden":
            yield at.wrong(dotted(location), UNKNOWN_KEY, did_you_mean(str(location[-1]), _keys(kind, location)))
            continue
        schema = _key_schema(kind, location) if "[key]" in row["loc"] else schema_at(kind, location)
        given = location[-1] if "[key]" in row["loc"] else row["input"]
        yield at.wrong(dotted(location), *_problem(row["type"], row["msg"], given, schema, path))


def _meant(kind: type[BaseModel], location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Where the key would stand that an unknown one was probably meant to be."""
    near = nearest(str(location[-1]), _keys(kind, location))
    return (*location[:-1], near or "")


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """The nearest of the known words, or all of them if none is near."""
    words = sorted(known)
    if near := nearest(given, words):
        return f"Did you mean {near}?"
    return f"{_KNOWN}{', '.join(words)}." if words else ""


def nearest(given: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant; None if none is near."""
    words = {word.lower(): word for word in known}
    near = difflib.get_close_matches(given.lower(), words, n=1, cutoff=0.75)
    return words[near[0]] if near else None


def near_only(hint: str) -> str:
    """A hint of `did_you_mean` without the list of everything, where the sentence before already has it."""
    return "" if hint.startswith(_KNOWN) else hint


def dotted(location: Location) -> str:
    """A location as a person writes it: `pools.ecmwf.catalog.0`."""
    return ".".join(shown_key(part) for part in location)


def _problem(type_: str, message: str, given: object, schema: Schema, path: str) -> tuple[str, str]:
    """The two sentences of a mistake: the problem and, where one can tell, the way out."""
    description = schema.get("description", "")
    if type_ == "missing":
        return f"missing; expected {expected(schema)}.", description
    if isinstance(given, dict) and set(given) == {"secure"}:
        return "got an encrypted value; this field must be readable without a passphrase.", "Write it in the clear."
    if type_ == "rule":  # our own sentence about several fields, or about one that a pattern cannot describe
        return (f"{message}." if isinstance(given, dict | list) else f"got {shown(given, path)}; {message}."), ""
    return f"got {shown(given, path)}; expected {expected(schema)}.", _fix(given, schema)


def _fix(given: object, schema: Schema) -> str:
    if shape := _shape(schema):
        return SHAPES[shape].near(given)
    if isinstance(given, str) and schema.get("type") == "array":
        return _in_brackets(given)
    if isinstance(given, str) and schema.get("enum"):
        short = ABBREVIATIONS.get(given.upper())
        return f"Did you mean {short}?" if short in schema["enum"] else near_only(did_you_mean(given, schema["enum"]))
    if schema.get("type") == "string" and isinstance(given, bool | int | float):
        return "Put it in quotes."
    if schema.get("type") in ("integer", "boolean") and isinstance(given, str):
        return "Write it without quotes." if given.strip().lstrip("-").isdigit() or given in ("true", "false") else ""
    return ""


def _in_brackets(given: str) -> str:
    """How the list is written that somebody meant by a text."""
    if "," not in given:
        return "A list of one is written in brackets: [...]."
    repeated = given.strip() if shown(given).startswith('"') and not set(given) & set("[]") else "..., ..."
    return f"The whole list is written in brackets: [{repeated}]."


def expected(schema: Schema) -> str:
    """What a field may hold, as the end of the sentence "expected ..."."""
    if shape := _shape(schema):
        return SHAPES[shape].expected
    if "enum" in schema:
        return f"one of {', '.join(schema['enum'])}"
    match schema.get("type"):
        case "integer":
            low, high = schema.get("minimum"), schema.get("maximum")
            return f"a whole number of at least {low}" if high is None else f"a whole number from {low} to {high}"
        case "boolean":
            return "true or false"
        case "string":
            return "a text"
        case "array":
            least = " of at least one" if schema.get("minItems") else ""
            return f"a list{least}, each element {expected(schema['items'])}"
        case _:
            keys = ", ".join(schema.get("properties", ()))
            return f"a mapping with {keys}" if keys else "a mapping"


def _shape(schema: Schema) -> str | None:
    """The pattern of a field of a certain shape; the first alternative where there are several ways to write it."""
    pattern = schema.get("pattern") or next(
        (way["pattern"] for way in schema.get("anyOf", ()) if "pattern" in way), None
    )
    return pattern if pattern in SHAPES else None


# -- finding one's way in a model's JSON schema


@cache
def _schema(kind: type[BaseModel]) -> dict[str, Any]:
    return kind.model_json_schema()


def schema_at(kind: type[BaseModel], location: Location) -> Schema:
    """The part of a model's JSON schema that describes the field at a location; empty where there is none."""
    root = _schema(kind)
    here = _resolved(root, root)
    for part in location:
        if isinstance(part, int):
            here = here.get("items", {})
        elif part in here.get("properties", {}):
            here = here["properties"][part]
        else:
            of_a_pattern = [*here.get("patternProperties", {}).values(), here.get("additionalProperties")]
            here = of_a_pattern[0]  # a mapping: every key has the same kind of value
        here = _resolved(here if isinstance(here, dict) else {}, root)
    return here


def _resolved(schema: Schema, root: Schema) -> dict[str, Any]:
    """Without references, and without the null of an optional field; the field's own description wins."""
    here = dict(schema)
    while True:
        ways = [way for way in here.get("anyOf", ()) if way.get("type") != "null"]
        if "$ref" in here:
            target = root["$defs"][here.pop("$ref").rpartition("/")[2]]
        elif len(ways) == 1:
            target = ways[0]
            del here["anyOf"]
        else:
            return here
        here = {**target, **here}


def _keys(kind: type[BaseModel], location: Location) -> list[str]:
    """The keys that are allowed beside the last one of a location."""
    return [key for key in schema_at(kind, location[:-1]).get("properties", ()) if key != "name" or len(location) > 1]


def _key_schema(kind: type[BaseModel], location: Location) -> Schema:
    """What is allowed as a key of the mapping that holds the last part of a location."""
    patterns = schema_at(kind, location[:-1]).get("patternProperties", {})
    return {"type": "string", "pattern": next(iter(patterns), None)}
