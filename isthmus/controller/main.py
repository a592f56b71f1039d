"""kopf's wiring: its watches, credentials and signals; everything that decides is ours.

Only `on.event` handlers: no finalizer, no annotation, no timer, so that deletion works while the controller is down.
kopf runs with its scanning off: it asks for nothing outside the given namespaces but API discovery.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

import aiohttp
import kopf

from isthmus.controller import health
from isthmus.controller.apply import Api
from isthmus.controller.connect import Connect
from isthmus.controller.kinds import WATCHED, Kind
from isthmus.controller.retire import Retirements
from isthmus.controller.scheduler import SchedulerClient
from isthmus.controller.work import WORKERS, read_all, sweep, work
from isthmus.controller.world import World, log
from isthmus.errors import IsthmusError


def settings() -> kopf.OperatorSettings:
    """What kopf may do: watch what carries our labels; write nothing, post nothing, look at nothing else."""
    made = kopf.OperatorSettings()
    made.scanning.disabled = True
    made.posting.enabled = False
    made.peering.standalone = True
    for kind in WATCHED:
        if kind.selector:
            made.watching.label_selectors[kind.group, kind.version, kind.plural] = kind.selector
    return made


def registry(world: World, connection: Connect, stack: contextlib.AsyncExitStack) -> kopf.OperatorRegistry:
    """kopf's handlers: a login and one event handler per kind. Sessions are closed with `stack` at the latest."""
    made = kopf.OperatorRegistry()

    async def login(**_: Any) -> kopf.AiohttpSession:
        session = await stack.enter_async_context(connection.session())  # kopf leaves it open when it is cut off
        return kopf.AiohttpSession(server=connection.server, aiohttp_session=session)

    kopf.on.login(registry=made, id="login")(login)
    for kind in WATCHED:
        kopf.on.event(kind.group, kind.version, kind.plural, registry=made, id=kind.plural)(_handler(world, kind))
    return made


def _handler(world: World, kind: Kind) -> Any:
    async def seen(event: kopf.RawEvent, **_: Any) -> None:
        world.event(kind, event["object"], gone=event["type"] == "DELETED")

    return seen


async def run(
    connection: Connect,
    namespaces: Sequence[str],
    *,
    port: int | None,
    host: str = "",
    stop: asyncio.Event | None = None,
    schedulers: aiohttp.ClientSession | None = None,
) -> None:
    """The controller of `namespaces`, until SIGTERM, or until `stop` is set.

    port: where /healthz answers; None for nowhere. schedulers: the session that asks Dask schedulers.
    Raises IsthmusError if it is not let in, or if a loop of ours ended, with the cause of that.
    """
    async with contextlib.AsyncExitStack() as stack:
        session = await stack.enter_async_context(connection.session())
        asking = schedulers if schedulers is not None else await stack.enter_async_context(aiohttp.ClientSession())
        world = World(api=Api(session, connection.server), schedulers=SchedulerClient(asking))
        if port is not None:
            runner = await health.serve(world, host, port)
            stack.push_async_callback(runner.cleanup)
        await read_all(world, namespaces)
        await stack.enter_async_context(_loops(world, namespaces))
        await kopf.operator(
            registry=registry(world, connection, stack),
            settings=settings(),
            namespaces=list(namespaces),
            stop_flag=stop,
        )


@contextlib.asynccontextmanager
async def _loops(world: World, namespaces: Sequence[str]) -> AsyncIterator[None]:
    """Workers and sweep for the length of the block. Raises IsthmusError in its place when one ends by itself."""
    retirements = Retirements(world)
    inside = asyncio.current_task()
    assert inside is not None
    tasks = [asyncio.create_task(work(world, retirements), name=f"worker {number}") for number in range(WORKERS)]
    tasks.append(asyncio.create_task(sweep(world, namespaces), name="sweep"))
    for task in tasks:
        task.add_done_callback(lambda ended: ended.cancelled() or inside.cancel(f"{ended.get_name()} ended"))
    try:
        yield
    except asyncio.CancelledError:
        _raise_fault(tasks)
        raise
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await retirements.stop()


def _raise_fault(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Raises IsthmusError if one of these has ended by itself: a mistake of ours that a restart may outlive."""
    for task in tasks:
        if task.done() and not task.cancelled():
            cause = task.exception()
            log.error("loop ended name=%s", task.get_name(), exc_info=cause)
            raise IsthmusError(f"{task.get_name()} ended: {cause!r}; the controller ends with it") from cause
