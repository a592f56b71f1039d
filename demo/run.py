"""The whole way: data centres on this machine, `pulumi up`, both questions asked both ways, figures into out/."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import dask.config
import xarray as xr

from demo import data, figures
from demo.notebook import Notebook
from demo.questions import QUESTIONS
from demo.report import Row, Run, broken_promises, rows, table, too_slow
from isthmus import names
from isthmus.environment import Environment, load
from isthmus.errors import IsthmusError
from isthmus.graph.draw import sites
from isthmus.local import DataCentres, World
from isthmus.local.waiting import wait_until
from tools.pulumi.engine import Engine

ENVIRONMENT: Final = "local"
#: Claims of stacks/local and who fills them.
CLAIMS: Final = {
    ("ecmwf", data.FORECASTS): data.make_forecasts,
    ("eumetsat", data.OBSERVATIONS): data.make_observations,
}
#: The rival goes first: what the first run warms up (caches of files, imports) serves the other.
MODES: Final = ("pinned", "pools")
WORKERS_S: Final = 180.0
#: What each step takes (benchmarks/results/demo.md), so that nobody takes silence for an end.
ABOUT_S: Final = {"data centres": 10, "files": 10, "pulumi up": 15, "workers": 5}

Say = Callable[[str], None]


def say(line: str) -> None:
    """Progress, for a person."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def up(root: Path, *, free_ports: bool = False, say: Say = say) -> dict[str, float]:
    """Whatever is missing is made: data centres, files, the declared platform. Returns seconds by step.

    free_ports: any free ports of 127.0.0.1, so that another world can be up on this machine. Raises IsthmusError.
    """
    environment, world = load(root, ENVIRONMENT), World(root)
    steps: dict[str, Callable[[], object]] = {
        "data centres": lambda: _start(root, free_ports, say),
        "files": lambda: make_files(world),
        "pulumi up": lambda: Engine(root, ENVIRONMENT).up(*policies(root)),
        "workers": lambda: await_workers(world, environment),
    }
    seconds = {}
    for step, work in steps.items():
        say(f"{step}: about {ABOUT_S[step]} s on 2 cores")
        started = time.monotonic()
        work()
        seconds[step] = time.monotonic() - started
        say(f"  {seconds[step]:.0f} s")
    return seconds


def _start(root: Path, free_ports: bool, say: Say) -> None:
    """Data centres that outlive this process, unless they are up; the first time, their programs are built."""
    centres = DataCentres(
        root, ENVIRONMENT, free_ports=free_ports, report=lambda facts: say(f"  {facts['site']}: {facts['phase']}")
    )
    if not centres.up:
        centres.start()
        centres.detach()


def policies(root: Path) -> tuple[str, ...]:
    """The policy pack, told that this environment may be lost."""
    folder = root / "policy"
    return "--policy-pack", str(folder), "--policy-pack-config", str(folder / f"config.{ENVIRONMENT}.json")


def make_files(world: World, shape: data.Shape = data.POST_SHAPE) -> None:
    """The demo's files, each in the volume of its own site."""
    for (site, claim), make in CLAIMS.items():
        make(world.volume(site, claim), shape)


def workers_of(environment: Environment) -> int:
    """How many workers the stack asks for."""
    return sum(pool.workers.min for site in environment.sites for pool in site.pools.values())


def await_workers(world: World, environment: Environment) -> None:
    """Returns when every declared worker is Ready. Raises IsthmusError that shows the pods otherwise."""
    sites = [site.name for site in environment.sites if site.pools]
    wanted = workers_of(environment)

    def ready() -> bool:
        pods = [pod for site in sites for pod in _pods(world, site, environment)]
        return sum(_is_ready(pod) for pod in pods) >= wanted

    if not wait_until(ready, WORKERS_S, every=1.0):
        seen = "\n".join(
            world.kubectl(site.name, "get", "pods", "-n", site.namespace, "-o", "wide") for site in environment.sites
        )
        raise IsthmusError(f"{wanted} workers were not Ready within {WORKERS_S:.0f} s:\n{seen}")


def _pods(world: World, site: str, environment: Environment) -> list[dict[str, Any]]:
    selector = f"{names.LABEL_COMPONENT}=worker"
    text = world.kubectl(site, "get", "pods", "-n", environment.site(site).namespace, "-l", selector, "-o", "json")
    items: list[dict[str, Any]] = json.loads(text)["items"]
    return items


def _is_ready(pod: dict[str, Any]) -> bool:
    conditions = pod["status"].get("conditions", ())
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def run(root: Path, out: Path, rounds: int = 3, say: Say = say) -> list[Row]:
    """Asks every question `rounds` times each way, in turn; writes table, figures and reports into `out`.

    Raises IsthmusError if there is no world to ask.
    """
    environment, world = load(root, ENVIRONMENT), World(root)
    if not world.up:
        raise IsthmusError("the data centres are not up; `make demo` starts them and asks.")
    notebook = Notebook(world, environment)
    notebook.open()
    out.mkdir(parents=True, exist_ok=True)
    runs = []
    for question in QUESTIONS:
        single = single_process(world, question)
        for number in range(rounds):
            for mode in MODES:
                runs.append(one_run(world, environment, notebook, question, mode, single, out))
                say(f"  {question} {mode} {number + 1} of {rounds}: {runs[-1].seconds:.1f} s")
        for mode in MODES:  # once more and not counted: writing the report takes its own time
            notebook.ask(question, mode, "--report", workers=workers_of(environment))
    notebook.fetch(out)
    found = rows(runs)
    (out / "runs.json").write_text(json.dumps([vars(one) for one in runs], indent=1))
    write(environment, found, out)
    return found


def one_run(
    world: World, environment: Environment, notebook: Notebook, question: str, mode: str, single: xr.Dataset, out: Path
) -> Run:
    """One run, with what the WAN counted from before its client starts to after it has ended."""
    before = wire_bytes(world)
    notebook.ask(question, mode, workers=workers_of(environment))
    after = wire_bytes(world)
    notebook.fetch(out)
    stem = out / f"{question}-{mode}"
    answer = xr.load_dataset(f"{stem}.nc")
    return Run.of(json.loads(Path(f"{stem}.json").read_text()), wire=after - before, right=same(answer, single))


def wire_bytes(world: World) -> int:
    """IP bytes that have crossed the WAN between any two sites since it came up."""
    return sum(size for targets in world.status()["wan"]["bytes"].values() for size in targets.values())


def single_process(world: World, question: str) -> xr.Dataset:
    """The answer of one thread of this process, which reads the files of all sites."""
    forecasts, observations = (str(world.volume(site, claim)) for site, claim in CLAIMS)
    with dask.config.set(scheduler="synchronous"):
        answer = QUESTIONS[question](lambda path, chunks: xr.open_dataset(path, chunks=chunks), forecasts, observations)
        return answer.answer.load()


def same(answer: xr.Dataset, single: xr.Dataset) -> bool:
    """Whether two answers agree to the rounding of float32 sums: 1e-6 of the fields that were subtracted."""
    try:
        xr.testing.assert_allclose(answer, single, rtol=1e-6, atol=0.05 if "difference" in answer else 1e-3)
    except AssertionError:
        return False
    return True


def write(environment: Environment, found: list[Row], out: Path) -> None:
    """Table, figures and the picture of the sites."""
    outlook = xr.load_dataset(out / "el-nino-pools.nc")
    figures.plume(outlook).savefig(out / "el-nino-plume.png", dpi=130)
    figures.strip(outlook).savefig(out / "el-nino-strip.png", dpi=130)
    (out / "sites.svg").write_text(sites.svg(environment))
    (out / "sites.mmd").write_text(sites.mermaid(environment))
    (out / "table.md").write_text(table(found))


def dashboard(root: Path) -> str:
    """Where the scheduler's dashboard is on this machine."""
    return str(World(root).status()["dashboard"])


def down(root: Path) -> None:
    """Destroys what the stack made, then ends the data centres; files stay for the next time.

    The data centres end also if the stack cannot be destroyed; raises IsthmusError that says why it could not.
    """
    world = World(root)
    try:
        if world.up:
            Engine(root, ENVIRONMENT).destroy()
    except IsthmusError as error:
        raise IsthmusError(
            f"{error}\nSo the stack is not destroyed, and the next `make demo` finds it; the data centres are ended."
        ) from error
    finally:
        world.down()


def kept(root: Path) -> int:
    """Bytes that the project's data centres keep on disk."""
    said = subprocess.run(["du", "-s", "--block-size=1", World(root).state], capture_output=True, text=True, check=True)
    return int(said.stdout.split()[0])


def promises_kept(found: list[Row], say: Say = say) -> bool:
    """Says what is not as promised; False if answers or bytes are not. Seconds of so few rounds are only mentioned."""
    broken = broken_promises(found)
    for sentence in broken + too_slow(found):
        say(f"not as promised: {sentence}")
    return not broken
