"""What a pass works with: the store, the queue, the API, and writes that are expected to come back through a watch."""

import logging
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from isthmus.controller.apply import Api, ApiError, Outcome, Unavailable
from isthmus.controller.expectations import Expectations, created, deleted
from isthmus.controller.kinds import PODS, Body, Key, Kind
from isthmus.controller.queue import Queue
from isthmus.controller.scheduler import SchedulerClient
from isthmus.controller.status import changes, news
from isthmus.controller.store import Store, keys_of, metadata, uid
from isthmus.controller.views import PodView

log: Final = logging.getLogger("isthmus.controller")


#: Ours: after so many events without our last status, the watch has skipped it (a new list shows only the newest).
STALE_EVENTS: Final = 5


@dataclass(frozen=True)
class Done:
    """How a pass ended: whether it wants another one, and whether something was refused."""

    again_s: float | None = None
    failed: bool = False


def _suffix() -> str:
    """The last part of a worker's name, as upstream makes it."""
    return uuid.uuid4().hex[:10]


@dataclass
class _Said:
    """A status that was written and that the watch has not shown yet."""

    version: str
    """resourceVersion that the write made."""
    status: Mapping[str, Any]
    seen_before: int = 0
    """Events of the object since then that were older."""


@dataclass
class World:
    """Everything that is not a decision."""

    api: Api
    schedulers: SchedulerClient
    store: Store = field(default_factory=Store)
    queue: Queue = field(default_factory=Queue)
    expectations: Expectations = field(default_factory=Expectations)
    now: Callable[[], float] = time.time
    """Seconds since the epoch."""
    suffix: Callable[[], str] = _suffix
    last_event: float | None = None
    """When the last event was taken in; None before the first."""
    last_read: float | None = None
    """When everything was last read from the API server itself; None before the first time."""
    _said: dict[Key, _Said] = field(default_factory=dict)

    def event(self, kind: Kind, body: Body, *, gone: bool = False) -> None:
        """Take in what a watch has shown of an object."""
        keys = keys_of(kind, body, self.store)
        if gone:
            self.store.gone(kind, body)
        else:
            self.store.see(kind, body)
        for key in keys:
            self.expectations.met(key, created(kind.plural, str(metadata(body).get("name"))))
            if gone or "deletionTimestamp" in metadata(body):
                self.expectations.met(key, deleted(uid(body)))
            self.queue.add(key)
        self._heard(kind, body, gone)
        self.last_event = self.now()

    async def create(self, key: Key, kind: Kind, body: Body) -> Outcome:
        """Make an object; passes over `key` wait until a watch has shown it. Raises ApiError."""
        name = str(metadata(body)["name"])
        token = created(kind.plural, name)
        self.expectations.expect(key, token)
        try:
            outcome = await self.api.create(kind, key.namespace, body)
        except ApiError as error:
            if not (isinstance(error, Unavailable) and error.unsure):
                self.expectations.met(key, token)
            raise
        if outcome is not Outcome.DONE:
            self.expectations.met(key, token)
        else:
            log.info("created kind=%s namespace=%s name=%s", kind.name, key.namespace, name)
        return outcome

    async def delete_pod(self, key: Key, pod: PodView, reason: str) -> None:
        """Delete a pod; passes over `key` wait until a watch has shown it ending. Raises ApiError."""
        token = deleted(pod.uid)
        self.expectations.expect(key, token)
        try:
            outcome = await self.api.delete(PODS, key.namespace, pod.name, pod.uid)
        except ApiError:
            self.expectations.met(key, token)  # asked again by the next pass: deleting twice is deleting once
            raise
        if outcome is not Outcome.DONE:
            self.expectations.met(key, token)
            # A pod that is not there and still in the store: its deletion was never shown.
            held = self.store.get(PODS, key.namespace, pod.name)
            if held is not None and uid(held) == pod.uid:
                self.event(PODS, held, gone=True)
        log.info("deleted pod namespace=%s name=%s reason=%s", key.namespace, pod.name, reason)

    async def is_there(self, kind: Kind, key: Key, of_uid: str) -> bool:
        """Whether the owner of what is about to be made is still wanted, asked of the API server itself.

        When a cluster is torn down, the end of a part may be shown before the end of its owner: the part must not be
        made again.
        """
        body = await self.api.get(kind, key.namespace, key.name)
        return body is not None and uid(body) == of_uid and "deletionTimestamp" not in metadata(body)

    async def report(self, kind: Kind, key: Key, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        """Write a status if it says something new. Raises ApiError.

        old: as the store shows it, which may not have our last word yet.
        """
        said = self._said.get(key)
        last = old if said is None else said.status
        status = news(last, new, self.now())
        if status is None:
            return
        version = await self.api.write_status(kind, key.namespace, key.name, status)
        shown = self.store.get(kind, key.namespace, key.name)
        if version and shown is not None and metadata(shown).get("resourceVersion") != version:
            self._said[key] = _Said(version, status)
        for condition in changes(last, status):
            log.info(
                "condition changed object=%s type=%s status=%s reason=%s message=%s",
                key,
                condition["type"],
                condition["status"],
                condition["reason"],
                condition["message"],
            )

    def _heard(self, kind: Kind, body: Body, gone: bool) -> None:
        """The watch has caught up with our last word, or the object has moved on without us: the store counts again."""
        meta = metadata(body)
        key = Key(kind.plural, str(meta.get("namespace")), str(meta.get("name")))
        said = self._said.get(key)
        if said is None:
            return
        said.seen_before += 1
        if gone or said.version == meta.get("resourceVersion") or said.seen_before > STALE_EVENTS:
            del self._said[key]
