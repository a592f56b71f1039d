"""What an error may repeat of a stack file: enough to find the slip, never what could be a secret.

Nobody can tell a short password from a name, so the rule is one of size and alphabet: a WireGuard key has 44
characters, a UUID 36, a bearer token more, a kubeconfig many lines; what is shown has at most 24, of names and numbers.
"""

import re

MAX_SHOWN = 24

_HARMLESS = re.compile(rf"[A-Za-z0-9 _.,:/\[\]-]{{0,{MAX_SHOWN}}}")
#: Names of fields whose value is never shown, whatever it looks like.
_SECRET = re.compile(r"secret|secure|key|token|password|passphrase|credential", re.IGNORECASE)


def shown(value: object, path: str = "") -> str:
    """A value as an error may show it: itself if it is short and harmless, else what kind of thing it is."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "an encrypted value" if set(value) == {"secure"} else "a mapping"
    if isinstance(value, list):
        return "a list"
    if _SECRET.search(path):
        return "a value that is not shown"
    if isinstance(value, int | float):
        text = str(value)
        return text if len(text) <= MAX_SHOWN else f"a number of {len(text)} characters"
    if isinstance(value, str):
        return f'"{value}"' if _HARMLESS.fullmatch(value) else f"a text of {len(value)} characters"
    return f"a {type(value).__name__}"


def shown_key(key: object) -> str:
    """A mapping's key as part of a path; keys are names, but somebody may have typed a value there."""
    if isinstance(key, int) and not isinstance(key, bool):
        return str(key)
    if isinstance(key, str) and _HARMLESS.fullmatch(key):
        return key
    return f"({shown(key)})"
