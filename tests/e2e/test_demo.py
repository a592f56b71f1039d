"""`make demo` from nothing, and what it leaves running."""

import base64
import json
import urllib.request

import pytest
from distributed import Client

from isthmus import names
from isthmus.errors import IsthmusError
from tests.e2e.conftest import Demo

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

OURS = (names.SYSTEM_NAMESPACE, names.namespace("local"))
SITES = ("home", "ecmwf", "eumetsat")
#: A pod that asks for what a gateway with a real interface would need.
CAPABLE = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "capable"},
    "spec": {
        "containers": [
            {"name": "capable", "image": "none", "securityContext": {"capabilities": {"add": ["NET_ADMIN"]}}}
        ]
    },
}


def test_it_ends_well_and_shows_its_table(demo: Demo) -> None:
    assert demo.done.returncode == 0, demo.done.stdout[-3000:] + demo.done.stderr[-3000:]
    cells = [[cell.strip() for cell in line.split("|")] for line in demo.done.stdout.splitlines() if "|" in line]
    assert [row[1:3] for row in cells[2:]] == [
        ["El Niño outlook", "without pools"],
        ["El Niño outlook", "with pools"],
        ["ensemble mean minus analyses", "without pools"],
        ["ensemble mean minus analyses", "with pools"],
    ]
    assert {row[-2] for row in cells[2:]} == {"equal"}
    assert len((demo.root / "out" / "table.md").read_text().splitlines()) == len(cells)


def test_it_leaves_pictures_and_a_performance_report(demo: Demo) -> None:
    found = {path.name for path in (demo.root / "out").iterdir() if path.stat().st_size > 1000}
    assert {"el-nino-plume.png", "el-nino-strip.png", "sites.svg", "ensemble-pools.html"} <= found


def test_the_dashboard_answers_on_this_machine(demo: Demo) -> None:
    with urllib.request.urlopen(demo.world.status()["dashboard"], timeout=60) as page:
        assert b"Dask" in page.read()


def test_a_client_on_this_machine_computes_on_the_workers_of_all_sites(demo: Demo) -> None:
    with Client(demo.world.status()["scheduler"], timeout=60) as client:
        workers = client.scheduler_info(n_workers=-1)["workers"]
        pools = {name for worker in workers.values() for name in worker["resources"]}
        asked = [client.submit(int, "20", workers=[address]) for address in workers]

        assert pools == {"pool-ecmwf", "pool-eumetsat"}
        assert client.submit(sum, asked).result(timeout=60) == 20 * len(workers)


def test_a_second_preview_finds_nothing_to_change(demo: Demo) -> None:
    done = demo.pulumi("preview", "--expect-no-changes")

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("namespace", OURS)
def test_every_pod_of_ours_runs_under_enforced_restricted(demo: Demo, site: str, namespace: str) -> None:
    label = "{.metadata.labels.pod-security\\.kubernetes\\.io/enforce}"
    enforced = demo.world.kubectl(site, "get", "namespace", namespace, "-o", f"jsonpath={label}")
    pods = json.loads(demo.world.kubectl(site, "-n", namespace, "get", "pods", "-o", "json"))["items"]

    assert enforced == "restricted"
    assert pods, "nothing runs here, so nothing is proven"
    with pytest.raises(IsthmusError, match="NET_ADMIN"):
        demo.world.kubectl(site, "-n", namespace, "create", "--dry-run=server", "-f", "-", given=json.dumps(CAPABLE))


def test_the_state_holds_no_key_in_the_clear(demo: Demo) -> None:
    folder = demo.root / ".isthmus" / "pulumi"
    state = "".join(path.read_text(errors="replace") for path in folder.rglob("*.json*"))
    secrets = [secret for site in SITES for secret in secrets_of(demo, site)]

    assert "ciphertext" in state, "this is not the state, or it holds no secret at all"
    assert len(secrets) > len(SITES)
    for secret in secrets:
        assert secret not in state
        assert base64.b64encode(secret.encode()).decode() not in state


def secrets_of(demo: Demo, site: str) -> list[str]:
    """Of every tunnel of a site: its whole configuration, its private key, and each key that it shares with a peer."""
    text = demo.world.kubectl(site, "-n", names.namespace("local"), "get", "secrets", "-o", "json")
    found = []
    for secret in json.loads(text)["items"]:
        if encoded := secret.get("data", {}).get(names.TUNNEL_CONFIG_KEY):
            written = base64.b64decode(encoded).decode()
            configuration = json.loads(written)
            found += [written, configuration["private_key"]]
            found += [peer["preshared_key"] for peer in configuration["peers"]]
    return found
