"""The demo from nothing, in a world of its own: seconds until workers are ready, memory, and both questions both ways.

    python -m benchmarks.demo [--rounds 5] [--results benchmarks/results]

Rounds alternate between the rivals. Writes `demo.md` and `demo.json`; exit status 1 if a promise is not kept.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from demo import run
from demo.notebook import Notebook
from demo.report import SHORT, TITLES, Row, broken_promises, sentence, table, too_slow
from isthmus.environment import load
from isthmus.local import World

CHECKOUT = Path(__file__).resolve().parents[1]
README = CHECKOUT / "README.md"
#: Between these two lines README shows what was measured last.
FIGURES = ("<!-- figures: written by `make bench-demo` -->", "<!-- end of figures -->")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.demo")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--results", type=Path, default=CHECKOUT / "benchmarks" / "results")
    given = parser.parse_args(arguments)
    given.results.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="isthmus-bench-") as folder:
        root = copied(Path(folder) / "isthmus")
        world = World(root)
        load_before = os.getloadavg()[0]
        try:
            seconds = run.up(root, free_ports=True) | first_answer(root)
            found = run.run(root, root / "out", given.rounds)
            memory = {site: facts["memory_bytes"] for site, facts in world.status()["sites"].items()}
        finally:
            world.clean()
    broken = broken_promises(found) + too_slow(found)
    facts = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(load_before),
        "seconds until ready": seconds,
        "memory bytes": memory,
        "rows": [asdict(row) for row in found],
        "not kept": broken,
    }
    (given.results / "demo.json").write_text(json.dumps(facts, indent=1) + "\n")
    text = page(facts, table(found))
    (given.results / "demo.md").write_text(text)
    README.write_text(with_figures(README.read_text(), facts))
    sys.stdout.write(text)
    return 1 if broken else 0


def first_answer(root: Path) -> dict[str, float]:
    """Seconds from ready workers to the first answer: the notebook's pod, imports everywhere, one small question."""
    environment, started = load(root, run.ENVIRONMENT), time.monotonic()
    notebook = Notebook(World(root), environment)
    notebook.open()
    notebook.ask("el-nino", "pools", workers=run.workers_of(environment))
    return {"first answer": time.monotonic() - started}


def copied(root: Path) -> Path:
    """The tracked files in a folder of their own, so that a demo that runs here is left alone."""
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    for name in filter(None, tracked.stdout.split("\0")):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(CHECKOUT / name, root / name)
    (root / ".venv").symlink_to(CHECKOUT / ".venv")
    return root


def machine(load: float) -> dict[str, Any]:
    """What the figures depend on. load: tasks that wanted a core in the minute before the start."""
    return {
        "cores": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "python": platform.python_version(),
        "load before": round(load, 1),
    }


def page(facts: Mapping[str, Any], rows: str) -> str:
    """The result for a reader."""
    of = facts["machine"]
    steps = ", ".join(f"{step} {seconds:.0f} s" for step, seconds in facts["seconds until ready"].items())
    memory = ", ".join(f"{site} {size / 1e6:.0f} MB" for site, size in facts["memory bytes"].items())
    parts = ", ".join(f"{ratio:.2f} of {question}" for question, ratio in time_ratios(facts["rows"]).items())
    kept = "\n".join(f"- {sentence}" for sentence in facts["not kept"]) or "All promises are kept."
    return f"""<!-- written by `make bench-demo`, never by hand -->
# The demo, measured

{facts["when"]}, {of["cores"]} cores, {of["memory_bytes"] / 1e9:.0f} GB, load {of["load before"]} before the start.
WAN of 20 MB/s for each site and direction. Seconds are medians (fastest to slowest). MB across are task outputs that
left a pool, by Dask's transfer logs; at least: what must leave a pool whatever one does. On the wire: all IP packets
between the sites.

{rows}
From nothing: {steps}. Memory at the end: {memory}.
Seconds with pools as a part of those without: {parts}.

{kept}
"""


def time_ratios(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Question -> its seconds with pools over those without."""
    seconds = {(row["question"], row["mode"]): row["seconds"] for row in rows}
    return {
        TITLES[question]: seconds[question, "pools"] / seconds[question, "pinned"]
        for question in dict.fromkeys(row["question"] for row in rows)
    }


def with_figures(readme: str, facts: Mapping[str, Any]) -> str:
    """README with these figures in the place of the last ones. Raises ValueError if the place is gone."""
    before, rest = readme.split(FIGURES[0])
    after = rest.split(FIGURES[1])[1]
    found = [Row(**row) for row in facts["rows"]]
    steps = ", ".join(f"{step} {seconds:.0f} s" for step, seconds in facts["seconds until ready"].items())
    memory = sum(facts["memory bytes"].values()) / 1e9
    summary = f"From nothing, on {facts['machine']['cores']} cores: {steps}; {memory:.1f} GB of memory in all."
    return f"{before}{FIGURES[0]}\n{sentence(found)}\n\n{table(found, SHORT)}\n{summary}\n{FIGURES[1]}{after}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
