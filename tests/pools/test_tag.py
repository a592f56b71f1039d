"""Which pools a task reads from: paths and URLs anywhere in it."""

import functools
import threading
from pathlib import Path
from typing import Any

import dask.config
import numpy as np
import pytest
from dask._task_spec import DataNode, Dict, List, Task, TaskRef

from isthmus.catalog import Catalog
from isthmus.pools.tag import PathFinder, configured

CATALOG = Catalog({"/data/a/": "a", "/data/b/": "b", "s3://bucket": "s"})


class Opened:
    """Something opaque that keeps a path, as file systems and stores do."""

    def __init__(self, path: object, ballast: object = None) -> None:
        self.ballast, self.path = ballast, path

    def __call__(self) -> None: ...


class Unpicklable(Opened):
    def __reduce__(self) -> Any:
        return (Opened, (self.path, threading.Lock()))


CASES: list[tuple[str, object, set[str]]] = [
    ("a string", Task("k", len, "/data/a/x.nc"), {"a"}),
    ("a path object", Task("k", len, Path("/data/a/x.nc")), {"a"}),
    ("a keyword", Task("k", len, path="/data/a/x.nc"), {"a"}),
    ("in a list", Task("k", len, List(["/data/a/x.nc", 1])), {"a"}),
    ("in a dictionary", Task("k", len, Dict({"path": "/data/a/x.nc"})), {"a"}),
    ("a literal", DataNode("k", "/data/a/x.nc"), {"a"}),
    ("in an opaque object", Task("k", len, Opened("/data/a/x.nc")), {"a"}),
    ("a path object in an opaque object", Task("k", len, Opened(Path("/data/a/x.nc"))), {"a"}),
    ("a callable object", Task("k", Opened("bucket/x.zarr")), {"s"}),
    ("a partial", Task("k", functools.partial(open, "/data/a/x.nc")), {"a"}),
    ("two pools", Task("k", len, "/data/a/x.nc", Opened("/data/b/x.nc")), {"a", "b"}),
    ("what pickles until then counts", Task("k", len, Unpicklable("/data/a/x.nc")), {"a"}),
    ("no known path", Task("k", len, "/data/c/x.nc"), set()),
    ("a key that looks like a path is no path", Task("k", len, TaskRef("/data/a/x.nc")), set()),
    ("an array is not looked through", Task("k", len, np.array(["/data/a/x.nc"])), set()),
    ("a list of data is not looked through", Task("k", len, ["/data/a/x.nc"] * 1000), set()),
    ("behind 5 MB, not found", Task("k", len, Opened("/data/a/x.nc", bytes(5_000_000))), set()),
]


@pytest.mark.parametrize(("task", "pools"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_paths_in_a_task_tell_its_pool(task: object, pools: set[str]) -> None:
    assert PathFinder(CATALOG).pools_in(task) == pools


def test_an_object_that_many_tasks_share_is_looked_through_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[object] = []

    def getstate(self: Opened) -> dict[str, object]:
        looked.append(self)
        return self.__dict__

    monkeypatch.setattr(Opened, "__getstate__", getstate)
    finder, shared = PathFinder(CATALOG), Opened("/data/a/x.nc")

    assert [finder.pools_in(Task(n, len, shared)) for n in range(3)] == [{"a"}] * 3
    assert looked == [shared]


def test_without_a_catalog_nothing_is_looked_at() -> None:
    assert PathFinder(Catalog({})).pools_in("/data/a/x.nc") == set()


def test_the_catalog_comes_from_dasks_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("isthmus.pools.tag._of_plugin", None)
    with dask.config.set({"isthmus.catalog": [{"prefix": "/data/a/", "pool": "a"}]}):
        assert dict(configured()) == {"/data/a/": "a"}
    assert not configured()
