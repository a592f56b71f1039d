"""Which pools a source reads from: the paths and URLs in its task, looked up in the catalog."""

import logging
import os
import pickle
from pathlib import PurePath
from typing import Any, Final

import dask
from dask._task_spec import DataNode, GraphNode, TaskRef

from isthmus.catalog import Catalog

logger = logging.getLogger(__name__)

CONFIG_KEY: Final = "isthmus.catalog"

_PLAIN: Final = frozenset({bool, bytes, complex, float, int, slice, type, type(None)})
#: Ours: a longer list of arguments is data, not a list of paths.
_LONGEST: Final = 1000
#: Ours: pickling goes at some 500 MB/s, so this much holds the scheduler up for about 10 ms, once per object.
_PROBE_BYTES: Final = 4_000_000

_of_plugin: Catalog | None = None


def use(catalog: Catalog | None) -> None:
    """From now on `configured()` is this catalog: the plugin's, for the optimizers that run in its process.

    None: the plugin is gone.
    """
    global _of_plugin
    _of_plugin = catalog


def configured() -> Catalog:
    """The catalog of this process: the plugin's, if it runs here, else that of Dask's configuration."""
    return from_config() if _of_plugin is None else _of_plugin


def from_config() -> Catalog:
    """The catalog of Dask's configuration; empty if it states none."""
    return Catalog.read(dask.config.get(CONFIG_KEY, None))


class PathFinder:
    """Finds pools in tasks. Make one per graph: it remembers the opaque objects that it has looked through."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._seen: dict[int, tuple[object, frozenset[str]]] = {}  # the object too: an id lives as long as it does

    def pools_in(self, task: object) -> set[str]:
        """The pools whose paths or URLs occur in a task, or in any value that tasks are made of."""
        found: set[str] = set()
        stack: list[Any] = [task] if self._catalog else []
        while stack:
            value = stack.pop()
            kind = type(value)
            if kind is str:
                if (pool := self._catalog.pool_of(value)) is not None:
                    found.add(pool)
            elif kind in _PLAIN or isinstance(value, TaskRef):
                continue
            elif isinstance(value, PurePath):
                stack.append(os.fspath(value))
            elif (parts := _parts(value)) is not None:
                stack += parts
            elif not hasattr(value, "__name__") and not hasattr(value, "strides"):  # neither function nor array
                found |= self._inside(value)
        return found

    def _inside(self, value: object) -> frozenset[str]:
        if id(value) not in self._seen:
            self._seen[id(value)] = value, _Probe(self._catalog).pools_in(value)
        return self._seen[id(value)][1]


def _parts(value: Any) -> list[Any] | None:
    """What a value is made of, None if it must be looked into another way."""
    if isinstance(value, DataNode):
        return [value.value]
    if isinstance(value, GraphNode):
        function = getattr(value, "func", None)
        parts = [*getattr(value, "args", ()), *(getattr(value, "kwargs", None) or {}).values()]
        return parts if hasattr(function, "__name__") else [*parts, function]  # a callable object may hold a path
    if type(value) in (list, tuple, set):
        return list(value) if len(value) < _LONGEST else []
    if type(value) is dict:
        return list(value.values()) if len(value) < _LONGEST else []
    return None


class _Probe(pickle.Pickler):
    """Looks at every string and path inside an object by pickling it to nowhere."""

    def __init__(self, catalog: Catalog) -> None:
        super().__init__(self, protocol=5, buffer_callback=lambda _: False)
        self._catalog, self._found, self._written = catalog, set[str](), 0

    def write(self, data: bytes) -> int:
        """The file to pickle to: this object itself."""
        self._written += len(data)
        if self._written > _PROBE_BYTES:
            raise pickle.PicklingError(f"more than {_PROBE_BYTES} bytes")
        return len(data)

    def persistent_id(self, value: Any) -> None:
        """Called by pickle for every value on its way."""
        text = os.fspath(value) if isinstance(value, PurePath) else value
        if type(text) is str and (pool := self._catalog.pool_of(text)) is not None:
            self._found.add(pool)

    def pools_in(self, value: object) -> frozenset[str]:
        try:
            self.dump(value)
        except Exception:  # whatever somebody's __reduce__ raises; what was seen until then counts
            logger.debug("could not look through an object for paths type=%s", type(value), exc_info=True)
        return frozenset(self._found)
