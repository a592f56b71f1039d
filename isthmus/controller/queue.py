"""The one work queue. What it promises:

* a key waits at most once, however often it is added: events say where to look, not what happened;
* one key is never handed to two workers at once; added meanwhile, it comes again when the first is done;
* keys that are due come in the order in which they became due;
* a key that failed comes again after a pause that doubles up to BACKOFF_CAP_S; success resets it;
* of two times for one key the earlier counts.

`take` and `next_due` are the whole logic and know no event loop, so that a test turns the clock by hand.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from isthmus.controller.kinds import Key

#: Ours: first pause after a failure, and the longest: what was refused is asked for within half a minute of its cure.
BACKOFF_FIRST_S: Final = 0.5
BACKOFF_CAP_S: Final = 30.0


class Queue:
    """Keys that want a pass, each with the time from which it is due (seconds of `clock`)."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._due: dict[Key, float] = {}
        self._busy: set[Key] = set()
        self._failures: dict[Key, int] = {}
        self._wake = asyncio.Event()

    def add(self, key: Key, after_s: float = 0.0) -> None:
        """Ask for a pass over `key`, not earlier than `after_s` from now."""
        due = self._clock() + after_s
        if due < self._due.get(key, float("inf")):
            self._due[key] = due
            self._wake.set()

    def failed(self, key: Key) -> float:
        """Ask for another pass after a pause that doubles with each failure in a row. Returns the pause in seconds."""
        count = self._failures.get(key, 0)
        self._failures[key] = count + 1
        pause = min(BACKOFF_CAP_S, BACKOFF_FIRST_S * 2.0 ** min(count, 16))
        self.add(key, pause)
        return pause

    def succeeded(self, key: Key) -> None:
        """The next failure of `key` counts as its first."""
        self._failures.pop(key, None)

    def take(self) -> Key | None:
        """The key that has been due longest and that nobody works on; it is the caller's until `done`."""
        now = self._clock()
        ready = [(due, key) for key, due in self._due.items() if due <= now and key not in self._busy]
        if not ready:
            return None
        _, key = min(ready)
        del self._due[key]
        self._busy.add(key)
        return key

    def done(self, key: Key) -> None:
        """The caller of `take` or `get` has finished with `key`."""
        self._busy.discard(key)
        self._wake.set()

    def next_due(self) -> float | None:
        """Seconds until `take` can give something; None if nothing waits but what others hold."""
        waiting = [due for key, due in self._due.items() if key not in self._busy]
        return max(0.0, min(waiting) - self._clock()) if waiting else None

    async def get(self) -> Key:
        """The next key, waiting for it. Call `done` with it."""
        while (key := self.take()) is None:
            self._wake.clear()
            try:
                await asyncio.wait_for(self._wake.wait(), self.next_due())
            except TimeoutError:
                continue
        return key

    @property
    def waiting(self) -> int:
        """How many keys wait, due or not."""
        return len(self._due)

    @property
    def lag_s(self) -> float:
        """How long the oldest due key has waited, in seconds; 0 if none is due."""
        now = self._clock()
        return max((now - due for due in self._due.values() if due <= now), default=0.0)
