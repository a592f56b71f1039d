"""`isthmus reach ENV` on a real API server, on none, and on all that a way in can lack."""

import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.reach.sites import kubeconfig, project
from tests.waiting import until
from tools.pulumi.engine import Engine

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("_kubectl")]
TOKEN = "s3cr3t-t0ken-of-somebody"


def _reach(root: Path, *arguments: str, env: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "isthmus", "reach", "test", *arguments]
    given = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **(env or {})}
    return subprocess.run(command, cwd=root, env=given, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def _exec_plugin(command: list[str]) -> dict[str, Any]:
    api = "client.authentication.k8s.io/v1"
    return {"exec": {"apiVersion": api, "command": command[0], "args": command[1:], "interactiveMode": "Never"}}


def test_those_that_answer_are_told_from_those_that_do_not_and_from_those_nobody_asks(
    tmp_path: Path, running: str, stopped: str
) -> None:
    def wrong_token(_cluster: dict[str, Any], user: dict[str, Any]) -> None:
        user.clear()
        user["token"] = TOKEN

    kubeconfig(tmp_path / "running", running)
    kubeconfig(tmp_path / "stopped", stopped)
    kubeconfig(tmp_path / "token", running, wrong_token)
    ways = {"home": "running", "north": "stopped", "south": "token", "east": "nowhere"}
    sites: dict[str, dict[str, Any]] = {name: {"kubernetes": {"kubeconfig": path}} for name, path in ways.items()}
    sites["east"]["paused"] = True
    project(tmp_path, "test", sites)

    done = _reach(tmp_path)

    assert done.stdout.splitlines() == [
        "home: answers",
        "north: no answer: connection refused",
        "south: no answer: 401: it does not know these credentials",
        "east: paused, not asked",
    ]
    assert done.stderr.startswith("isthmus: 2 of 3 API servers of test did not answer: north, south.")
    assert done.returncode == 1


def test_all_that_answer_is_exit_status_0(tmp_path: Path, running: str) -> None:
    kubeconfig(tmp_path / "running", running)
    context = json.loads(running)["current-context"]
    ways = {"home": {"kubeconfig": "running"}, "north": {"kubeconfig": "running", "context": context}}
    # Two contexts of one kubeconfig: nothing here tells whether they lead to the same Kubernetes.
    project(tmp_path, "test", {name: {"kubernetes": way} for name, way in ways.items()})

    done = _reach(tmp_path)

    assert (done.returncode, done.stdout, done.stderr) == (0, "home: answers\nnorth: answers\n", "")


def _another_authority(cluster: dict[str, Any], _user: dict[str, Any]) -> None:
    del cluster["certificate-authority-data"]


def _plugin_of_nobody(_cluster: dict[str, Any], user: dict[str, Any]) -> None:
    user.clear()
    user.update(_exec_plugin(["/opt/cloud/login"]))


def _plugin_that_talks(_cluster: dict[str, Any], user: dict[str, Any]) -> None:
    user.clear()
    user.update(_exec_plugin(["sh", "-c", f"echo {TOKEN}; echo {TOKEN} >&2; exit 3"]))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_another_authority, "TLS: certificate signed by unknown authority"),
        (_plugin_of_nobody, "the credential plugin /opt/cloud/login is not installed"),
        (_plugin_that_talks, "the credential plugin of the kubeconfig failed"),
    ],
    ids=["another authority", "a plugin that is not there", "a plugin that fails and says a token"],
)
def test_the_cause_is_named_and_no_credential(
    tmp_path: Path, running: str, change: Callable[[dict[str, Any], dict[str, Any]], None], expected: str
) -> None:
    kubeconfig(tmp_path / "kubeconfig", running, change)
    project(tmp_path, "test", {"home": {"kubernetes": {"kubeconfig": "kubeconfig"}}})

    done = _reach(tmp_path)

    assert done.stdout == f"home: no answer: {expected}\n"
    assert TOKEN not in done.stderr


def test_the_credentials_of_a_cloud_come_from_its_plugin(tmp_path: Path, running: str) -> None:
    def plugin(_cluster: dict[str, Any], user: dict[str, Any]) -> None:
        pair = ("clientCertificateData", "client-certificate-data"), ("clientKeyData", "client-key-data")
        status = {ours: base64.b64decode(user.pop(theirs)).decode() for ours, theirs in pair}
        api = "client.authentication.k8s.io/v1"
        answer = {"apiVersion": api, "kind": "ExecCredential", "status": status}
        (tmp_path / "credential").write_text(json.dumps(answer))
        user.update(_exec_plugin(["cat", str(tmp_path / "credential")]))

    kubeconfig(tmp_path / "kubeconfig", running, plugin)
    project(tmp_path, "test", {"home": {"kubernetes": {"kubeconfig": "kubeconfig"}}})

    assert _reach(tmp_path).stdout == "home: answers\n"


def test_a_silent_server_and_a_plugin_that_hangs_cost_their_time_limit_together(tmp_path: Path, running: str) -> None:
    def hangs(_cluster: dict[str, Any], user: dict[str, Any]) -> None:
        user.clear()
        user.update(_exec_plugin(["sh", "-c", f"echo $$ > {tmp_path}/pid; exec sleep 600"]))

    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes calls and never answers
        kubeconfig(
            tmp_path / "silent",
            running,
            lambda cluster, _: cluster.update(server=f"https://127.0.0.1:{silent.getsockname()[1]}"),
        )
        kubeconfig(tmp_path / "hangs", running, hangs)
        project(tmp_path, "test", {name: {"kubernetes": {"kubeconfig": name}} for name in ("silent", "hangs")})
        done = _reach(tmp_path, "--timeout", "1")

    assert done.stdout == "silent: no answer: none within 1 s\nhangs: no answer: none within 1 s\n"
    plugin = int((tmp_path / "pid").read_text())
    until("the plugin has ended", lambda: not Path(f"/proc/{plugin}").exists())


@pytest.mark.engine
class TestAKubeconfigThatIsASecretOfTheStack:
    """`pulumi config get` tells it, kubectl reads it from a file that nobody else can read, and it goes."""

    @pytest.fixture
    def stack(self, tmp_path: Path, running: str, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A project with an initialised stack of the real CLI, which has one secret; the CLI is on PATH."""
        root = tmp_path / "project"
        root.mkdir()
        project(root, "test", {"home": {"kubernetes": {"kubeconfigSecret": "homeKubeconfig"}}})
        engine = Engine(root, "test")
        monkeypatch.setenv("TMPDIR", str(tmp_path))
        for name, value in engine.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("PATH", f"{engine.companions.cli.parent}{os.pathsep}{os.environ['PATH']}")
        self._pulumi(root, "stack", "init", "test")
        self._pulumi(root, "config", "set", "--stack", "test", "--secret", "isthmus:homeKubeconfig", given=running)
        return root

    @staticmethod
    def _pulumi(root: Path, *arguments: str, given: str = "") -> None:
        command = ["pulumi", "--non-interactive", *arguments]
        subprocess.run(command, cwd=root, input=given, text=True, check=True, capture_output=True)

    def test_it_is_asked_for_and_leaves_nothing(self, stack: Path) -> None:
        done = _reach(stack)

        assert (done.returncode, done.stdout, done.stderr) == (0, "home: answers\n", "")
        assert list(stack.parent.glob("isthmus-reach-*")) == []

    def test_its_file_is_nobody_elses_and_goes_when_we_are_told_to_end(self, stack: Path, running: str) -> None:
        def hangs(_cluster: dict[str, Any], user: dict[str, Any]) -> None:
            user.clear()
            user.update(
                _exec_plugin(["sh", "-c", f"echo $$ > {stack}/pid.new; mv {stack}/pid.new {stack}/pid; exec sleep 600"])
            )

        slow = kubeconfig(stack / "slow", running, hangs).read_text()
        self._pulumi(stack, "config", "set", "--stack", "test", "--secret", "isthmus:homeKubeconfig", given=slow)
        command = [sys.executable, "-m", "isthmus", "reach", "test", "--timeout", "60"]
        env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        with subprocess.Popen(command, cwd=stack, env=env, stderr=subprocess.PIPE) as asking:
            until("kubectl has read its kubeconfig", (stack / "pid").exists)
            (folder,) = stack.parent.glob("isthmus-reach-*")
            modes = [path.stat().st_mode & 0o777 for path in (folder, folder / "home")]
            asking.send_signal(signal.SIGTERM)
            asking.communicate(timeout=30)

        assert modes == [0o700, 0o600]
        assert asking.returncode == 130
        assert list(stack.parent.glob("isthmus-reach-*")) == []
        until("the plugin has ended", lambda: not Path(f"/proc/{(stack / 'pid').read_text().strip()}").exists())

    def test_one_that_nobody_set_is_named(self, stack: Path) -> None:
        self._pulumi(stack, "config", "rm", "--stack", "test", "isthmus:homeKubeconfig")

        done = _reach(stack)

        assert done.returncode == 1
        assert done.stdout == (
            "home: no answer: its kubeconfig, isthmus:homeKubeconfig, cannot be had: "
            "`pulumi config get isthmus:homeKubeconfig --stack test` failed; run it to see why\n"
        )


@pytest.mark.parametrize(
    ("way", "there", "missing"),
    [
        ({"context": "home"}, (), "kubectl not on PATH"),
        ({"kubeconfigSecret": "key"}, ("kubectl",), "pulumi not on PATH"),
        ({"kubeconfigSecret": "key"}, (), "kubectl and pulumi not on PATH"),
    ],
    ids=["kubectl", "pulumi, of a stack secret", "both"],
)
def test_a_missing_program_is_one_clear_error(
    tmp_path: Path, way: dict[str, str], there: tuple[str, ...], missing: str
) -> None:
    for program in there:
        (tmp_path / program).symlink_to(shutil.which(program) or "")
    project(tmp_path, "test", {"home": {"kubernetes": way}})

    done = _reach(tmp_path, env={"PATH": str(tmp_path)})

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"isthmus: {missing}; the API servers of test cannot be asked without. Install ")
