"""A platform is told in plain mappings what the stack files say: the same fields, the same words, the same graph."""

import json
import types
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.provider.experimental.component import ComponentProvider

from components import platform_args
from components.platform import Platform
from isthmus.environment import Environment, arguments
from isthmus.environment.model import Settings
from isthmus.environment.part import FILLED, Part
from isthmus.environment.site import ExternalSite, Site
from isthmus.errors import ConfigError, UnsetSecrets
from isthmus.graph import Graph
from tests.components.recorded import STACKS, environment, graph
from tests.graph.programs import recorded

#: Said by the key of a mapping, not by a field of it.
KEYS = {(Site, "name"), (ExternalSite, "name")}
#: Left out where the rest says it: a site is ours or another stack's; the sites are those that are given.
LEFT_OUT = {*((Site, name) for name in Site.model_fields), (Settings, "sites")}


def parts(kind: type[Part]) -> list[type[Part]]:
    """A model and every model below it."""
    found = [kind]
    for field in kind.model_fields.values():
        for inner in _models(field.annotation):
            found += parts(inner)
    return list(dict.fromkeys(found))


def _models(annotation: Any) -> list[type[Part]]:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return [annotation]
    return [model for inner in typing.get_args(annotation) for model in _models(inner)]


MODELS = list(dict.fromkeys([*parts(Settings), *parts(Site), *parts(ExternalSite)]))


def plain(annotation: Any) -> Any:
    """The type of a field without what pydantic checks beside it."""
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return plain(inner[0])
    if origin in (typing.Union, types.UnionType):
        (only,) = [each for each in inner if each is not type(None)]
        return plain(only)
    if origin is tuple:
        return Sequence[plain(inner[0])]  # type: ignore[misc]
    if origin is Mapping:
        return Mapping[str, plain(inner[1])]  # type: ignore[misc]
    if origin is typing.Literal:
        return str
    if issubclass(annotation, Part):
        return mirror(annotation)
    return annotation if annotation in (bool, int, str) else str  # a prefix is a text


def mirror(model: type[Part]) -> Any:
    return getattr(platform_args, f"{model.__name__}Config")


@pytest.mark.parametrize("model", MODELS, ids=[model.__name__ for model in MODELS])
def test_a_mirror_has_the_fields_of_its_model(model: type[Part]) -> None:
    told = {
        name: (plain(field.annotation), field.is_required() and not _filled(field) and (model, name) not in LEFT_OUT)
        for name, field in model.model_fields.items()
        if (model, name) not in KEYS
    }
    if model is Site:
        told["external"] = (mirror(ExternalSite), False)
    hints = typing.get_type_hints(mirror(model))

    assert {name: (hint, name in mirror(model).__required_keys__) for name, hint in hints.items()} == told


def _filled(field: Any) -> bool:
    return FILLED in (field.json_schema_extra or {})


def test_every_model_has_its_mirror_and_every_mirror_its_model() -> None:
    mirrors = {name for name in vars(platform_args) if name.endswith("Config")}

    assert mirrors == {f"{model.__name__}Config" for model in MODELS}


def test_programs_in_other_languages_are_told_what_the_page_of_the_stack_files_says() -> None:
    schema = json.loads(str(ComponentProvider([Platform], "isthmus", None, "0.1.0").schema))["types"]

    for model in MODELS:
        fields = schema[f"isthmus:index:{model.__name__}Config"]["properties"]
        said = {name: " ".join(field["description"].split()) for name, field in fields.items() if name != "external"}
        assert said == {
            name: " ".join((field.description or "").split())
            for name, field in model.model_fields.items()
            if (model, name) not in KEYS
        }


# -- what a program in another language sends

PROGRAM = """
import json
from pathlib import Path
from pulumi.provider.experimental.component import ComponentProvider
from components.platform import Platform

offered = ComponentProvider([Platform], "isthmus", None, "0.1.0")
inputs = json.loads((Path(__file__).parent / "inputs.json").read_text())
offered.construct("isthmus", "isthmus:index:Platform", inputs, None)
"""


def sent(told: Environment) -> dict[str, Any]:
    """What a YAML program would send: every number as a float, every secret a value."""
    plain_data = arguments(told) | {"secrets": dict.fromkeys(told.secrets, "agreed")}
    return typing.cast("dict[str, Any]", _floats(plain_data))


def _floats(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _floats(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_floats(inner) for inner in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def constructed(folder: Path, inputs: dict[str, Any]) -> Graph:
    (folder / "inputs.json").write_text(json.dumps(inputs))
    return recorded(folder, PROGRAM)


def test_it_declares_what_the_stack_files_would(tmp_path: Path) -> None:
    made = constructed(tmp_path, sent(environment("local")))

    assert made.nodes == graph("local").nodes


@pytest.mark.parametrize("stack", STACKS)
def test_what_the_program_tells_a_platform_is_what_is_written(stack: str) -> None:
    told = platform_args.arguments_of(environment(stack), {"key": "value"})

    assert {key: value for key, value in told.items() if key != "secrets"} == arguments(environment(stack))
    assert told["secrets"] == {"key": "value"}


def test_a_program_reads_the_mistakes_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "inputs.json").write_text(json.dumps(spoilt()))
    program = PROGRAM.replace("import ComponentProvider", "import ComponentProvider as _").replace(
        "offered = ComponentProvider(", "from components.provider import Provider\noffered = Provider("
    )

    with pytest.raises(pulumi.InputPropertiesError) as refused:
        recorded(tmp_path, program)

    for said in ("settings.scheduler.site: got hom", 'workers.memory: got "16GB"', 'endpoint: got "10.213.0.3"'):
        assert said in refused.value.message


def spoilt() -> dict[str, Any]:
    inputs = sent(environment("local"))
    inputs["settings"]["scheduler"]["site"] = "hom"
    inputs["sites"]["ecmwf"]["pools"]["ecmwf"]["workers"]["memory"] = "16GB"
    inputs["sites"]["eumetsat"]["gateway"]["endpoint"] = "10.213.0.3"
    return inputs


def test_all_mistakes_of_a_program_are_told_at_once_before_anything_is_declared(tmp_path: Path) -> None:
    (tmp_path / "inputs.json").write_text(json.dumps(spoilt()))

    with pytest.raises(Exception) as refused:  # noqa: PT011 - the SDK wraps it
        recorded(tmp_path, PROGRAM)

    cause = getattr(refused.value, "inner", refused.value)
    assert isinstance(cause, ConfigError)
    assert sorted(mistake.path for mistake in cause.mistakes) == [
        "settings.scheduler.site",
        "sites.ecmwf.pools.ecmwf.workers.memory",
        "sites.eumetsat.gateway.endpoint",
    ]


def test_a_secret_that_a_program_forgot_is_named(tmp_path: Path) -> None:
    inputs = sent(environment("staging")) | {"secrets": {"eumetsatKubeconfig": "known"}}
    (tmp_path / "inputs.json").write_text(json.dumps(inputs))

    with pytest.raises(Exception) as refused:  # noqa: PT011 - the SDK wraps it
        recorded(tmp_path, PROGRAM)

    cause = getattr(refused.value, "inner", refused.value)
    assert isinstance(cause, UnsetSecrets)
    assert cause.keys == ("dwdPresharedKey",)
