"""The loops that turn: workers that take keys off the queue, and the sweep that reads everything once a minute.

Nothing that goes wrong with one object ends a loop: it is logged, and that object's key comes again after a pause.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from isthmus.controller.apply import ApiError
from isthmus.controller.kinds import CLUSTERS, WATCHED, Key, Kind
from isthmus.controller.reconcile import reconcile_cluster
from isthmus.controller.reconcile_group import reconcile_group
from isthmus.controller.retire import Retirements
from isthmus.controller.store import uid
from isthmus.controller.world import Done, World, log
from isthmus.errors import IsthmusError

#: Ours: passes at the same time. More would only queue at the API server.
WORKERS: Final = 8
#: Ours: how often everything is read again. The first time soon: what vanished while kopf began to watch is not told.
SWEEP_S: Final = 60.0
FIRST_SWEEP_S: Final = 5.0
#: Ours: a Role that is made together with the controller may come a little later.
START_S: Final = 60.0


async def work(world: World, retirements: Retirements) -> None:
    """Take keys and bring about what is asked for, for ever."""
    while True:
        key = await world.queue.get()
        try:
            done = await _pass(world, retirements, key)
        except ApiError as error:
            pause = world.queue.failed(key)
            log.warning("pass not finished key=%s again_in_s=%.1f error=%s", key, pause, error)
        except Exception:  # a mistake of ours about one object must not keep the others waiting
            pause = world.queue.failed(key)
            log.exception("pass failed key=%s again_in_s=%.1f", key, pause)
        else:
            if done.failed:
                world.queue.failed(key)
            else:
                world.queue.succeeded(key)
            if done.again_s is not None:
                world.queue.add(key, done.again_s)
        finally:
            world.queue.done(key)


async def _pass(world: World, retirements: Retirements, key: Key) -> Done:
    if key.kind == CLUSTERS.plural:
        return await reconcile_cluster(world, key)
    return await reconcile_group(world, retirements, key)


async def read_all(world: World, namespaces: Sequence[str]) -> None:
    """Fill the store before anything is decided. Raises IsthmusError if that is not possible within START_S."""
    deadline = asyncio.get_running_loop().time() + START_S
    for namespace in namespaces:
        for kind in WATCHED:
            for body in await _first_list(world, kind, namespace, deadline):
                world.event(kind, body)
    world.last_read = world.now()


async def _first_list(world: World, kind: Kind, namespace: str, deadline: float) -> Sequence[dict[str, object]]:
    said = ""
    while True:
        try:
            return [dict(body) for body in await world.api.list(kind, namespace, kind.selector)]
        except ApiError as error:
            if asyncio.get_running_loop().time() > deadline:
                raise IsthmusError(
                    f"cannot list {kind.plural} in namespace {namespace}: {error.message}. The controller needs the "
                    f"CustomResourceDefinitions of {CLUSTERS.group} and the Role of isthmus/rights.py."
                ) from error
            if str(error) != said:
                said = str(error)
                log.warning("waiting to be let in namespace=%s kind=%s error=%s", namespace, kind.plural, said)
            await asyncio.sleep(1.0)


async def sweep(world: World, namespaces: Sequence[str]) -> None:
    """Once a minute: find what vanished unseen, and have every key looked at."""
    await asyncio.sleep(FIRST_SWEEP_S)
    while True:
        try:
            for namespace in namespaces:
                for kind in WATCHED:
                    await sweep_kind(world, kind, namespace)
            world.last_read = world.now()
        except ApiError as error:
            log.warning("sweep not finished again_in_s=%.0f error=%s", SWEEP_S, error)
        except Exception:  # such as an unreadable token file: /healthz tells when nothing has been read for too long
            log.exception("sweep failed again_in_s=%.0f", SWEEP_S)
        for key in list(world.store.keys()):
            world.queue.add(key)
        await asyncio.sleep(SWEEP_S)


async def sweep_kind(world: World, kind: Kind, namespace: str) -> None:
    """Forget the objects that a complete list does not have. What appears meanwhile is none of them."""
    before = world.store.every(kind, namespace)
    there = {uid(body) for body in await world.api.list(kind, namespace, kind.selector)}
    for body in before:
        if uid(body) not in there:
            log.warning("an end was missed kind=%s uid=%s", kind.name, uid(body))
            world.event(kind, body, gone=True)
