"""What fits into a comment or an issue, and what may stand there."""

import re
from typing import Final

#: GitHub refuses more than 65,536 characters; what is added here fits into the rest.
MAX_CHARACTERS: Final = 60_000
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that turn the direction of what follows."""


def printable(text: str) -> str:
    """The text without characters that show something else than they are."""
    return _UNPRINTABLE.sub("", text.replace("\r\n", "\n"))


def cut(text: str, where_the_rest_is: str, at_most: int = MAX_CHARACTERS) -> str:
    """The text, or as many of its first lines as fit, what they left open closed, and a line that says so."""
    if len(text) <= at_most:
        return text
    kept = text[:at_most].rpartition("\n")[0] or text[:at_most]
    fences = re.findall(r"^ {0,3}(`{3,})", kept, re.MULTILINE)
    closed = f"\n{fences[-1]}" if len(fences) % 2 else ""
    closed += "\n</details>" * max(0, kept.count("<details>") - kept.count("</details>"))
    return f"{kept}{closed}\n\n**Cut here**: {len(kept)} of {len(text)} characters. The rest: {where_the_rest_is}\n"


def fenced(text: str) -> str:
    """The text as a block that shows it letter by letter, whatever is in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text.rstrip()}\n{fence}\n"
