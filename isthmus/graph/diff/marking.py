"""Foreign text in a comment: shown as it is, and as nothing else.

Names and values of a stack can be anybody's: a pull request's. In a code span GitHub makes no mention, no reference, no
link and no HTML of them.
"""

import re
from typing import Final

#: Ours: what a person reads on a line.
LONGEST: Final = 160


def code(value: object, longest: int = LONGEST) -> str:
    """A value as a Markdown code span: on one line, cut if it is long. Not for table cells, see `cell`."""
    text = cut(visible(str(value)), longest) or '""'
    runs = re.findall(r"`+", text)
    fence = "`" * (max(map(len, runs), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def cell(markdown: str) -> str:
    """Markdown as the cell of a table: there a bar ends the cell, even in a code span."""
    return markdown.replace("|", "\\|")


def visible(text: str) -> str:
    """The text with everything that is not seen, or that turns what is seen around, as its escape."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def cut(text: str, longest: int) -> str:
    """The text, or its beginning and how long it was."""
    return text if len(text) <= longest else f"{text[:longest]}... ({len(text)} characters)"


def fenced(text: str, language: str = "") -> str:
    """Lines as a code block that nothing in them can end."""
    runs = re.findall(r"`{3,}", text)
    fence = "`" * max((len(run) + 1 for run in runs), default=3)
    return f"{fence}{language}\n{text}\n{fence}\n"


def joined(items: list[str], most: int) -> str:
    """The first few, and how many more there are."""
    left = len(items) - most
    return ", ".join(items[:most]) + (f" and {left} more" if left > 0 else "")


def natural(name: str) -> list[tuple[str, int]]:
    """Sorts `slot-9` before `slot-10`."""
    return [(text, int(digits or 0)) for text, digits in re.findall(r"([^0-9]*)([0-9]*)", name)]
