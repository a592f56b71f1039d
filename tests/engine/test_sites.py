"""The program of this repository over three data centres on a real engine, in the order of this file.

From the last release's state to nothing: upgraded, extended by a site in a Kubernetes that another one uses already,
changed while sites are away, destroyed. Each call of the CLI costs seconds, so a test looks at all that one call shows.
"""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from isthmus import names
from tests.engine.centres import ANNEX, ENV, Centres, centres
from tests.engine.checkout import CHECKOUT, copied
from tests.engine.release import COMMIT, program_of_last_release
from tests.graph import released
from tests.local_api import ApiServer

pytestmark = [pytest.mark.engine, pytest.mark.cluster, pytest.mark.timeout(300)]
#: Where docs/upgrading.md names resources that a version makes anew on purpose: `TYPE::NAME`, with `*`.
REPLACED = re.compile(r"^- replaced: `([^`]+)`", re.MULTILINE)
UPGRADING = (CHECKOUT / "docs" / "upgrading.md").read_text()
NAMESPACE = names.namespace(ENV)


@pytest.fixture(scope="module")
def last(tmp_path_factory: pytest.TempPathFactory) -> Path | None:
    """The program of the last release."""
    return program_of_last_release(tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="module")
def trio(server: ApiServer, last: Path | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centres]:
    """Three data centres as the last release deployed them."""
    with centres(copied(last or CHECKOUT, tmp_path_factory.mktemp("sites") / "isthmus"), server) as made:
        made.engine.up()
        copied(CHECKOUT, made.root)
        yield made


def test_an_upgrade_deletes_and_replaces_only_what_the_page_of_upgrades_names(trio: Centres, last: Path | None) -> None:
    if last is None:
        pytest.skip(f"the history of this clone does not reach back to {COMMIT}; `git fetch --unshallow` brings it")

    planned = trio.plan()

    replaced = [urn for how, urns in planned.items() if "replace" in how for urn in urns]
    lines = REPLACED.findall(UPGRADING)
    assert planned.keys() >= {"same", "update"}  # the state was found, and there is something to see
    assert [urn for urn in planned.get("delete", []) if not released.matches(urn, released.gone(UPGRADING))] == []
    assert [urn for urn in replaced if not released.matches(urn, lines)] == []
    assert [line for line in lines if not any(released.matches(urn, [line]) for urn in replaced)] == []


def test_a_site_may_share_the_kubernetes_of_another(trio: Centres) -> None:
    trio.annex()

    trio.engine.up()

    assert trio.engine.settled("--refresh")
    assert trio.names("home", "-n", names.SYSTEM_NAMESPACE, "deployments") == [names.CONTROLLER]
    assert trio.names("home", "-n", ANNEX, "daskworkergroups") == ["trio-annex"]
    assert trio.names("home", "-n", NAMESPACE, "daskclusters") == ["trio"]


def test_no_key_of_the_data_plane_is_in_the_state(trio: Centres) -> None:
    encoded = [
        value
        for site, server in trio.servers.items()
        for secret in server.get("-A", "secrets", "-l", f"{names.LABEL_ENVIRONMENT}={ENV}")["items"]
        for value in secret["data"].values()
    ]
    assert len(encoded) == 11  # four gateways, the scheduler, two slots for each of three pools

    state = trio.engine.state_file.read_text()

    keys = {key for value in encoded for key in _keys(json.loads(base64.b64decode(value)))}
    assert len(keys) > 11
    assert [key for key in keys if key in state] == []
    assert [value for value in encoded if value in state or value[40:80] in state] == []


def test_a_paused_site_that_is_away_stops_nobody(trio: Centres) -> None:
    trio.servers["south"].kubectl("-n", NAMESPACE, "scale", "daskworkergroups", "trio-south", "--replicas", "2")
    trio.sites["north"]["paused"] = True
    trio.lights("north", on=False)
    trio.memory("2Gi")

    trio.engine.up()  # ends with exit status 0

    assert trio.worker_memory("south") == trio.worker_memory("home", "annex", ANNEX) == "2Gi"
    assert trio.worker_memory("north") == "1Gi"
    scaled = trio.servers["south"].get("-n", NAMESPACE, "daskworkergroups", "trio-south")
    assert scaled["spec"]["worker"]["replicas"] == 2  # somebody else's from the beginning on


def test_a_resumed_site_gets_what_it_missed_and_one_that_is_away_unannounced_fails_alone(trio: Centres) -> None:
    trio.lights("north", on=True)
    trio.lights("south", on=False)
    del trio.sites["north"]["paused"]
    trio.memory("3Gi")

    failed = trio.engine.ask("up", "--yes", "--skip-preview", "--continue-on-error", expect=None)

    told = failed.out + failed.err
    assert failed.status != 0
    assert "cannot be reached" in told
    assert trio.worker_memory("north") == trio.worker_memory("home", "annex", ANNEX) == "3Gi"
    assert trio.worker_memory("south") == "2Gi"


def test_destroy_leaves_nothing_although_no_controller_runs(trio: Centres) -> None:
    trio.lights("south", on=True)

    trio.engine.destroy()

    for site in trio.servers:
        left = [*trio.names(site, "namespaces"), *trio.names(site, "crd"), *trio.names(site, "priorityclasses")]
        assert [name for name in left if "isthmus" in name or "dask" in name] == []
    assert '"resources"' not in trio.engine.state_file.read_text()


def _keys(tunnel: Any) -> Iterator[str]:
    """Private and pre-shared keys of a tunnel's configuration."""
    if isinstance(tunnel, dict):
        for name, value in tunnel.items():
            if name in ("private_key", "preshared_key") and value:
                yield value
            else:
                yield from _keys(value)
    elif isinstance(tunnel, list):
        for value in tunnel:
            yield from _keys(value)
