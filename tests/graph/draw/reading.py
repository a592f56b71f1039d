"""What a Mermaid text or an SVG document holds, read back."""

import re
from xml.etree import ElementTree

SVG = "{http://www.w3.org/2000/svg}"
#: Every line that we write; a label that broke out of its quotes would make another.
_LABEL = r'"[^"`\\<>]*(?:<br/>[^"`\\<>]*)*"'
_LINES = re.compile(
    r"flowchart (?:TB|LR)|  accTitle: [a-zA-Z0-9 .-]+|  end|  classDef dashed stroke-dasharray: 6 4"
    r"|  class s\d+(?:,s\d+)* dashed"
    rf"|  subgraph \w+\[{_LABEL}\]"
    rf"|\s+\w+(?:\[{_LABEL}\]|\(\[{_LABEL}\]\)|\[\({_LABEL}\)\]|\(\({_LABEL}\)\)|\{{\{{{_LABEL}\}}\}})(?: --- \w+)?"
    r"|  \w+ (?:-->|==>|<==>) \w+"
)


def broken(mermaid: str) -> list[str]:
    """Lines that are none of ours."""
    return [line for line in mermaid.splitlines() if not _LINES.fullmatch(line)]


def labels(mermaid: str) -> list[str]:
    """Every label as a reader sees it."""
    found = re.findall(_LABEL, mermaid)
    return [re.sub(r"#(\d+);", lambda code: chr(int(code[1])), label[1:-1]) for label in found]


def words(svg: str) -> list[str]:
    """Every text of a document, shortened ones whole. Raises ParseError if it is not well-formed."""
    texts = ElementTree.fromstring(svg).iter(f"{SVG}text")
    return [text.findtext(f"{SVG}title") or text.text or "" for text in texts]


def named(svg: str, kind: str) -> list[ElementTree.Element]:
    """The elements of a class, in the order in which they are drawn."""
    return [element for element in ElementTree.fromstring(svg).iter() if element.get("class") == kind]
