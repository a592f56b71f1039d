"""Two real data centres, shared by every test here: nodes, rights, names, data, the WAN between them."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest

from isthmus.errors import IsthmusError
from isthmus.local import DataCentres
from isthmus.local.images.catalogue import requirements
from isthmus.local.waiting import wait_until
from tests.local.worlds import left_over, processes_of, project

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

#: Slow enough to be seen in a test of a second, in MB/s.
LINK = 4.0
NAMESPACE = "isthmus-local"


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DataCentres]:
    root = project(tmp_path_factory.mktemp("world"), "north", "south")
    with DataCentres(root, mbytes_per_s=LINK) as local:
        local.volume("north", "readings").joinpath("first.txt").write_text("12.5 degrees")
        labels = {"pod-security.kubernetes.io/enforce": "restricted"}
        apply(local, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}})
        yield local
    local.clean()
    assert left_over(root) == []


def apply(local: DataCentres, *objects: dict[str, Any], site: str = "north") -> None:
    local.kubectl(site, "apply", "-f", "-", given=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))


def pod(name: str, program: str, image: str = "dask", **spec: Any) -> dict[str, Any]:
    """A pod that Pod Security `restricted` lets in; it runs a Python program and stays."""
    container = {
        "name": "main",
        "image": f"isthmus.local/{image}:0.1.0",
        "command": ["python3", "-c", f"{program}\nimport time; time.sleep(1000)"],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "volumeMounts": spec.pop("mounts", []),
    }
    security = {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"containers": [container], "securityContext": security, "terminationGracePeriodSeconds": 0, **spec},
    }


def claim() -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "readings", "namespace": NAMESPACE},
        "spec": {
            "accessModes": ["ReadOnlyMany"],
            "storageClassName": "isthmus-local",
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }


def wait_for(local: DataCentres, what: str, condition: str) -> None:
    local.kubectl("north", "-n", NAMESPACE, "wait", f"--for={condition}", what, "--timeout=60s")


def wait_for_log(local: DataCentres, name: str, expected: str) -> None:
    def said() -> str:
        return local.kubectl("north", "-n", NAMESPACE, "logs", name)

    assert wait_until(lambda: said() == expected, 30), said()


def run_in(local: DataCentres, site: str, program: str) -> subprocess.Popen[str]:
    """A Python program on a site's node."""
    command, environment = local.command_in(site, ["python3", "-c", program])
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def reaches(local: DataCentres, source: str, address: str, within_s: float = 2.0) -> bool:
    program = f"import socket; socket.create_connection(({address!r}, 6443), {within_s}).close()"
    with run_in(local, source, f"try:\n {program}\nexcept OSError: raise SystemExit(1)") as process:
        return process.wait() == 0


def test_every_node_is_ready_and_answers_from_this_machine(local: DataCentres) -> None:
    jsonpath = "{.items[*].metadata.name} {.items[*].status.conditions[?(@.type=='Ready')].status}"

    assert [local.kubectl(site, "get", "nodes", "-o", f"jsonpath={jsonpath}") for site in ("north", "south")] == [
        "north True",
        "south True",
    ]


def test_what_it_writes_is_for_its_owner_only(local: DataCentres) -> None:
    private = [local.kubeconfig("north"), local.state / "control.sock", *(local.state / "north" / "pki").glob("*.key")]

    assert len(private) > 5
    assert {path.name: oct(path.stat().st_mode & 0o077) for path in private} == {path.name: "0o0" for path in private}


def test_a_restricted_pod_runs_dask_as_user_1000_with_no_capability(local: DataCentres) -> None:
    program = (
        "import os; print(os.getuid(), [x for x in open('/proc/self/status') if x.startswith('CapEff')][0].split())"
    )
    apply(local, pod("restricted", program))
    wait_for(local, "pod/restricted", "condition=Ready")

    assert local.kubectl("north", "-n", NAMESPACE, "logs", "restricted") == "1000 ['CapEff:', '0000000000000000']\n"
    version = local.kubectl("north", "-n", NAMESPACE, "exec", "restricted", "--", "dask", "--version")
    assert version.startswith("dask, version 2026.8")


@pytest.mark.parametrize("image", ["dask", "controller"])
def test_an_image_holds_what_its_lock_file_names_and_nothing_else(local: DataCentres, image: str) -> None:
    program = (
        "import importlib.metadata as m, re\n"
        "print(*sorted(re.sub('[-_.]+', '-', d.name).lower() + '==' + d.version for d in m.distributions()))"
    )
    apply(local, pod(f"list-{image}", program, image))
    wait_for(local, f"pod/list-{image}", "condition=Ready")

    locked = re.findall(r"^\S+==\S+", requirements(image).read_text(), re.MULTILINE)
    wait_for_log(local, f"list-{image}", " ".join(sorted(locked)) + "\n")


def test_the_controllers_image_holds_isthmus_and_no_dask(local: DataCentres) -> None:
    program = (
        "import importlib.util as u; print(*[bool(u.find_spec(x)) for x in ('isthmus.controller', 'distributed')])"
    )
    apply(local, pod("controller", program, "controller"))
    wait_for(local, "pod/controller", "condition=Ready")

    wait_for_log(local, "controller", "True False\n")


def test_a_privileged_pod_is_refused(local: DataCentres) -> None:
    privileged = pod("privileged", "pass")
    privileged["spec"]["containers"][0]["securityContext"] = {"privileged": True}

    with pytest.raises(IsthmusError, match="violates PodSecurity"):
        apply(local, privileged)


def test_a_pod_finds_services_by_name(local: DataCentres) -> None:
    apply(local, pod("asker", "import socket; print(socket.gethostbyname('kubernetes.default'), flush=True)"))
    wait_for(local, "pod/asker", "condition=Ready")

    wait_for_log(local, "asker", "10.96.0.1\n")


def test_data_of_a_claim_is_seen_read_only_and_stays_when_the_claim_is_made_anew(local: DataCentres) -> None:
    mounts = [{"name": "data", "mountPath": "/data", "readOnly": True}]
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "readings", "readOnly": True}}]
    program = (
        "print(open('/data/first.txt').read(), flush=True)\n"
        "try: open('/data/second.txt', 'w')\n"
        "except OSError as error: print(error.strerror, flush=True)"
    )
    for name in ("reader", "later-reader"):
        apply(local, claim(), pod(name, program, mounts=mounts, volumes=volumes))
        wait_for(local, f"pod/{name}", "condition=Ready")
        wait_for_log(local, name, "12.5 degrees\nRead-only file system\n")
        local.kubectl("north", "-n", NAMESPACE, "delete", f"pod/{name}", "pvc/readings", "--wait")


def test_dns_may_read_names_and_nothing_else(local: DataCentres) -> None:
    def allowed(verb: str, what: str) -> bool:
        arguments = ("auth", "can-i", verb, what, "--as", "isthmus:coredns", "-A", "--quiet")
        try:
            local.kubectl("north", *arguments)
        except IsthmusError:
            return False
        return True

    assert [allowed("list", "services"), allowed("list", "secrets"), allowed("create", "services")] == [
        True,
        False,
        False,
    ]


def test_kubelet_answers_nobody_without_a_certificate(local: DataCentres) -> None:
    program = (
        "import ssl, urllib.request, urllib.error\n"
        "try: urllib.request.urlopen('https://10.213.0.1:10250/pods', context=ssl._create_unverified_context())\n"
        "except urllib.error.HTTPError as error: print(error.code)"
    )
    with run_in(local, "north", program) as process:
        assert process.communicate(timeout=30)[0] == "401\n"


def test_a_link_is_as_fast_as_stated_and_its_bytes_are_counted_by_direction(local: DataCentres) -> None:
    sent = 4_000_000
    before = local.status()["wan"]["bytes"]
    listen = (
        "import socket; s = socket.create_server(('10.213.0.2', 7000)); print('listening', flush=True)\n"
        "c, _ = s.accept(); n = 0\nwhile data := c.recv(65536): n += len(data)\nprint(n)"
    )
    with run_in(local, "south", listen) as listener:
        assert listener.stdout is not None
        assert listener.stdout.readline() == "listening\n"
        started = time.monotonic()
        send = f"import socket; c = socket.create_connection(('10.213.0.2', 7000)); c.sendall(bytes({sent}))"
        with run_in(local, "north", send) as sender:
            assert sender.wait() == 0
        assert int(listener.stdout.readline()) == sent
        elapsed = time.monotonic() - started

    after = local.status()["wan"]["bytes"]
    there, back = (after[a][b] - before[a][b] for a, b in (("north", "south"), ("south", "north")))
    assert sent < there < 1.1 * sent
    assert back < 0.1 * sent
    assert elapsed > 0.8 * sent / (LINK * 1e6)


def test_a_partitioned_site_is_cut_off_the_wan_and_can_still_be_looked_at(local: DataCentres) -> None:
    assert reaches(local, "north", "10.213.0.2")
    local.partition("south")

    assert local.status()["sites"]["south"]["link"] == "down"
    assert not reaches(local, "north", "10.213.0.2")
    assert "south" in local.kubectl("south", "get", "nodes", "-o", "name")

    local.heal("south")
    assert wait_until(lambda: reaches(local, "north", "10.213.0.2"), 20)
    assert local.status()["sites"]["south"]["link"] == "up"


def test_an_unknown_site_is_named_with_those_that_there_are(local: DataCentres) -> None:
    with pytest.raises(IsthmusError, match="no site wset; there are: north, south"):
        local.partition("wset")


def test_a_second_start_says_that_they_are_up(local: DataCentres) -> None:
    with pytest.raises(IsthmusError, match="up already"):
        DataCentres(local.root).start()

    assert local.status()["sites"]["north"]["phase"] == "ready"


class Hasty(DataCentres):
    """A start that has looked before the other one was there."""

    @property
    def up(self) -> bool:
        return False


def test_a_start_at_the_same_moment_is_refused_and_leaves_the_first_alone(local: DataCentres) -> None:
    before = local.status()
    with pytest.raises(IsthmusError, match="up already"):
        Hasty(local.root).start()

    after = local.status()
    assert (after["supervisor"], after["sites"]["north"]["pid"]) == (
        before["supervisor"],
        before["sites"]["north"]["pid"],
    )
    assert {site: row["phase"] for site, row in after["sites"].items()} == {"north": "ready", "south": "ready"}
    assert "north" in local.kubectl("north", "get", "nodes", "-o", "name")


def test_a_program_that_ends_later_makes_its_site_failed_and_is_shown(local: DataCentres) -> None:
    """The last of this module: the site stays failed."""
    running = processes_of(local.state / "south")
    (proxy,) = (pid for pid, line in running.items() if line.split()[0].endswith("/kube-proxy"))
    os.kill(proxy, signal.SIGTERM)

    assert wait_until(lambda: local.status()["sites"]["south"]["phase"] == "failed", 30)
    assert local.status()["sites"]["south"]["failure"].startswith("kube-proxy@south ended with exit status")
    assert local.status()["sites"]["north"]["phase"] == "ready"
