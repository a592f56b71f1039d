"""Declares what a Pulumi YAML document says: a program of its own, started by the stand-in for YAML."""

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pulumi
import yaml

_KNOWN: Final = {
    "the document": {"name", "runtime", "description", "packages", "config", "resources", "outputs", "stackConfigDir"},
    "a resource": {"type", "properties"},
    "a configuration key": {"type", "default", "secret", "description"},
}
_REFERENCE: Final = re.compile(r"\$\{([^}]*)\}")


class Document:
    """One document and what of it has been declared."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        _refuse("the document", document)
        self._document = document
        self._config = pulumi.Config()
        self._declared: dict[str, pulumi.ComponentResource] = {}

    def declare(self) -> None:
        """Registers the resources in their order, then exports the outputs. Raises RunError for what it cannot do."""
        for name, resource in self._document.get("resources", {}).items():
            _refuse("a resource", resource)
            package, _, kind = resource["type"].rpartition(":")
            token = resource["type"] if ":" in package else f"{package}:index:{kind}"
            given = {key: self._value(value) for key, value in resource.get("properties", {}).items()}
            outputs = dict.fromkeys(self._asked_of(name))
            self._declared[name] = pulumi.ComponentResource(token, name, {**outputs, **given}, remote=True)
        for name, value in self._document.get("outputs", {}).items():
            pulumi.export(name, self._value(value))

    def _asked_of(self, resource: str) -> set[str]:
        """The outputs of a resource that the document refers to."""
        found = _REFERENCE.findall(yaml.safe_dump(self._document, width=10_000))
        return {path.split(".")[1] for path in found if path.startswith(f"{resource}.")}

    def _value(self, value: Any) -> Any:
        if isinstance(value, dict):
            if unknown := [key for key in value if str(key).startswith("fn::")]:
                raise pulumi.RunError(f"{unknown[0]}: this stand-in knows no functions; the official host does")
            return {key: self._value(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._value(inner) for inner in value]
        if not isinstance(value, str) or "${" not in value:
            return value
        if whole := _REFERENCE.fullmatch(value):
            return self._referred(whole[1])
        raise pulumi.RunError(f"{value}: this stand-in knows a reference only where it is the whole value")

    def _referred(self, path: str) -> Any:
        if path in ("pulumi.stack", "pulumi.project"):
            return pulumi.get_stack() if path == "pulumi.stack" else pulumi.get_project()
        first, _, rest = path.partition(".")
        if first in self._declared and rest:
            return getattr(self._declared[first], rest)
        if path not in self._document.get("config", {}):
            raise pulumi.RunError(f"${{{path}}}: no such configuration key, and no resource above is called so")
        return self._configured(path, self._document["config"][path])

    def _configured(self, key: str, described: Mapping[str, Any]) -> Any:
        _refuse("a configuration key", described)
        if described.get("secret"):
            return self._config.require_secret(key)
        if described["type"] == "boolean":
            return self._config.require_bool(key)
        return self._config.require_int(key) if described["type"] == "integer" else self._config.require(key)


def _refuse(what: str, mapping: Mapping[str, Any]) -> None:
    if unknown := sorted(mapping.keys() - _KNOWN[what]):
        raise pulumi.RunError(f"{what} has {', '.join(unknown)}, which this stand-in does not know")


if __name__ == "__main__":
    pulumi.log.info("language host: stand-in of isthmus for pulumi-language-yaml")
    Document(yaml.safe_load(Path(sys.argv[1]).read_text())).declare()
