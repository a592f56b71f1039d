"""`isthmus reach ENV`: asks every API server of an environment whether it is there, before a preview is believed.

A `pulumi preview` against an API server that does not answer passes silently, even with `--refresh`: it compares the
program with the state and says "no changes". So CI asks first. `kubectl` does the asking, because it knows every way
in that a kubeconfig can describe (certificates, tokens, the cloud providers' exec plugins).

No message holds a credential: what kubectl says is read for its cause, and only what is known to be harmless is kept.
"""

import asyncio
import os
import re
import shutil
import signal
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from isthmus.environment import Environment, Kubernetes, Site, load
from isthmus.errors import IsthmusError
from isthmus.options import ROOT

TIMEOUT_S: Final = 10.0
#: For `pulumi config get`, which asks no API server: the CLI takes about a second, a state in a cloud a few.
CONFIG_TIMEOUT_S: Final = 60.0
#: What kubectl says -> what it means. kubectl 1.32 and 1.37 (client-go's and net/http's own words, mostly).
CAUSES: Final = (
    (r"Unauthorized|must be logged in|provide credentials|^error: EOF", "401: it does not know these credentials"),
    (r"\(Forbidden\)", "403: these credentials may not ask it"),
    (r"error loading config file|invalid configuration", "the kubeconfig cannot be read"),
    (r'context "?([\w.@:/-]+)"? does not exist', r"the kubeconfig has no context \1"),
    (r"stat (/[\w./-]+): no such file", r"there is no file \1"),
    (r"getting credentials: exec: fork/exec ([\w./-]+): no such file", r"the credential plugin \1 is not installed"),
    (r"getting credentials: exec: executable ([\w./-]+) not found", r"the credential plugin \1 is not installed"),
    (r"getting credentials", "the credential plugin of the kubeconfig failed"),
    (r"x509: ([a-z ,-]{1,60})", r"TLS: \1"),
    (r"tls: ([a-z ,-]{1,60})", r"TLS: \1"),
    (r"was refused|connection refused", "connection refused"),
    (r"no such host", "no such host"),
    (r"no route to host|network is unreachable", "no route to it"),
    (r"connection reset|: EOF", "it hung up"),
    (r"Timeout|deadline exceeded|timed out", "none in time"),
    (r"readyz check failed|\(InternalError\)", "500: it says itself that it is not ready"),
    (r"Error from server \(([A-Za-z]{1,40})\)", r"it refused: \1"),
)


@dataclass(frozen=True)
class Answer:
    """What became of asking one site."""

    site: str
    problem: str = ""
    """Why there was no answer; empty if there was one."""
    paused: bool = False
    """Not asked: the stack file says so."""

    def __str__(self) -> str:
        if self.paused:
            return f"{self.site}: paused, not asked"
        return f"{self.site}: {f'no answer: {self.problem}' if self.problem else 'answers'}"


class Unreached(IsthmusError):
    """API servers of an environment do not answer. `environment`, and their `sites`."""

    def __init__(self, environment: str, sites: Sequence[str], *, asked: int) -> None:
        self.environment, self.sites = environment, tuple(sites)
        super().__init__(
            f"{len(sites)} of {asked} API servers of {environment} did not answer: {', '.join(sites)}. A preview "
            "without them would pass and mean nothing; mend the way to them, or set `paused: true` in the site's file."
        )


class _NoAnswer(Exception):
    """A program said no, or nothing in time."""


def cause(said: str) -> str:
    """What stopped kubectl, in one line, from its stderr. Never a text that it may have quoted from a kubeconfig."""
    for pattern, meaning in CAUSES:
        if found := re.search(pattern, said, re.MULTILINE):
            return found.expand(meaning).strip(" ,-")
    return "kubectl failed for a reason that is not shown here, it may hold a credential; ask it yourself"


def way_in(kubernetes: Kubernetes, root: Path) -> list[str]:
    """kubectl's arguments for a site whose kubeconfig is no stack secret. root: the project."""
    path = ["--kubeconfig", str(root / kubernetes.kubeconfig)] if kubernetes.kubeconfig else []
    return [*path, *(["--context", kubernetes.context] if kubernetes.context else [])]


async def ask(environment: Environment, root: Path, timeout_s: float = TIMEOUT_S) -> list[Answer]:
    """One answer per site of this stack, in the stack's order; all are asked at once.

    timeout_s: for each API server. Raises IsthmusError if kubectl (or pulumi, where a kubeconfig is a stack secret)
    is not on PATH. Kubeconfigs from the stack lie in a 0600 file for as long as they are needed.
    """
    asked = [site for site in environment.sites if not site.paused]
    needed = ["kubectl"] if asked else []
    if any(site.kubernetes.kubeconfigSecret for site in asked):
        needed.append("pulumi")
    if missing := [program for program in needed if shutil.which(program) is None]:
        raise IsthmusError(
            f"{' and '.join(missing)} not on PATH; the API servers of {environment.name} cannot be asked without. "
            "Install what is missing; data centres of this machine: isthmus local status."
        )
    with tempfile.TemporaryDirectory(prefix="isthmus-reach-") as private:  # 0700
        return await asyncio.gather(
            *(_site(site, environment.name, root, Path(private), timeout_s) for site in environment.sites)
        )


async def _site(site: Site, stack: str, root: Path, private: Path, timeout_s: float) -> Answer:
    if site.paused:
        return Answer(site.name, paused=True)
    try:
        arguments = way_in(site.kubernetes, root)
        if key := site.kubernetes.kubeconfigSecret:
            arguments = ["--kubeconfig", str(await _from_stack(key, stack, root, private / site.name))]
        limit = f"--request-timeout={timeout_s:g}s"
        # A little later than kubectl itself: an exec plugin does not know of its limit.
        await _run(["kubectl", *arguments, "get", "--raw", "/readyz", limit], root, timeout_s + 1, timeout_s)
    except _NoAnswer as problem:
        return Answer(site.name, str(problem))
    return Answer(site.name)


async def _from_stack(key: str, stack: str, root: Path, path: Path) -> Path:
    """`path`, made with the kubeconfig that is a secret of the stack."""
    name = f"isthmus:{key}"
    command = ["pulumi", "config", "get", name, "--stack", stack, "--non-interactive"]
    done = await _output(command, root, CONFIG_TIMEOUT_S)
    if done is None or done.status or not done.out.strip():
        raise _NoAnswer(f"its kubeconfig, {name}, cannot be had: `{' '.join(command[:-1])}` failed; run it to see why")
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(done.out)
    return path


async def _run(command: Sequence[str], root: Path, within_s: float, told_s: float) -> None:
    """Runs kubectl. Raises _NoAnswer with the cause if it fails or takes too long."""
    done = await _output(command, root, within_s)
    if done is None:
        raise _NoAnswer(f"none within {told_s:g} s")
    if done.status:
        problem = cause(done.err.decode(errors="replace"))
        raise _NoAnswer(f"none within {told_s:g} s" if problem == "none in time" else problem)


@dataclass(frozen=True)
class _Done:
    status: int
    out: bytes
    err: bytes


async def _output(command: Sequence[str], root: Path, within_s: float) -> _Done | None:
    """Status and output of a program that nobody can type to; None if it took too long. It and its children end."""
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(
        *command, cwd=root, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe, start_new_session=True
    )
    try:
        out, err = await asyncio.wait_for(child.communicate(), within_s)
        return _Done(child.returncode or 0, out, err)
    except TimeoutError:
        return None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        await child.wait()


@contextmanager
def _ends_in_good_order() -> Iterator[None]:
    """SIGTERM, as CI sends it, is ^C: programs end and files go."""
    before = signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@click.command()
@click.argument("environment")
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=0.1),
    default=TIMEOUT_S,
    show_default=True,
    help="Seconds that each API server may take.",
)
@ROOT
def reach(environment: str, timeout_s: float, root: Path) -> None:
    """Ask every API server of ENVIRONMENT; exit status 1 if one does not answer."""
    described = load(root.resolve(), environment)
    with _ends_in_good_order():
        answers = asyncio.run(ask(described, root.resolve(), timeout_s))
    for answer in answers:
        click.echo(answer)
    if silent := [answer.site for answer in answers if answer.problem]:
        raise Unreached(environment, silent, asked=sum(not answer.paused for answer in answers))
