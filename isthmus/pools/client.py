"""What a scientist writes: `with pool("ecmwf"):` around the opening of data."""

import logging
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

import dask.config
from dask.base import annotate

from isthmus.pools.optimize import ANNOTATION, HOOKS
from isthmus.pools.propagate import ANYWHERE

logger = logging.getLogger(__name__)

#: Pool names are Kubernetes names; they may be joined: `a|b`.
_NAMES: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?(\|[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)*")


def pool(name: str | None) -> AbstractContextManager[None]:
    """Data opened, and tasks created, inside run on the workers of this pool; what follows from them too.

    name: a pool; several, joined by `|` (in either); None: anywhere, inside another `pool`. The innermost one counts.
    Raises ValueError: if it is not a name.
    """
    if name is not None and not _NAMES.fullmatch(name):
        raise ValueError(f"pool({name!r}): expected the name of a pool, several joined by '|', or None for anywhere")
    install()
    return annotate(**{ANNOTATION: ANYWHERE if name is None else name})


@contextmanager
def propagate_pools() -> Iterator[None]:
    """Does no harm and is no longer needed: the scheduler propagates pools, whatever the context of `compute()`.

    Code that was written for dask-worker-pools keeps running.
    """
    install()
    yield


def install() -> None:
    """Puts our optimizations in place of Dask's in this process; those that somebody set before us stay."""
    for key, function in HOOKS.items():
        there = dask.config.get(key, None)
        if there is None:
            dask.config.set({key: function})
        elif there is not function:
            logger.warning("optimization is not ours, pools may be lost in it key=%s function=%s", key, there)
