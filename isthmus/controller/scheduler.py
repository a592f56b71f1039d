"""What a Dask scheduler is asked over HTTP (its dashboard port): whether it is up, its workers, to retire some of them.

Workers (`distributed.http.scheduler.json`) and health are on by default; retirement needs
`distributed.http.scheduler.api`, which schedulers made by this controller have. Source of paths and fields:
distributed 2026.8.0, distributed/http/.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from isthmus.controller.builders import slot_address
from isthmus.controller.plan import Worker
from isthmus.controller.views import Group, PodView
from isthmus.errors import IsthmusError

#: Ours: a scheduler that does not answer a question within this time is busy; the pass asks again later.
ASK_S: Final = 5.0
#: Ours: retirement answers when the data has moved. 10 minutes move 60 GB at 100 MB/s.
RETIRE_S: Final = 600.0


class SchedulerError(IsthmusError):
    """A scheduler that gave no usable answer. `reason` is CamelCase, for the condition."""

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


@dataclass(frozen=True)
class _Route:
    """What is asked, and what to say of a scheduler that does not have it."""

    path: str
    module: str
    """Dask's name for what serves it, as in its configuration `distributed.scheduler.http.routes`."""
    reason: str
    """CamelCase, for the condition."""
    until_then: str

    def absent(self, url: str) -> SchedulerError:
        return SchedulerError(
            self.reason,
            f"{url} is not there: the scheduler serves HTTP without {self.module}. Add it to "
            f"DASK_DISTRIBUTED__SCHEDULER__HTTP__ROUTES of the scheduler; until then {self.until_then}.",
        )


_WORKERS: Final = _Route(
    "/json/identity.json",
    "distributed.http.scheduler.json",
    "WorkersUnavailable",
    "nobody knows which workers hold data, and none that runs is taken away",
)
_RETIRE: Final = _Route(
    "/api/v1/retire_workers",
    "distributed.http.scheduler.api",
    "RetireUnavailable",
    "only workers that have not connected go",
)


class SchedulerClient:
    """Asks schedulers by their HTTP address, such as http://demo-scheduler.isthmus-local.svc:8787."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def is_up(self, http: str) -> bool:
        """Whether the scheduler answers at all."""
        try:
            async with self._session.get(f"{http}/health", timeout=aiohttp.ClientTimeout(total=ASK_S)) as response:
                return response.status == 200
        except (TimeoutError, aiohttp.ClientError):
            return False

    async def workers(self, http: str) -> list[Worker]:
        """Every connected worker, of whatever group. Raises SchedulerError."""
        answer = await self._json("GET", http, _WORKERS, None, ASK_S)
        return [_worker(address, identity) for address, identity in (answer.get("workers") or {}).items()]

    async def retire(self, http: str, addresses: Sequence[str]) -> frozenset[str]:
        """Have workers hand over their data and go. Returns the addresses of those that did.

        The others still hold what found no other place, or were unknown. By address only: over HTTP names are not
        understood, and a number would take workers of every group. Raises SchedulerError.
        """
        answer = await self._json("POST", http, _RETIRE, {"workers": list(addresses)}, RETIRE_S)
        return frozenset(answer) & frozenset(addresses)

    async def _json(self, method: str, http: str, route: _Route, body: Any, limit_s: float) -> Mapping[str, Any]:
        url = http + route.path
        try:
            timeout = aiohttp.ClientTimeout(total=limit_s, sock_connect=ASK_S)
            async with self._session.request(method, url, json=body, timeout=timeout) as response:
                if response.status in (404, 405):
                    raise route.absent(url)
                if response.status != 200:
                    raise SchedulerError("SchedulerUnreachable", f"{url} answered {response.status} {response.reason}")
                answer = await response.json(content_type=None)
        except (TimeoutError, aiohttp.ClientError, ValueError) as error:
            raise SchedulerError("SchedulerUnreachable", f"{url}: {str(error) or type(error).__name__}") from error
        if not isinstance(answer, dict):
            raise SchedulerError("SchedulerUnreachable", f"{url} answered something else than a mapping")
        return answer


def by_pod(workers: Collection[Worker], pods: Sequence[PodView], group: Group) -> dict[str, Worker]:
    """Pod name -> its worker: by the name that the pod gave it, else by the address of its seat, else by its IP."""
    named = {worker.name: worker for worker in workers}
    hosts = {_host(worker.address): worker for worker in workers}
    found: dict[str, Worker] = {}
    for pod in pods:
        seat = slot_address(group.slots, pod.slot) if group.slots is not None and pod.slot is not None else None
        for worker in (named.get(pod.worker), hosts.get(seat or ""), hosts.get(pod.ip)):
            if worker is not None:
                found[pod.name] = worker
                break
    return found


def _worker(address: str, identity: Mapping[str, Any]) -> Worker:
    metrics = identity.get("metrics") or {}
    counts = metrics.get("task_counts") or {}
    spilled = (metrics.get("spilled_bytes") or {}).get("disk") or 0
    return Worker(
        name=str(identity.get("name")),
        address=address,
        tasks=sum(count for state, count in counts.items() if state not in _AT_REST),
        nbytes=int((metrics.get("managed_bytes") or 0) + spilled),
    )


#: States of a task on a worker that is not going to run any more (distributed 2026.8, worker_state_machine.py).
_AT_REST: Final = frozenset({"memory", "released", "forgotten", "error", "cancelled"})


def _host(address: str) -> str:
    """Host of a Dask address."""
    return urlsplit(address).hostname or ""
