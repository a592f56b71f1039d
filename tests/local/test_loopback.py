"""The control plane on loopback: what tests of other rooms stand on."""

import os
import signal
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from isthmus.errors import StartFailed
from isthmus.local.control_plane import ControlPlane, Plan
from isthmus.local.program import Program
from isthmus.local.waiting import wait_until
from tests.local.worlds import processes_of
from tests.local_api import ApiServer, api_server

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def server() -> Iterator[ApiServer]:
    with api_server() as server:
        yield server


def test_it_answers_its_administrator_with_the_pinned_version(server: ApiServer) -> None:
    with urllib.request.urlopen(f"{server.url}/version", context=server.tls()) as answer:
        body = answer.read().decode()

    go_mod = (Path(__file__).parents[2] / "tools/kube/go.mod").read_text()
    pinned = next(line.split()[1] for line in go_mod.splitlines() if line.split()[:1] == ["k8s.io/kubernetes"])
    assert f'"gitVersion": "{pinned}"' in body


def test_its_kubeconfig_is_readable_by_its_owner_only(server: ApiServer) -> None:
    assert oct(server.kubeconfig.stat().st_mode) == oct(0o100600)


def test_owned_objects_go_with_their_owner(server: ApiServer) -> None:
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "owner", "namespace": "default"}}
    server.kubectl("apply", "-f", "-", given=owner)
    uid = server.get("configmap", "owner")["metadata"]["uid"]
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": uid}
    owned = {"name": "owned", "namespace": "default", "ownerReferences": [reference]}
    server.kubectl("apply", "-f", "-", given={"apiVersion": "v1", "kind": "ConfigMap", "metadata": owned})

    server.kubectl("delete", "configmap", "owner")

    assert wait_until(lambda: "owned" not in server.kubectl("get", "configmap", "-o", "name"), 30)


def test_nobody_is_anybody_without_a_certificate(server: ApiServer) -> None:
    anonymous = ssl.create_default_context()
    anonymous.check_hostname = False
    anonymous.verify_mode = ssl.CERT_NONE

    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{server.url}/api/v1/namespaces", context=anonymous)

    assert refused.value.code in (401, 403)
    refused.value.close()


def test_a_program_that_ends_at_once_is_shown_with_its_last_lines(tmp_path: Path) -> None:
    control_plane = ControlPlane(Plan("broken", tmp_path, tmp_path))

    def run(name: str, _command: object) -> Program:
        script = "echo no such flag: --broken; exit 3" if name == "kube-apiserver" else "sleep 60"
        return Program(name, ["sh", "-c", script], tmp_path / name)

    with pytest.raises(StartFailed) as failed:
        control_plane.start(run)
    control_plane.stop()

    assert (failed.value.program, failed.value.exit_status) == ("kube-apiserver", 3)
    assert failed.value.last_lines == ("no such flag: --broken",)


def test_its_processes_end_with_whoever_started_it_even_after_sigkill(tmp_path: Path) -> None:
    script = (
        "from pathlib import Path; import sys, time; from isthmus.local import loopback\n"
        "with loopback(folder=Path(sys.argv[1])): print('up', flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", script, tmp_path], stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == "up\n"
        assert len(processes_of(tmp_path)) == 4  # starter, etcd, API server, controllers
        os.kill(starter.pid, signal.SIGKILL)

    assert wait_until(lambda: not processes_of(tmp_path), 10)
