"""A stack's configuration as the engine hands it to a program (pulumi: sdk/go/common/workspace/project.go)."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from isthmus.environment import Environment
from isthmus.graph.model import Json

#: A WireGuard key of the right form, for a program that wants to see one.
NO_KEY = "A" * 43 + "="


@dataclass(frozen=True)
class StackConfig:
    """What the program will read with `pulumi.Config`."""

    project: str
    values: Mapping[str, str] = field(repr=False)
    """Full key -> text; objects and lists as JSON."""
    secret_keys: tuple[str, ...]

    @property
    def disabled_providers(self) -> tuple[str, ...]:
        """Packages without a default provider; `*` is all of them."""
        return tuple(json.loads(self.values.get("pulumi:disable-default-providers", "[]")))


def stack_config(root: Path, environment: Environment, secrets: Mapping[str, str]) -> StackConfig:
    """The configuration of an environment's stack.

    Secrets of the stack file are encrypted and stay so: `secrets` (by key, without the project) takes their place, and
    for a key that is not in it a stand-in does, so that whoever has no right to the secrets can record a graph.
    """
    project = yaml.safe_load((root / "Pulumi.yaml").read_text())
    name = str(project["name"])
    folder = root / str(project.get("stackConfigDir", "."))
    file = yaml.safe_load((folder / f"Pulumi.{environment.name}.yaml").read_text())
    given = {key if ":" in key else f"{name}:{key}": value for key, value in (file.get("config") or {}).items()}
    values = {key: _text(value) for key, value in given.items() if not _is_encrypted(value)}
    hidden = {key: _stand_in(key) for key, value in given.items() if _is_encrypted(value)}
    hidden |= {f"{name}:{key}": text for key, text in _named_by_sites(environment)}
    hidden |= {f"{name}:{key}": text for key, text in secrets.items()}
    return StackConfig(name, values | hidden, tuple(sorted(hidden)))


def _stand_in(key: str) -> str:
    return f"recorded without its value: {key.rpartition(':')[2]}"


def _named_by_sites(environment: Environment) -> Iterator[tuple[str, str]]:
    """The secrets that the site files name."""
    for site in environment.sites:
        if key := site.kubernetes.kubeconfigSecret:
            yield key, _stand_in(key)
    for external in environment.external:
        if external.presharedKeySecret:
            yield external.presharedKeySecret, NO_KEY


def _is_encrypted(value: Json) -> bool:
    return isinstance(value, dict) and set(value) == {"secure"}


def _text(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)
