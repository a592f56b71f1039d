"""The controller, run in a thread of its own against a real API server, and cut off between any two calls."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import kopf
import pytest

from isthmus.controller.connect import Kubernetes
from isthmus.controller.main import run


@dataclass(frozen=True)
class Call:
    """One call as the API server sees it."""

    method: str
    path: str
    query: str


class Recorder:
    """A client middleware: every call of the controller, kopf's own too."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        self.calls.append(Call(request.method, request.url.path, request.url.query_string))
        return await handler(request)

    @property
    def writes(self) -> list[Call]:
        return [call for call in self.calls if call.method != "GET"]


class Guillotine:
    """A client middleware that ends the controller at a write: it has had its effect, its answer is never read.

    Ending it *before* a write leaves the world as ending it after the write before.
    """

    def __init__(self, at_write: int) -> None:
        self._left = at_write
        self.fell = threading.Event()
        self.end: Callable[[], None] = lambda: None

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        if request.method == "GET":
            return await handler(request)
        if self.fell.is_set():
            await asyncio.Event().wait()
        self._left -= 1
        if self._left == 0:
            self.fell.set()
            (await handler(request)).close()
            self.end()
            await asyncio.Event().wait()
        return await handler(request)


def credentials(kubeconfig: Path) -> kopf.ConnectionInfo:
    """What a kubeconfig says, as the controller reads it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KUBECONFIG", str(kubeconfig))
        found = kopf.login_with_kubeconfig(settings=kopf.OperatorSettings())
    assert found is not None
    return found


class Controller:
    """`with Controller(...)`: it runs in the block. What it raised is raised at the end."""

    def __init__(
        self,
        kubeconfig: Path,
        namespace: str,
        middlewares: Sequence[aiohttp.ClientMiddlewareType] = (),
        port: int | None = None,
    ) -> None:
        self._connection = Kubernetes(credentials(kubeconfig), middlewares)
        self._namespace, self._port = namespace, port
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._started = threading.Event()
        self._ending = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="controller", daemon=True)

    def __enter__(self) -> "Controller":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        if self._error is not None:
            raise self._error

    def kill(self) -> None:
        """End it without ceremony, and wait until it has ended."""
        self._started.wait(30)
        if self._thread.is_alive() and self._loop is not None:
            with contextlib.suppress(RuntimeError):  # it has ended by itself just now
                self._loop.call_soon_threadsafe(self.kill_soon)
        self._thread.join(30)
        assert not self._thread.is_alive(), (
            f"the controller did not end within 30 s; what still waits: {self._waiting()}"
        )

    def _waiting(self) -> str:
        """Where each task of the controller stands."""
        if self._loop is None:
            return "nothing has begun"
        stands = [
            f"{task.get_name()} {task.get_coro()} at {frames[-1] if (frames := task.get_stack()) else 'its end'}"
            for task in asyncio.all_tasks(self._loop)
        ]
        return "; ".join(sorted(stands))

    def kill_soon(self) -> None:
        """The same from within, without waiting.

        Once: a second cancellation would reach kopf while it ends its watches, and leave one of them waiting for ever.
        """
        if self._task is not None and not self._ending:
            self._ending = True
            self._task.cancel()

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except asyncio.CancelledError:
            pass
        except BaseException as error:
            self._error = error

    async def _main(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        self._started.set()
        try:
            await run(self._connection, [self._namespace], host="127.0.0.1", port=self._port)
        finally:
            await asyncio.sleep(0.1)  # closed TLS connections need a few turns of the loop to be gone
