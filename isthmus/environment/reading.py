"""Text -> untyped: the files of one environment, and what is wrong with them as YAML."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from isthmus.environment.shown import shown, shown_key
from isthmus.errors import Mistake


@dataclass
class Reader:
    """Reads files of a project; what is wrong with them gathers in `mistakes`, nothing is raised."""

    root: Path
    mistakes: list[Mistake] = field(default_factory=list)

    def mapping(self, file: str) -> dict[str, Any] | None:
        """The file as a mapping with text keys; None if it is not there (no mistake yet) or is no such thing."""
        try:
            text = (self.root / file).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except UnicodeDecodeError as error:
            self._wrong(file, f"not a text: byte {error.start + 1} is not UTF-8.", "Save it as UTF-8.")
            return None
        except OSError as error:
            self._wrong(file, f"cannot be read: {error.strerror}.")
            return None
        return self._parsed(file, text)

    def _parsed(self, file: str, text: str) -> dict[str, Any] | None:
        try:
            loader = yaml.SafeLoader(text)
            tree = loader.get_single_node()
            given = None if tree is None else loader.construct_document(tree)
        except yaml.MarkedYAMLError as error:
            # Only its position and its kind: PyYAML's own text quotes the file, which may hold a secret.
            mark = error.problem_mark or error.context_mark
            place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
            tab = mark is not None and text[mark.index : mark.index + 1] == "\t"
            said = "a tab; YAML indents with spaces" if tab else _without_quotes(error.problem or "it does not parse")
            self._wrong(file, f"not YAML{place}: {said}.")
            return None
        except yaml.YAMLError:
            self._wrong(file, "not YAML: it holds a character that no text file holds.")
            return None
        for path, line in _twice(tree):
            self.mistakes.append(Mistake(file, path, f"stands there twice; the second time in line {line}."))
        if not isinstance(given, dict):
            self._wrong(
                file, f"got {shown(given)}; expected a mapping.", "An empty file has no keys." * (given is None)
            )
            return None
        return given

    def _wrong(self, file: str, problem: str, fix: str = "") -> None:
        self.mistakes.append(Mistake(file, "", problem, fix))


def _without_quotes(problem: str) -> str:
    """PyYAML's sentence without what it quotes of the file."""
    return " ".join(re.sub(r"'([^']*)'", lambda quoted: quoted[0] if len(quoted[1]) < 2 else "'...'", problem).split())


def _twice(
    node: yaml.Node | None, path: tuple[str, ...] = (), inside: frozenset[int] = frozenset()
) -> Iterator[tuple[str, int]]:
    """Path and line of each key that a mapping has twice: YAML forbids it, PyYAML lets the last one win."""
    if node is None or id(node) in inside:  # an alias may point to what it stands in
        return
    inside |= {id(node)}
    if isinstance(node, yaml.SequenceNode):
        for position, element in enumerate(node.value):
            yield from _twice(element, (*path, str(position)), inside)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            if name in seen:
                yield ".".join([*path, shown_key(name)]), key.start_mark.line + 1
            seen |= {name} - {"", "<<"}  # a merge key may stand there several times
            yield from _twice(value, (*path, shown_key(name)), inside)
