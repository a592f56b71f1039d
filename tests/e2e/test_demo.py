"""`make demo` from nothing, and what it leaves running."""

import base64
import json

import pytest

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
    assert (demo.root / "out" / "table.md").read_text().strip() in demo.done.stdout


def test_it_leaves_pictures_and_a_performance_report(demo: Demo) -> None:
    found = {path.name for path in (demo.root / "out").iterdir() if path.stat().st_size > 1000}
    assert {"el-nino-plume.png", "el-nino-strip.png", "sites.svg", "ensemble-pools.html"} <= found


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
    state = "".join(path.read_text(errors="replace") for path in (demo.root / ".isthmus" / "pulumi").rglob("*.json*"))
    keys = {key for site in SITES for key in private_keys(demo, site)}

    assert "ciphertext" in state, "this is not the state, or it holds no secret at all"
    assert len(keys) > len(SITES)
    for key in keys:
        assert key not in state
        assert base64.b64encode(key.encode()).decode() not in state


def private_keys(demo: Demo, site: str) -> list[str]:
    """The private key of every tunnel of a site, as its Secret holds it."""
    text = demo.world.kubectl(site, "-n", names.namespace("local"), "get", "secrets", "-o", "json")
    configurations = [
        json.loads(base64.b64decode(secret["data"][names.TUNNEL_CONFIG_KEY]))
        for secret in json.loads(text)["items"]
        if names.TUNNEL_CONFIG_KEY in secret.get("data", {})
    ]
    return [configuration["private_key"] for configuration in configurations]
