"""GET /healthz: JSON that says how old the last processed event is and how far the queue lags.
GET /readyz: the same, and 503 until everything has been read once: from then on what is asked for is brought about.

200 while the controller does its work; 503 when a key has been due for LAG_S or the world has not been read for
READ_S. A quiet site has no events for days, so the age of the last one alone is no sign of illness.
"""

from datetime import UTC, datetime
from typing import Any, Final

from aiohttp import web

from isthmus.controller.world import World

#: Ours. A pass takes milliseconds, or 5 s when a scheduler does not answer; eight are worked on at once.
LAG_S: Final = 120.0
#: Ours: several rounds of the sweep (a minute each), so that a restarted API server does not restart its controllers.
READ_S: Final = 600.0


def report(world: World) -> dict[str, Any]:
    """What /healthz says. `now` as in the Dask operator; ages in seconds, null for what has not happened yet."""
    now = world.now()
    return {
        "now": datetime.fromtimestamp(now, UTC).isoformat(),
        "lastEventAgeSeconds": _age(now, world.last_event),
        "lastReadAgeSeconds": _age(now, world.last_read),
        "queueLagSeconds": round(world.queue.lag_s, 3),
        "queueLength": world.queue.waiting,
    }


def healthy(said: dict[str, Any]) -> bool:
    """Whether what /healthz says is good enough to go on."""
    return said["queueLagSeconds"] < LAG_S and (said["lastReadAgeSeconds"] or 0.0) < READ_S


async def serve(world: World, host: str, port: int) -> web.AppRunner:
    """Answer on `host`:`port` until `cleanup` of what is returned."""

    async def healthz(_: web.Request) -> web.Response:
        said = report(world)
        return web.json_response(said, status=200 if healthy(said) else 503)

    async def readyz(_: web.Request) -> web.Response:
        said = report(world)
        ready = healthy(said) and said["lastReadAgeSeconds"] is not None
        return web.json_response(said, status=200 if ready else 503)

    app = web.Application()
    app.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz)])
    runner = web.AppRunner(app, handle_signals=False, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return runner


def _age(now: float, then: float | None) -> float | None:
    return None if then is None else round(now - then, 3)
