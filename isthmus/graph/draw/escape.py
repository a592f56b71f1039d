"""Text of others inside a picture: it is shown as it stands and never becomes part of the picture's language."""

import re
from typing import Final
from xml.sax.saxutils import escape

#: What XML 1.0 (2.2, Char) does not allow, and the line breaks that it does.
_NOT_XML: Final = re.compile("[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
#: Letters, digits and what means nothing to Mermaid inside a quoted label.
_PLAIN: Final = re.compile(r"[^a-zA-Z0-9_ .,:/+()×-]")
#: Mermaid looks for these two words in any line before it reads the line, and then drops a `;` of ours.
_SOUGHT: Final = re.compile("style|classDef", re.IGNORECASE)
#: A label that begins like a list is taken for one.
_LIST: Final = re.compile(r"^(\d+[.)]|[-+])(?=\s)")


def for_mermaid(text: str) -> str:
    """The text for a quoted label: whatever is not plain as a character's number, `#34;`."""
    coded = _PLAIN.sub(lambda found: f"#{ord(found[0])};", _whole(text))
    coded = _SOUGHT.sub(lambda found: f"#{ord(found[0][0])};{found[0][1:]}", coded)
    return _LIST.sub(lambda found: "".join(f"#{ord(letter)};" for letter in found[1]), coded)


def for_svg(text: str) -> str:
    """The text for an element's content or a quoted attribute."""
    return escape(_whole(text), {'"': "&quot;", "'": "&apos;"})


def _whole(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
