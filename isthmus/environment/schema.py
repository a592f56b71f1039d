"""The stack files as JSON schema, for editors: completion, what each key means, and most mistakes while one types.

Made of the models that the files are read with. What no schema can say (two files that contradict each other, two
numbers of which one must be larger) is said by `isthmus config check`. Draft 7, which every editor's YAML server knows.
"""

from typing import Any, Final

from pydantic import BaseModel

from isthmus.environment.model import Settings
from isthmus.environment.part import FILLED
from isthmus.environment.shapes import CONFIG_KEY
from isthmus.environment.site import ExternalSite, Site

DRAFT: Final = "http://json-schema.org/draft-07/schema#"
MADE: Final = "Made from isthmus/environment by `isthmus config schema`; do not edit."
#: What `pulumi config set --secret` writes.
SECRET: Final = {
    "description": "A stack secret that a site refers to; written by `pulumi config set --secret`.",
    "type": "object",
    "properties": {"secure": {"type": "string"}},
    "required": ["secure"],
    "additionalProperties": False,
    # Editors say it in place of `Incorrect type`: a key that is no setting may be a secret, or a misspelt setting.
    "errorMessage": "No setting is called so, and a stack secret is encrypted. Misspelt, or to be written by "
    "`pulumi config set --secret`?",
}
#: A site is called as its file.
NOT_A_KEY: Final = "name"

Schema = dict[str, Any]


def stack_schema() -> Schema:
    """The schema of `stacks/Pulumi.<env>.yaml`. Keys that are Pulumi's own, and other people's, are left to them."""
    settings, parts = _of(Settings)
    ours = {f"isthmus:{name}": field for name, field in settings["properties"].items()}
    config = {
        "description": "What holds for the whole environment.",
        "type": "object",
        "properties": ours,
        "required": [f"isthmus:{name}" for name in settings["required"]],
        "patternProperties": {
            rf"^(?!({'|'.join(ours)})$)isthmus:{CONFIG_KEY.pattern.removeprefix('^')}": SECRET,
            "^(?!isthmus:)[^:]+:.+$": {"description": "Of another namespace than ours."},
        },
        "additionalProperties": False,
    }
    return {
        "$schema": DRAFT,
        "$comment": MADE,
        "title": "An environment of isthmus: stacks/Pulumi.<env>.yaml",
        "type": "object",
        "properties": {"config": config},
        "required": ["config"],
        "$defs": parts,
    }


def site_schema() -> Schema:
    """The schema of `stacks/<env>/<site>.yaml`: a site of this stack, or another stack's below `external`."""
    own, parts = _of(Site)
    external, more = _of(ExternalSite)
    return {
        "$schema": DRAFT,
        "$comment": MADE,
        "title": "A site of isthmus: stacks/<env>/<site>.yaml",
        "type": "object",
        "if": {"required": ["external"]},
        "then": {"properties": {"external": external}, "additionalProperties": False},
        "else": own,
        "$defs": dict(sorted((parts | more).items())),
    }


def _of(kind: type[BaseModel]) -> tuple[Schema, dict[str, Schema]]:
    """The schema of a file's mapping, and of the parts that it refers to."""
    whole = _for_files(kind.model_json_schema())
    parts: dict[str, Schema] = whole.pop("$defs", {})
    whole["properties"].pop(NOT_A_KEY, None)
    whole["required"] = [name for name in whole["required"] if name != NOT_A_KEY]
    return whole, parts


def _for_files(schema: Any) -> Any:
    """As the files are written: what the loader fills in may be left out, and a name that is no name is a mistake."""
    if isinstance(schema, list):
        return [_for_files(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    of_files = {key: _for_files(value) for key, value in schema.items() if key != FILLED}
    if isinstance(schema.get("title"), str):
        del of_files["title"]  # the key or the class again
    if "default" in schema and (isinstance(schema["default"], dict) or schema["default"] in (None, [])):
        del of_files["default"]  # nothing that somebody would write, and of a mapping not what it comes to
    if FILLED in schema:
        of_files["description"] = f"{schema['description']} Default: {schema[FILLED]}."
    if "patternProperties" in schema:
        of_files["additionalProperties"] = False
    if isinstance(fields := schema.get("properties"), dict) and "required" in schema:
        of_files["required"] = [
            name for name in schema["required"] if not (isinstance(fields.get(name), dict) and FILLED in fields[name])
        ]
    return of_files
