"""Running a stack's program under the recorder."""

import asyncio
import contextvars
import dataclasses
import runpy
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from google.protobuf import empty_pb2
from pulumi.runtime import mocks, run_in_stack
from pulumi.runtime.config import set_all_config
from pulumi.runtime.settings import configure, set_root_resource

from isthmus.environment import load
from isthmus.graph.config import StackConfig, stack_config
from isthmus.graph.model import STACK, Graph
from isthmus.graph.monitor import Engine, Monitor
from isthmus.graph.process import rarely_collected, without_ambient
from isthmus.graph.record_error import RecordError

#: Registrations at once. One would do but for transforms, which may wait for other resources.
AT_ONCE: Final = 32
NO_SECRETS: Final[Mapping[str, str]] = MappingProxyType({})


def record(root: Path, env: str, *, preview: bool = False, secrets: Mapping[str, str] = NO_SECRETS) -> Graph:
    """The graph of a stack: runs `root/__main__.py` as the engine would, up to its last registration.

    preview: leave unknown what only a deployment knows. secrets: values of the stack's secrets by key; a stand-in
    serves for any that is missing. Deterministic; several stacks in one process, and in several threads, do not meet.
    Raises ConfigError if the stack files are wrong, RecordError if an engine would refuse the program.
    """
    program = root / "__main__.py"
    if not program.is_file():
        raise RecordError(f"{program}: missing; it is the program that Pulumi runs.")
    config = stack_config(root, load(root, env), secrets)
    run = _Run(root, config, env, preview)
    with rarely_collected, without_ambient:
        contextvars.copy_context().run(run.to_the_end)
    return run.graph()


class _Run:
    """One program under one monitor, in an event loop and a context of its own."""

    def __init__(self, root: Path, config: StackConfig, stack: str, preview: bool) -> None:
        self.root, self.config, self.stack, self.preview = root, config, stack, preview
        self.engine = Engine()
        self.monitor = Monitor(config.project, stack, preview=preview, disabled_providers=config.disabled_providers)

    def to_the_end(self) -> None:
        """Runs the program and waits for everything that it set going, so that absence means absence."""
        loop = asyncio.new_event_loop()
        loop.set_exception_handler(_ignore)
        pool = ThreadPoolExecutor(AT_ONCE)
        loop.set_default_executor(pool)
        asyncio.set_event_loop(loop)
        try:
            configure(self._settings())
            set_all_config(dict(self.config.values), list(self.config.secret_keys))
            set_root_resource(None)  # type: ignore[arg-type] # the stack of an earlier run is not ours
            with _importable(self.root):
                try:
                    loop.run_until_complete(run_in_stack(self._program))
                finally:
                    _abandon(loop)
        finally:
            pool.shutdown(wait=True)
            loop.close()
            asyncio.set_event_loop(None)

    def graph(self) -> Graph:
        """What was recorded."""
        outputs = self.monitor.outputs
        nodes = [
            dataclasses.replace(node, outputs=outputs[urn].value if urn in outputs else None)
            for urn, node in sorted(self.monitor.nodes.items())
        ]
        stack = next(outputs[node.urn] for node in nodes if node.type == STACK)
        return Graph(
            project=self.config.project,
            stack=self.stack,
            preview=self.preview,
            nodes=tuple(nodes),
            exports=stack.value,
            export_secrets=tuple(sorted(stack.secrets)),
            log=tuple(self.engine.log),
        )

    def _program(self) -> None:
        runpy.run_path(str(self.root / "__main__.py"), run_name="__main__")

    def _settings(self) -> mocks.MockSettings:
        features = self.monitor.GetDeploymentInfo(  # type: ignore[no-untyped-call] # the SDK leaves it so
            empty_pb2.Empty()
        ).supportedFeatures
        return mocks.MockSettings(  # type: ignore[no-untyped-call] # the SDK leaves it so
            monitor=self.monitor,
            engine=self.engine,
            project=self.config.project,
            stack=self.stack,
            organization="organization",  # what a self-managed backend calls it
            dry_run=self.preview,
            callbacks=None,
            parallel=None,
            root_directory=str(self.root),
            legacy_apply_enabled=False,
            package_refs={},
            base_providers_by_ref={},
            outputs=set(),
            lock=threading.Lock(),
            monitor_features=set(features),
        )


def _abandon(loop: asyncio.AbstractEventLoop) -> None:
    """Ends what a failed program left undone. After a success there is nothing."""
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))


@contextmanager
def _importable(root: Path) -> Iterator[None]:
    """The program's own folder on the import path, as the language host puts it there."""
    place = str(root)
    sys.path.insert(0, place)
    try:
        yield
    finally:
        sys.path.remove(place)


def _ignore(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """After a failure the SDK leaves futures behind, and asyncio would report each; the failure itself is raised."""
