"""What the controller has asked of the API server and not yet seen come back through a watch.

A watch lags behind our own writes. A pass that decided on such a stale view would create a worker twice or count one
that it has just deleted, so a key with an open expectation is not planned. An expectation that is not met within
PATIENCE_S is given up: the watch lost it, or the object vanished unseen, and the world as shown counts again.
"""

import time
from collections.abc import Callable
from typing import Final

from isthmus.controller.kinds import Key

#: Ours. Watch events of a busy API server arrive within seconds; kopf re-connects a silent watch after 70 s.
PATIENCE_S: Final = 30.0


class Expectations:
    """Open expectations by key. Names of creations and uids of deletions are told apart by the caller's tokens."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._open: dict[Key, dict[str, float]] = {}

    def expect(self, key: Key, token: str) -> None:
        """Before a write: the watch is going to show `token`."""
        self._open.setdefault(key, {})[token] = self._clock() + PATIENCE_S

    def met(self, key: Key, token: str) -> None:
        """A watch has shown `token`, or the write did not happen."""
        tokens = self._open.get(key)
        if tokens is not None:
            tokens.pop(token, None)
            if not tokens:
                del self._open[key]

    def wait_s(self, key: Key) -> float:
        """0 if nothing is open; else seconds until the last open expectation of `key` is given up."""
        now = self._clock()
        tokens = {token: until for token, until in self._open.get(key, {}).items() if until > now}
        if not tokens:
            self._open.pop(key, None)
            return 0.0
        self._open[key] = tokens
        return max(tokens.values()) - now

    def drop(self, key: Key) -> None:
        """The object of `key` is gone."""
        self._open.pop(key, None)


def created(kind: str, name: str) -> str:
    """Token of a creation: any event of that object meets it."""
    return f"+{kind}/{name}"


def deleted(uid: str) -> str:
    """Token of a deletion: the object ending or gone meets it."""
    return f"-{uid}"
