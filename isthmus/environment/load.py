"""Reading the stack files: text -> untyped -> typed, collecting every mistake on the way."""

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from isthmus.environment.clashes import clashes
from isthmus.environment.model import Environment, ExternalSite, Site
from isthmus.errors import ConfigError, Mistake

Part = TypeVar("Part", bound=BaseModel)

#: Keys of the project's config namespace, and which field of Environment each one fills.
KEYS = ("cluster", "protect", "scheduler", "images", "network")


def stack_names(root: Path) -> list[str]:
    """Every environment that the project describes, sorted."""
    return sorted(
        path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in (root / "stacks").glob("Pulumi.*.yaml")
    )


def load(root: Path, env: str) -> Environment:
    """The environment that `root/stacks` describes.

    No I/O but reading files. Raises ConfigError, which holds every mistake of every file, not the first.
    """
    return _Reader(root, env).environment()


class _Reader:
    """One pass over the files of one environment; `mistakes` grows, nothing is raised before the end."""

    def __init__(self, root: Path, env: str) -> None:
        self.root, self.env = root, env
        self.stack_file = f"stacks/Pulumi.{env}.yaml"
        self.mistakes: list[Mistake] = []

    def environment(self) -> Environment:
        project = self._mapping("Pulumi.yaml")
        config = self._config()
        sites, external = self._sites(config.pop("sites", None))
        fields = {"cluster": self.env, "protect": True, "network": {}} | {k: config.pop(k) for k in KEYS if k in config}
        self._unknown(self.stack_file, "isthmus:", config, [*KEYS, "sites"])
        environment = self._typed(
            Environment,
            {"project": (project or {}).get("name", "isthmus"), "name": self.env, "sites": (), **fields},
            self.stack_file,
            prefix="config.isthmus:",
        )
        if environment is not None and not self.mistakes:
            environment = environment.model_copy(update={"sites": sites, "external": external})
            self.mistakes += clashes(environment)
        if self.mistakes or environment is None:
            raise ConfigError(self.mistakes)
        return environment

    def _config(self) -> dict[str, Any]:
        """The `isthmus:` keys of the stack file, without their namespace."""
        text = self._mapping(self.stack_file)
        if text is None:
            known = ", ".join(stack_names(self.root)) or "none"
            self.mistakes[-1:] = [Mistake(self.stack_file, "", f"no such environment; there are: {known}.")]
            raise ConfigError(self.mistakes)
        given = text.get("config")
        if not isinstance(given, dict):
            self.mistakes.append(Mistake(self.stack_file, "config", "missing; expected a mapping of isthmus:* keys."))
            raise ConfigError(self.mistakes)
        return {key.removeprefix("isthmus:"): value for key, value in given.items() if key.startswith("isthmus:")}

    def _sites(self, names: Any) -> tuple[tuple[Site, ...], tuple[ExternalSite, ...]]:
        if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
            problem = "missing" if names is None else f"got {names!r}"
            self.mistakes.append(
                Mistake(self.stack_file, "config.isthmus:sites", f"{problem}; expected a list of site names.")
            )
            return (), ()
        parts = [part for name in names if (part := self._site(name)) is not None]
        return (
            tuple(part for part in parts if isinstance(part, Site)),
            tuple(part for part in parts if isinstance(part, ExternalSite)),
        )

    def _site(self, name: str) -> Site | ExternalSite | None:
        file = f"stacks/{self.env}/{name}.yaml"
        given = self._mapping(file)
        if given is None:
            return None
        if "external" in given:
            self._unknown(file, "", {key: value for key, value in given.items() if key != "external"}, ["external"])
            inner = given["external"] if isinstance(given["external"], dict) else {}
            return self._typed(ExternalSite, {"name": name, **inner}, file, prefix="external.")
        pools = given.get("pools")
        if isinstance(pools, dict) and len(pools) > 1:
            for pool, fields in pools.items():
                if isinstance(fields, dict) and "slots" not in fields:
                    self.mistakes.append(
                        Mistake(file, f"pools.{pool}.slots", "missing; required where a site has a second pool.")
                    )
        return self._typed(Site, {"name": name, **given}, file)

    def _mapping(self, file: str) -> dict[str, Any] | None:
        """The file as a mapping, or None after noting what is wrong with it."""
        try:
            given = yaml.safe_load((self.root / file).read_text())
        except FileNotFoundError:
            self.mistakes.append(Mistake(file, "", "missing; the environment names it."))
            return None
        except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
            self.mistakes.append(Mistake(file, "", f"not readable as YAML: {' '.join(str(error).split())}."))
            return None
        if not isinstance(given, dict):
            self.mistakes.append(Mistake(file, "", f"expected a mapping, got {type(given).__name__}."))
            return None
        return given

    def _typed(self, kind: type[Part], given: dict[str, Any], file: str, prefix: str = "") -> Part | None:
        try:
            return kind.model_validate(given)
        except ValidationError as error:
            self.mistakes += _mistakes(error, kind, file, prefix)
            return None

    def _unknown(self, file: str, prefix: str, extra: dict[str, Any], known: list[str]) -> None:
        self.mistakes += [Mistake(file, f"{prefix}{key}", f"unknown key.{_did_you_mean(key, known)}") for key in extra]


def _mistakes(error: ValidationError, kind: type[BaseModel], file: str, prefix: str) -> Iterator[Mistake]:
    """pydantic's errors in our words: they name the field and the rule, and never echo what might be a secret."""
    for row in error.errors(include_url=False, include_context=False):
        path = prefix + ".".join(str(part) for part in row["loc"])
        if row["type"] == "extra_forbidden":
            yield Mistake(
                file, path, f"unknown key.{_did_you_mean(str(row['loc'][-1]), _fields(kind, row['loc'][:-1]))}"
            )
        elif row["type"] == "missing":
            yield Mistake(file, path, "missing.")
        else:
            given = row["input"]
            shown = f"got {given!r}; " if isinstance(given, str | int | float) and "ecret" not in path else ""
            yield Mistake(file, path.rstrip("."), f"{shown}{row['msg'].removeprefix('Value error, ')}.")


def _fields(kind: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """The keys that are allowed at a location of a model; empty where any key is."""
    current: Any = kind
    for part in location:
        fields = getattr(current, "model_fields", None)
        if fields is None or part not in fields:
            continue  # a key of a mapping or a position of a list: the model below it is already current
        current = next(iter(_models(fields[part].annotation)), None)
    return list(getattr(current, "model_fields", {}))


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _models(argument)


def _did_you_mean(key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1)
    if near:
        return f" Did you mean {near[0]}?"
    return f" Known: {', '.join(sorted(known))}." if known else ""
