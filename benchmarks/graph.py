"""The graph room on a large environment, beside Pulumi's mocks: `python -m benchmarks.graph [--rounds N] [--write]`.

    record     isthmus.graph.record: the real program; every option, dependency and mark kept, nothing secret
    set_mocks  pulumi.runtime.set_mocks: the same program with the least mocks that it runs with; keeps types and inputs
    policy     the whole pack, in this process, over the recorded graph
    diff       what an update would do, from the graph before and the graph after a change of every pool

Rounds alternate in one process that is warm: everything has been imported and run once. Both recordings run with the
same setting of the garbage collector. The shell's command is a process of its own and records two commits.
"""

import argparse
import asyncio
import contextvars
import json
import os
import platform
import runpy
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from pulumi.runtime import mocks, run_in_stack
from pulumi.runtime.config import set_all_config
from pulumi.runtime.settings import set_root_resource

from benchmarks.large import ROOT, STACK, project
from isthmus.environment import load
from isthmus.graph import Graph, record, store
from isthmus.graph.config import stack_config
from isthmus.graph.diff.comparison import compare
from isthmus.graph.monitor import DRAWN
from isthmus.graph.process import rarely_collected
from policy.judge import judge
from policy.stored import resources

RESULTS: Final = ROOT / "benchmarks" / "results" / "graph.md"
SHELL: Final = "graph diff, from the shell"
#: What was promised: a part of another row's time, or seconds; wall clock of the median round.
RATIOS: Final = {("record", "set_mocks"): 1.2, ("policy", "record"): 0.5, ("diff", "record"): 0.15}
SECONDS: Final = {"record": 4.0, SHELL: 5.0}


class LeastMocks(mocks.Mocks):
    """What the program needs to run through: names that a provider would give, a password that it would draw."""

    def call(self, args: mocks.MockCallArgs) -> Any:
        raise NotImplementedError(args.token)  # the program asks no provider; should it begin to, this says so

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        outputs = dict(args.inputs)
        if args.typ.startswith("kubernetes:"):
            outputs["metadata"] = {"name": args.name, "namespace": "default", **outputs.get("metadata", {})}
        elif args.typ == "random:index/randomPassword:RandomPassword":
            outputs["result"] = DRAWN
        return f"{args.name}-id", outputs


def with_mocks(root: Path) -> int:
    """Runs the stack's program under Pulumi's own mocks. The number of resources that it registered."""
    config = stack_config(root, load(root, STACK), {})
    counted: list[int] = []

    def program() -> None:
        runpy.run_path(str(root / "__main__.py"), run_name="__main__")

    def run() -> None:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        try:
            monitor = mocks.MockMonitor(LeastMocks())
            set_root_resource(object())  # type: ignore[arg-type] # else set_mocks makes a stack of its own
            mocks.set_mocks(monitor.mocks, config.project, STACK, preview=False, monitor=monitor)
            set_root_resource(None)  # type: ignore[arg-type] # not the stand-in that kept it from that
            set_all_config(dict(config.values), list(config.secret_keys))
            loop.run_until_complete(run_in_stack(program))
            counted.append(len(monitor.get_registered_resources()))
        finally:
            loop.close()
            asyncio.set_event_loop(None)

    with rarely_collected:
        contextvars.copy_context().run(run)
    return counted[0]


T = TypeVar("T")


@dataclass
class Times:
    """Seconds of each round of one contender."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def took(self, run: Callable[[], T]) -> T:
        """What `run` returns; its time is added."""
        wall, cpu = time.perf_counter(), time.process_time()
        result = run()
        self.wall.append(time.perf_counter() - wall)
        self.cpu.append(time.process_time() - cpu)
        return result

    @property
    def median(self) -> float:
        return statistics.median(self.wall)


def measured(folder: Path, rounds: int) -> tuple[Graph, dict[str, Times]]:
    """The recorded graph, and the times of everything that runs in this process."""
    before = project(folder / "before")
    changed = record(project(folder / "after", memory="32Gi"), STACK)
    times = {name: Times() for name in ("record", "set_mocks", "policy", "diff")}
    for number in range(rounds + 1):
        now = times if number else {name: Times() for name in times}  # the first round warms up
        graph = now["record"].took(lambda: record(before, STACK))
        now["set_mocks"].took(lambda: with_mocks(before))
        judged = resources(json.loads(store.dump(graph)))
        now["policy"].took(partial(judge, judged))
        found = now["diff"].took(partial(compare, graph, changed))
        assert found.changes, "the change of every pool must show"
    return graph, times


def from_the_shell(rounds: int) -> Times:
    """`isthmus graph diff` of production, between the last commit and itself: two checkouts, two recordings."""
    times = Times()
    words = [sys.executable, "-m", "isthmus", "graph", "diff", "HEAD", "HEAD", "--stack", "production"]
    for _ in range(rounds):
        times.took(lambda: subprocess.run(words, cwd=ROOT, check=True, capture_output=True))
    return times


def table(times: dict[str, Times]) -> str:
    rows = [
        f"| {name} | {one.median:.2f} ({min(one.wall):.2f} to {max(one.wall):.2f}) | "
        f"{'' if name == SHELL else f'{statistics.median(one.cpu):.2f}'} |"  # a child's is not ours
        for name, one in times.items()
    ]
    return "\n".join(["| | seconds | of them CPU |", "| --- | --- | --- |", *rows])


def promises(times: dict[str, Times]) -> list[tuple[str, bool]]:
    """Each promise with what came of it, and whether it is kept."""
    found = []
    for (one, other), limit in RATIOS.items():
        ratio = times[one].median / times[other].median
        found.append((f"{one} takes {ratio:.2f} of {other}; at most {limit}", ratio <= limit))
    for name, limit in SECONDS.items():
        found.append((f"{name}: {times[name].median:.1f} s; the aim is {limit:.0f} s", times[name].median <= limit))
    return found


def report(graph: Graph, times: dict[str, Times], load_before: float) -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    version = platform.python_version()
    when = datetime.now(UTC).isoformat(timespec="seconds")
    lines = [f"- {'kept' if kept else 'NOT kept'}: {text}." for text, kept in promises(times)]
    sites = len(graph.of_type("isthmus:index:Site"))
    return f"""<!-- written by `make bench-graph`, never by hand -->
# The graph of a large environment, measured

{when}, {os.cpu_count()} cores, {memory:.0f} GB, load {load_before:.1f} before the start; Python {version}.
{len(graph.nodes)} resources at {sites} sites. Medians of {len(times["record"].wall)} rounds (fastest to slowest).

{table(times)}

{chr(10).join(lines)}
"""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.graph")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.relative_to(ROOT)}")
    given = parser.parse_args(arguments)
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="isthmus-bench-") as folder:
        graph, times = measured(Path(folder), given.rounds)
    times[SHELL] = from_the_shell(given.rounds)
    text = report(graph, times, load_before)
    print(text)
    if given.write:
        RESULTS.write_text(text)
    return 0 if all(kept for _, kept in promises(times)) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
