"""What isthmus.pools uses of dask and distributed that they do not promise: one list, looked at on import.

Each entry has its own test in tests/pools/test_private_apis.py, which says what we expect it to do.
"""

import importlib
import importlib.metadata
from typing import Final

from isthmus.errors import UnsupportedDask

STANDS_ON: Final = (
    "dask._task_spec:DataNode",
    "dask._task_spec:GraphNode",
    "dask._task_spec:Task",
    "dask._task_spec:TaskRef",
    "dask._task_spec:_execute_subgraph",
    "dask.blockwise:Blockwise",
    "dask.blockwise:fuse_roots",
    "dask.blockwise:optimize_blockwise",
    "dask.highlevelgraph:HighLevelGraph._toposort_layers",
    "dask.highlevelgraph:MaterializedLayer",
    "distributed.active_memory_manager:ActiveMemoryManagerExtension._find_recipient",
    "distributed.active_memory_manager:ReduceReplicas.run",
    "distributed.active_memory_manager:Suggestion",
    "distributed.http.utils:RequestHandler",
    "distributed.scheduler:Scheduler._get_prefix_duration",
    "distributed.scheduler:Scheduler.is_rootish",
    "distributed.scheduler:TaskState.host_restrictions",
    "distributed.scheduler:TaskState.run_spec",
    "distributed.scheduler:TaskState.waiting_on",
    "distributed.scheduler:TaskState.who_has",
    "distributed.scheduler:TaskState.worker_restrictions",
    "distributed.shuffle._core:id_from_key",
)


def missing(names: tuple[str, ...] = STANDS_ON) -> list[str]:
    """Those of `module:name.attribute` that cannot be found."""
    return [name for name in names if not _exists(name)]


def require_supported_dask() -> None:
    """Raises UnsupportedDask: if the installed dask and distributed lack something of STANDS_ON."""
    if lacking := missing():
        raise UnsupportedDask(importlib.metadata.version("distributed"), lacking)


def _exists(name: str) -> bool:
    module, _, path = name.partition(":")
    try:
        found: object = importlib.import_module(module)
        for attribute in path.split("."):
            found = getattr(found, attribute)
    except (ImportError, AttributeError):
        return False
    return True
