"""What we use of dask and distributed beyond their promises, thing by thing: the first to look at after an upgrade."""

import inspect
import subprocess
import sys
from pathlib import Path

import dask.array as da
import numpy as np
import pytest
from dask._task_spec import Alias, DataNode, GraphNode, Task, TaskRef, _execute_subgraph, fuse_linear_task_spec
from dask.blockwise import Blockwise, fuse_roots, optimize_blockwise
from dask.highlevelgraph import HighLevelGraph, MaterializedLayer
from distributed import wait
from distributed.active_memory_manager import ActiveMemoryManagerExtension, ReduceReplicas, Suggestion
from distributed.scheduler import TaskState, WorkerState
from distributed.shuffle._core import ShuffleId, barrier_key, id_from_key

from isthmus.pools.selfcheck import STANDS_ON, missing
from tests.pools.processes import make_zip
from tests.pools.sites import World
from tests.pools.sources import OpenedFile, load
from tests.waiting import until


def test_everything_that_the_package_stands_on_is_there() -> None:
    assert missing() == []


@pytest.mark.parametrize("name", ["dask._task_spec:_gone", "dask.gone:x", "distributed.scheduler:TaskState.gone"])
def test_what_is_not_there_is_named(name: str) -> None:
    assert missing((*STANDS_ON, name)) == [name]


def test_an_unsupported_dask_is_refused_on_import_in_one_sentence() -> None:
    code = "import dask._task_spec as t, distributed; del t._execute_subgraph; import isthmus.pools"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    last = ended.stderr.strip().splitlines()[-1]
    assert ended.returncode == 1
    assert last.startswith("isthmus.errors.UnsupportedDask: ")
    assert "dask._task_spec:_execute_subgraph" in last


def test_the_package_imports_from_a_zip_with_nothing_but_distributed(tmp_path: Path) -> None:
    absent = ("numpy", "pandas", "xarray", "pulumi", "pydantic", "aiohttp", "kopf", "rich", "cryptography", "bokeh")
    block = f"import sys; sys.modules.update(dict.fromkeys({absent}))"
    command = [sys.executable, "-c", f"{block}; import isthmus.pools.preload as p; print(p.__file__)"]
    environment = {"PYTHONPATH": str(make_zip(tmp_path / "isthmus.zip"))}
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert (ended.stdout, ended.stderr) == (f"{tmp_path}/isthmus.zip/isthmus/pools/preload.py\n", "")


def test_a_fused_task_holds_the_tasks_it_was_made_of() -> None:
    tasks = {"x": Task("x", load, 1), "y": Task("y", np.sum, TaskRef("x"))}
    (fused,) = (task for task in fuse_linear_task_spec(tasks, {"y"}).values() if not isinstance(task, Alias))

    assert fused.func is _execute_subgraph
    assert set(fused.args[0]) == {"x", "y"}


def test_tasks_and_literals_are_graph_nodes() -> None:
    task = Task("k", load, 1, fill=2)

    assert isinstance(task, GraphNode)
    assert isinstance(DataNode("k", 3), GraphNode)
    assert (task.args, task.kwargs, DataNode("k", 3).value) == ((1,), {"fill": 2}, 3)


def test_layers_are_blockwise_until_they_are_made_into_tasks() -> None:
    graph = (da.ones((4, 4), chunks=2) + 1).dask
    (last, *_) = reversed(graph._toposort_layers())
    layer = graph.layers[last]

    assert isinstance(layer, Blockwise)
    assert all(len(index) == 2 for index in layer.indices)
    assert layer.task is not None
    assert layer.io_deps is not None


def test_layers_are_fused_on_their_own_and_culled_with_their_annotations() -> None:
    array = da.ones((4, 4), chunks=2) + 1
    for layer in array.dask.layers.values():
        layer.annotations = {"pool": "a"}
    keys = [(array.name, 0, 0)]
    fused = fuse_roots(optimize_blockwise(array.dask, keys=keys), keys=keys).cull(set(keys))

    assert [layer.annotations for layer in fused.layers.values()] == [{"pool": "a"}]


def test_a_layer_may_be_annotated_key_by_key() -> None:
    layer = MaterializedLayer({"k": Task("k", load, 1)}, annotations={"pool": {"k": "a"}.get})

    annotations = HighLevelGraph({"l": layer}, {"l": set()}).layers["l"].annotations
    assert annotations is not None
    assert annotations["pool"]("k") == "a"


def test_the_key_of_a_barrier_is_known_by_its_shape() -> None:
    assert id_from_key(barrier_key(ShuffleId("s"))) == "s"
    assert id_from_key(("s", 0)) is None


def test_arrays_that_share_a_file_share_a_key_that_begins_with_original() -> None:
    array = da.from_array(OpenedFile((4, 2)), chunks=2)
    assert [str(key) for key in array.dask.to_dict() if isinstance(key, str)] == [f"original-{array.name}"]


def test_the_memory_manager_asks_find_recipient_for_a_place() -> None:
    assert list(inspect.signature(ActiveMemoryManagerExtension._find_recipient).parameters) == [
        "self",
        "ts",
        "candidates",
        "pending_repl",
    ]
    assert Suggestion._fields == ("op", "ts", "candidates")
    assert inspect.isgeneratorfunction(ReduceReplicas.run)


def test_a_task_state_has_what_we_read_and_a_restriction_that_we_may_share(world: World) -> None:
    future = world.client.submit(load, 1, pure=False)
    wait(future)
    ts = world.scheduler.tasks[future.key]

    assert isinstance(ts, TaskState)
    assert not any((ts.worker_restrictions, ts.host_restrictions, ts.waiting_on))
    assert isinstance(ts.priority, tuple)
    assert ts.get_nbytes() == ts.nbytes > 0
    live = {"tcp://nobody"}
    ts.worker_restrictions = live
    assert world.scheduler.valid_workers(ts) == set()
    live.add(world.worker("a-0").address)
    assert world.scheduler.valid_workers(ts) == {world.scheduler.workers[world.worker("a-0").address]}


def test_a_worker_state_has_what_we_read(world: World) -> None:
    worker = world.scheduler.workers[world.worker("a-0").address]

    assert isinstance(worker, WorkerState)
    assert dict(worker.resources) == {"pool-a": 1}
    assert (worker.nthreads, len(worker.processing), worker.memory_limit) == (1, 0, 2**31)
    assert worker in world.scheduler.running


def test_the_scheduler_guesses_durations_and_keeps_what_cannot_run(world: World) -> None:
    futures = world.client.map(load, range(2), workers=["tcp://127.0.0.1:1"], allow_other_workers=False, pure=False)
    scheduler = world.scheduler
    until("the tasks to wait", lambda: len(scheduler.unrunnable) == 2)

    assert {ts.key for ts in scheduler.unrunnable} == {future.key for future in futures}
    assert all(0 < scheduler._get_prefix_duration(ts.prefix) < 10 for ts in scheduler.unrunnable)
    assert len(scheduler.queued) == 0


def test_many_loads_of_one_file_are_rootish_until_they_are_restricted(world: World) -> None:
    kept = world.persist(da.from_array(OpenedFile((40, 4)), chunks=(1, -1)))
    ts = world.scheduler.tasks[(kept.name, 0, 0)]
    assert ts.dependencies
    assert world.scheduler.is_rootish(ts)

    ts.worker_restrictions = {"tcp://x"}
    assert not world.scheduler.is_rootish(ts)
