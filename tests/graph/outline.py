"""Graphs and manifests as texts that a person reads in a diff."""

import json
import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import yaml

from isthmus import names
from isthmus.graph import Graph, Node

#: What changes with every change of the code that travels, or with the keys: that it is there is enough.
DIGEST = "[digest]"
CRD = "CustomResourceDefinition"


def tree(graph: Graph) -> str:
    """One line per resource, children below their parent: type, logical name, what is special about it."""
    (root,) = (node for node in graph.nodes if not node.parent)
    return "".join(f"{line}\n" for line in _tree(graph, root, ""))


def manifests(graph: Graph, site: str) -> str:
    """The manifests of a site as YAML, equal objects told once."""
    shown = [_short(manifest) for manifest in graph.manifests(site)]
    return "---\n".join(yaml.dump(manifest, sort_keys=False, width=140, Dumper=_Dumper) for manifest in _told(shown))


#: What fits on a line stands on one, as we write stack files.
SHORT = 130


class _Dumper(yaml.SafeDumper):
    """YAML that a person can take in: one line for every list and mapping that fits."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True

    def represent_list(self, data: Any) -> yaml.SequenceNode:
        plain = all(isinstance(item, str | int) for item in data)  # a command, however long
        return self.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=plain or _fits(data))

    def represent_dict(self, data: Any) -> yaml.MappingNode:
        return self.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style=_fits(data))


_Dumper.add_representer(list, _Dumper.represent_list)
_Dumper.add_representer(dict, _Dumper.represent_dict)


def _fits(data: Any) -> bool:
    return len(json.dumps(data)) <= SHORT


def _tree(graph: Graph, node: Node, indent: str) -> Iterator[str]:
    kind = node.type.removeprefix("isthmus:index:").removeprefix("kubernetes:")
    yield f"{indent}{kind} {node.name}{_notes(graph, node)}"
    children = sorted(graph.children(node.urn), key=lambda child: (child.custom, child.type, _numbers(child.name)))
    for _, like in groupby(children, key=lambda child: (child.type, _stem(child.name), _notes(graph, child))):
        first, *others = like
        lines = list(_tree(graph, first, indent + "  "))
        yield lines[0] + (f" (and {len(others)} more, to {others[-1].name})" if others else "")
        yield from lines[1:]


def _notes(graph: Graph, node: Node) -> str:
    notes = []
    if node.is_kubernetes:
        metadata = node.inputs["metadata"]
        notes.append("/".join(part for part in (metadata.get("namespace"), metadata["name"]) if part))
        notes[0] = _stem(notes[0]) if "slot" in node.name else notes[0]
    notes += ["kept"] if node.options.protect and node.options.retain_on_delete else []
    notes += [f"ignores {path}" for path in node.options.ignore_changes]
    notes += [f"secret {path}" for path in node.secret_paths]
    return f"  # {', '.join(notes)}" if notes else ""


def _stem(name: str) -> str:
    return re.sub(r"[0-9]+$", "N", name)


def _numbers(name: str) -> tuple[str, int]:
    found = re.search(r"[0-9]+$", name)
    return (_stem(name), int(found[0]) if found else 0)


def _short(manifest: dict[str, Any]) -> dict[str, Any]:
    if manifest["kind"] == CRD:
        return manifest | {"spec": f"[components/crds/{manifest['spec']['names']['plural']}.yaml]"}
    if "binaryData" in manifest:
        manifest = manifest | {"binaryData": dict.fromkeys(manifest["binaryData"], "[binary]")}
    short: dict[str, Any] = _without_digests(manifest)
    return short


def _without_digests(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: DIGEST if key == names.ANNOTATION_CONFIGURATION else _without_digests(inner)
            for key, inner in value.items()
        }
    return [_without_digests(inner) for inner in value] if isinstance(value, list) else value


def _told(shown: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Objects that differ only in the number at the end of their name, as one."""

    def shape(manifest: dict[str, Any]) -> str:
        named = manifest["metadata"] | {"name": _stem(manifest["metadata"]["name"])}
        return yaml.safe_dump(manifest | {"metadata": named})

    for _, like in groupby(shown, key=shape):
        first, *others = like
        if others:
            count = f"{first['metadata']['name']} (and {len(others)} more like it)"
            first = first | {"metadata": first["metadata"] | {"name": count}}
        yield first
