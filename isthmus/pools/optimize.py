"""Keeps the `pool` annotation through Dask's graph optimization, and never fuses work of two pools.

Dask runs these functions in place of a collection's own optimization, mostly on the scheduler:

1 layers take the pool of their inputs or users, so that those of one pool fuse exactly as without pools;
2 Dask's own fusion of layers;
3 the keys at a border between two pools must stay: no task is fused across it;
4 Dask's own fusion of tasks;
5 the annotation back, from the keys inside each fused task.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from typing import Any, Final

import dask
from dask._task_spec import Task, _execute_subgraph
from dask.blockwise import Blockwise, fuse_roots, optimize_blockwise
from dask.core import flatten
from dask.highlevelgraph import HighLevelGraph, MaterializedLayer
from dask.utils import ensure_dict

from isthmus.pools.propagate import MIXED, Tag, propagate
from isthmus.pools.tag import PathFinder, configured

ANNOTATION: Final = "pool"

#: Of Dask, which has no types for its layers.
Graph = Any
Keys = Any


def array_optimize(graph: Graph, keys: Keys, **kwargs: Any) -> Graph:
    """For dask.array and xarray."""
    from dask.array.optimization import optimize

    fuses_tasks = dask.config.get("optimization.fuse.active") is not False
    return _optimize(graph, keys, optimize, _fuse_layers, fuses_tasks=fuses_tasks, **kwargs)


def bag_optimize(graph: Graph, keys: Keys, **kwargs: Any) -> Graph:
    """For dask.bag, which fuses tasks only, whatever the configuration says."""
    from dask.bag.core import optimize

    return _optimize(graph, keys, optimize, HighLevelGraph.cull, fuses_tasks=True, **kwargs)


def delayed_optimize(graph: Graph, keys: Keys, **kwargs: Any) -> Graph:
    """For dask.delayed, which fuses nothing unless it is told to."""
    from dask.delayed import optimize

    fuses_tasks = bool(dask.config.get("optimization.fuse.delayed", default=False))
    return _optimize(graph, keys, optimize, HighLevelGraph.cull, fuses_tasks=fuses_tasks, **kwargs)


#: Dask's configuration keys that replace a collection's optimization.
HOOKS: Final[Mapping[str, Callable[..., Graph]]] = {
    "array_optimize": array_optimize,
    "bag_optimize": bag_optimize,
    "delayed_optimize": delayed_optimize,
}


def _optimize(
    graph: Graph,
    keys: Keys,
    dasks_own: Callable[..., Graph],
    by_layer: Callable[[Graph, set[Any]], Graph],
    *,
    fuses_tasks: bool,
    **kwargs: Any,
) -> Graph:
    if not isinstance(graph, HighLevelGraph):
        return dasks_own(graph, keys, **kwargs)
    graph = _tag_sources(graph)
    if not any(_pool_of(layer) is not None for layer in graph.layers.values()):
        return dasks_own(graph, keys, **kwargs)
    wanted = list(flatten(keys)) if isinstance(keys, (list, set)) else [keys]
    graph = by_layer(_propagate_layers(graph), set(wanted))
    if not fuses_tasks:
        return graph
    owner = _pools_by_key(graph)
    fused = dasks_own(ensure_dict(graph), [*wanted, *_borders(graph, owner)], **kwargs)
    return _annotated(dict(fused), owner)


def _pool_of(layer: Any) -> Any:
    """A layer's annotation: a pool, a function of the key, or None."""
    return (layer.annotations or {}).get(ANNOTATION)


def _with_pool(layer: Any, pool: Any) -> Any:
    """A copy of the layer: the user's collection shares the original."""
    tagged = copy(layer)
    tagged.annotations = {**(layer.annotations or {}), ANNOTATION: pool}
    return tagged


def _tag_sources(graph: Graph) -> Graph:
    """Annotates source layers with the pool of the paths in them."""
    if not (catalog := configured()):
        return graph
    finder = PathFinder(catalog)
    layers = dict(graph.layers)
    for name, layer in graph.layers.items():
        if graph.dependencies[name] or _pool_of(layer) is not None:
            continue
        if (pool := _source_pool(layer, finder)) is not None:
            layers[name] = _with_pool(layer, pool)
    return HighLevelGraph(layers, graph.dependencies, graph.key_dependencies)


def _source_pool(layer: Any, finder: PathFinder) -> Any:
    """The one pool that a layer reads from, or a function of the key if it reads from several."""
    if isinstance(layer, Blockwise):  # not yet tasks: look at what they will be made of
        literals = [argument for argument, index in layer.indices if index is None]
        found = finder.pools_in([layer.task, layer.io_deps, *literals])
        return found.pop() if len(found) == 1 else None
    pools = {key: found.pop() for key, task in layer.items() if len(found := finder.pools_in(task)) == 1}
    if not pools:
        return None
    one_for_all = len(pools) == len(layer) and len(set(pools.values())) == 1
    return next(iter(pools.values())) if one_for_all else pools.get


def _propagate_layers(graph: Graph) -> Graph:
    known: dict[str, Tag] = {}
    for name, layer in graph.layers.items():
        if (pool := _pool_of(layer)) is not None:
            known[name] = pool if isinstance(pool, str) else MIXED
    order = [name for name in graph._toposort_layers() if name in graph.layers]
    found = propagate(order, graph.dependencies.__getitem__, graph.dependents.__getitem__, known)
    layers = dict(graph.layers)
    for name, tag in found.items():
        if tag is not MIXED:
            layers[name] = _with_pool(layers[name], tag)
    return HighLevelGraph(layers, graph.dependencies, graph.key_dependencies)


def _fuse_layers(graph: Graph, wanted: set[Any]) -> Graph:
    """Dask's fusion of array layers, but none of them forgets its pool."""
    fused = fuse_roots(optimize_blockwise(graph, keys=wanted), keys=list(wanted))
    layers = dict(fused.layers)
    for name, layer in layers.items():  # fuse_roots makes plain layers without annotations
        if name in graph.layers and _pool_of(layer) is None and (pool := _pool_of(graph.layers[name])) is not None:
            layers[name] = _with_pool(layer, pool)
    return HighLevelGraph(layers, fused.dependencies).cull(wanted)


def _pools_by_key(graph: Graph) -> dict[Any, str]:
    owner: dict[Any, str] = {}
    for layer in graph.layers.values():
        if (pool := _pool_of(layer)) is not None:
            pools = ((key, pool(key) if callable(pool) else pool) for key in layer)
            owner.update((key, pool) for key, pool in pools if isinstance(pool, str))
    return owner


def _borders(graph: Graph, owner: Mapping[Any, str]) -> Iterable[Any]:
    """Keys that are used in another pool than their own."""
    for key, inputs in graph.get_all_dependencies().items():
        if (here := owner.get(key)) is not None:
            yield from (each for each in inputs if owner.get(each, here) != here)


def _annotated(tasks: dict[Any, Any], owner: Mapping[Any, str]) -> Graph:
    """One layer of these tasks, each with the pool of what was fused into it."""
    pools: dict[Any, str] = {}
    for key, task in tasks.items():
        found = {owner[inner] for inner in (key, *_fused_keys(task)) if inner in owner}
        if len(found) == 1:
            pools[key] = found.pop()
    name = f"pools-{uuid.uuid4().hex}"  # its own: the graphs of several optimizations are merged by layer name
    return HighLevelGraph({name: MaterializedLayer(tasks, annotations={ANNOTATION: pools.get})}, {name: set()})


def _fused_keys(task: Any) -> Iterable[Any]:
    """Keys of the tasks that dask fused into this one; none if it is not fused."""
    return task.args[0] if isinstance(task, Task) and task.func is _execute_subgraph else ()
