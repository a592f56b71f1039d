"""Retirements in flight: asked of the scheduler outside the queue, because moving data takes minutes.

A pod is marked before it is asked for. Whatever is cut off, the next pass goes on from the mark: a marked worker that
the scheduler does not list any more has gone and its pod is deleted; one that it still lists is asked for again.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from isthmus.controller.apply import ApiError, Outcome
from isthmus.controller.kinds import PODS, Key
from isthmus.controller.plan import Retirement
from isthmus.controller.scheduler import SchedulerError
from isthmus.controller.status import Trouble
from isthmus.controller.views import PodView
from isthmus.controller.world import World, log
from isthmus.names import ANNOTATION_RETIRING

#: Ours: how long a scheduler that would not let a worker go is left in peace.
PEACE_S: Final = 15.0


@dataclass(frozen=True)
class _Refusal:
    trouble: Trouble
    until: float


class Retirements:
    """At most one retirement per group; what it covers does not count as a worker meanwhile."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tasks: dict[Key, asyncio.Task[None]] = {}
        self._leaving: dict[Key, frozenset[str]] = {}
        self._refused: dict[Key, _Refusal] = {}

    def leaving(self, key: Key) -> frozenset[str]:
        """Names of the pods whose retirement is in flight."""
        return self._leaving.get(key, frozenset())

    def refusal(self, key: Key) -> Trouble | None:
        """Why the last retirement was not what was asked for; None if it was."""
        refused = self._refused.get(key)
        return refused.trouble if refused is not None else None

    def wait_s(self, key: Key) -> float:
        """Seconds until the scheduler may be asked again."""
        refused = self._refused.get(key)
        return max(0.0, refused.until - self._world.now()) if refused is not None else 0.0

    def settle(self, key: Key) -> None:
        """Nobody has to go any more: what was refused is of no interest."""
        self._refused.pop(key, None)

    async def start(self, key: Key, http: str, retirements: Sequence[Retirement]) -> None:
        """Mark the pods, then have their workers retired in the background. Raises ApiError."""
        marked = [retirement for retirement in retirements if await self._mark(key, retirement.pod, True)]
        if not marked:
            return
        self._leaving[key] = frozenset(retirement.pod.name for retirement in marked)
        self._tasks[key] = asyncio.create_task(self._run(key, http, marked), name=f"retire {key}")

    async def unmark(self, key: Key, pod: PodView) -> None:
        """The pod stays. Raises ApiError."""
        await self._mark(key, pod, False)

    async def stop(self) -> None:
        """Cancel what is in flight; the marks stay for the next controller."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, key: Key, http: str, retirements: Sequence[Retirement]) -> None:
        try:
            addresses = [retirement.worker.address for retirement in retirements]
            log.info("retiring group=%s workers=%s", key, ",".join(r.pod.name for r in retirements))
            confirmed = await self._world.schedulers.retire(http, addresses)
            await self._settle(key, retirements, confirmed)
        except SchedulerError as error:
            self._refuse(key, error.reason, str(error))
            if error.reason == "RetireUnavailable":  # nothing has happened; else the marks tell the next pass
                await self._unmark(key, [retirement.pod for retirement in retirements])
        except ApiError as error:
            log.warning("retirement not finished group=%s error=%s", key, error)
        finally:
            self._leaving.pop(key, None)
            self._tasks.pop(key, None)
            self._world.queue.add(key)

    async def _settle(self, key: Key, retirements: Sequence[Retirement], confirmed: frozenset[str]) -> None:
        kept = [retirement.pod for retirement in retirements if retirement.worker.address not in confirmed]
        if kept:
            names = ", ".join(pod.name for pod in kept)
            self._refuse(
                key, "DataStays", f"the scheduler found no other place for what {names} alone hold, and kept them"
            )
        else:
            self._refused.pop(key, None)
        await self._unmark(key, kept)
        for retirement in retirements:
            if retirement.worker.address in confirmed:
                await self._world.delete_pod(key, retirement.pod, "retired")

    def _refuse(self, key: Key, reason: str, message: str) -> None:
        self._refused[key] = _Refusal(Trouble(reason, message), self._world.now() + PEACE_S)

    async def _unmark(self, key: Key, pods: Sequence[PodView]) -> None:
        for pod in pods:
            await self._mark(key, pod, False)

    async def _mark(self, key: Key, pod: PodView, marked: bool) -> bool:
        """Set or take off the mark; False if the pod is gone."""
        mark = "true" if marked else None
        patch = {"metadata": {"uid": pod.uid, "annotations": {ANNOTATION_RETIRING: mark}}}
        return await self._world.api.patch(PODS, key.namespace, pod.name, patch) is Outcome.DONE
