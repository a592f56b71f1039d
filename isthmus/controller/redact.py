"""What looks like a secret is taken out of whatever the controller says: log lines, tracebacks, conditions.

The API server quotes what it refuses, so its sentences may hold the environment of a user's pods. What is redacted is
told by its shape; a secret that looks like a word cannot be told. Names of Secrets are no secrets and stay.
"""

import logging
import re
from typing import Final

REDACTED: Final = "[redacted]"

# Every repetition has a bound: a long line must cost no more than its length.
#: A value in quotes; its end is escaped as often as its begin.
_QUOTED: Final = r"""(?P<quote>\\{0,8}["']).{0,4000}?(?<!\\)(?P=quote)"""
#: The same, or up to the next space or bracket.
_VALUE: Final = rf"""(?:{_QUOTED}|[^\s"'\\,;&)}}\]]+)"""
_SEPARATOR: Final = r"""\\{0,8}["']?\s{0,4}[:=]\s{0,4}"""
_TELLING_NAME: Final = (
    r"[\w.-]{0,64}(?:passw(?:or)?d|passphrase|token|secret|credentials?|api[_-]?key|access[_-]?key|private[_-]?key|preshared"
    r"[_-]?key)[_\d]{0,8}"
)

_SHAPES: Final = (
    # An HTTP header. Before the keys: its value has a space in it.
    (re.compile(r"(?i)\b((?:bearer|basic)\s)(?!\[)[\w.~+/=-]{8,}"), rf"\1{REDACTED}"),
    # Every value of an environment, whatever its name: Go's and JSON's way to write it, and a field error's.
    (re.compile(rf"""(?i)(?<!\w\s)(\bvalue{_SEPARATOR}){_QUOTED}"""), rf"\1{REDACTED}"),
    (re.compile(rf"(?i)(\benv\[\d+\]\.value: \w{{1,20}} value:\s?)(?!\[){_VALUE}"), rf"\1{REDACTED}"),
    # A key that says what it holds.
    (re.compile(rf"(?i)(\b{_TELLING_NAME}{_SEPARATOR})(?!\[){_VALUE}"), rf"\1{REDACTED}"),
    # user:password@ of a URL.
    (re.compile(r"(\b[a-zA-Z][\w+.-]{0,20}://[^\s/:@]{0,100}:)[^\s/@]{1,400}(@)"), rf"\1{REDACTED}\2"),
    # A JSON web token, such as that of a ServiceAccount.
    (re.compile(r"\beyJ[\w-]{4,4000}\.[\w-]{4,4000}\.[\w-]*"), REDACTED),
    # 32 bytes as base64: a WireGuard key.
    (re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43}="), REDACTED),
)


def redact(text: str) -> str:
    """The text with REDACTED in the place of what looks like a secret. Redacting twice changes nothing more."""
    for shape, instead in _SHAPES:
        text = shape.sub(instead, text)
    return text


class RedactingFilter(logging.Filter):
    """For every handler: filters of a logger do not see what its children log."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keeps every record; its message and its traceback are redacted in place."""
        record.msg, record.args = redact(record.getMessage()), ()
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = record.exc_text or logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        return True
