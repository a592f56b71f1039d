"""The doors on 127.0.0.1 and the command line: what passes, what is refused, what is said."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from isthmus.errors import IsthmusError
from isthmus.local import control, forwarder
from isthmus.local.world import World


def test_a_taken_port_is_named_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(IsthmusError) as refused:
            forwarder.listen("dashboard", port)

    assert f"127.0.0.1:{port} (dashboard)" in str(refused.value)
    assert "isthmus local up --ports auto" in str(refused.value)
    assert 'make demo DEMO="--ports auto"' in str(refused.value)


async def answer_in_capitals(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write((await reader.read()).upper())  # only after the other side has said its last word
    writer.close()
    await writer.wait_closed()


def to(server: asyncio.Server, failures: int = 0) -> forwarder.Connect:
    """Connects to a server, but not the first few times."""
    left = iter(range(failures))

    async def connect() -> socket.socket:
        if next(left, None) is not None:
            raise IsthmusError("no Service yet")
        connection = socket.socket()
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, server.sockets[0].getsockname())
        return connection

    return connect


async def said_through(listener: socket.socket, given: bytes) -> bytes:
    """What comes back through a door."""
    reader, writer = await asyncio.open_connection("127.0.0.1", forwarder.port_of(listener))
    writer.write(given)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


@pytest.mark.parametrize("failures", [0, 1], ids=["that is there", "that comes later"])
async def test_a_door_passes_bytes_and_ends_both_ways_to_a_site(failures: int) -> None:
    server = await asyncio.start_server(answer_in_capitals, "127.0.0.1", 0)
    listener = forwarder.listen("test", 0)
    async with server, await forwarder.serve(listener, to(server, failures)):
        assert await said_through(listener, b"x" * 1_000_000) == b"X" * 1_000_000


async def test_a_door_to_nothing_closes_when_its_patience_ends() -> None:
    server = await asyncio.start_server(answer_in_capitals, "127.0.0.1", 0)
    listener = forwarder.listen("test", 0)
    async with server, await forwarder.serve(listener, to(server, failures=1000), patience_s=0):
        assert await said_through(listener, b"") == b""


async def test_a_request_is_answered_or_refused_with_words_however_long_the_path(tmp_path: Path) -> None:
    state = tmp_path / ("long" * 40)
    state.mkdir()

    async def handle(request: Mapping[str, Any]) -> Any:
        if request["do"] != "status":
            raise IsthmusError("not today")
        return {"sites": []}

    async with await control.serve(state, handle):
        assert await asyncio.to_thread(control.ask, state, {"do": "status"}) == {"sites": []}
        with pytest.raises(IsthmusError, match="not today"):
            await asyncio.to_thread(control.ask, state, {"do": "down"})
        assert oct((state / control.SOCKET).stat().st_mode & 0o777) == "0o600"


def test_two_projects_have_different_worlds_and_one_project_has_one(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a")

    assert World(tmp_path / "a").name == World(tmp_path / "link").name
    assert World(tmp_path / "a").name != World(tmp_path).name


def test_a_world_that_is_not_up_says_how_to_start_it(tmp_path: Path) -> None:
    with pytest.raises(IsthmusError, match="not up; start them: isthmus local up"):
        World(tmp_path).status()


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "isthmus"), *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60)


def test_an_error_is_one_message_on_stderr_and_exit_status_1(tmp_path: Path) -> None:
    done = run("local", "status", cwd=tmp_path)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"isthmus: {tmp_path}: no Pulumi.yaml here or above; run it in a project folder.\n"


def test_logs_of_an_unknown_site_name_the_sites_that_have_some(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").touch()
    (tmp_path / ".isthmus" / "ecmwf" / "logs").mkdir(parents=True)
    done = run("local", "logs", "emcwf", cwd=tmp_path)

    assert (done.returncode, done.stderr) == (1, "isthmus: no logs of emcwf; there are those of: ecmwf.\n")


def test_ctrl_c_leaves_the_pulumi_engine_all_the_time_that_it_needs(tmp_path: Path) -> None:
    engine = tmp_path / "tools" / "pulumi" / "__main__.py"
    engine.parent.mkdir(parents=True)
    for file in ("Pulumi.yaml", "tools/__init__.py", "tools/pulumi/__init__.py"):
        (tmp_path / file).touch()
    engine.write_text(  # one that needs a while to write its state
        "import signal, sys, threading\ntold = threading.Event()\nsignal.signal(signal.SIGINT, lambda *_: told.set())\n"
        "print('engine', *sys.argv[1:], flush=True)\ntold.wait(20)\nthreading.Event().wait(0.6)\n"
        "print('state written', flush=True)\nsys.exit(7)\n"
    )
    command = [str(Path(sys.executable).parent / "isthmus"), "local", "pulumi", "up", "--yes"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "engine up --yes\n"
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        assert process.stdout.read() == "state written\n"

    assert process.returncode == 7


def test_the_first_help_imports_no_room(tmp_path: Path) -> None:
    script = (
        "import sys; from isthmus.cli import main; sys.argv = ['isthmus', '--help']\n"
        "try: main()\nexcept SystemExit: print(sorted(x for x in sys.modules if x.startswith('isthmus.')))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, cwd=tmp_path)

    assert "local" in done.stdout
    assert done.stdout.splitlines()[-1] == "['isthmus.cli', 'isthmus.errors', 'isthmus.later', 'isthmus.names']"


def test_every_command_has_help(tmp_path: Path) -> None:
    from isthmus.local.commands import local

    assert {name for name, command in local.commands.items() if not command.help} == set()
    assert sorted(local.commands) == [
        *("clean", "down", "exec", "heal", "logs", "partition", "pulumi", "status", "up"),
    ]
