import json
from base64 import b64decode
from dataclasses import replace
from typing import Any

import pytest

from isthmus.wireguard import public_key, tunnel_config
from tests.wireguard.golden_configs import FOLDER, GOLDEN, rendered
from tests.wireguard.meshes import FEDERATED, PARTNER, SEED, THREE


def config(site: str, peer: str, mesh: Any = THREE, **more: Any) -> dict[str, Any]:
    return tunnel_config(mesh, site, peer, SEED, **more)


@pytest.mark.parametrize("name", GOLDEN)
def test_a_configuration_is_its_golden_copy(name: str) -> None:
    assert rendered(name) == (FOLDER / name).read_text()


def test_there_is_no_golden_copy_of_nothing() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(GOLDEN)


def test_both_ends_of_a_pair_hold_each_others_public_key_and_one_preshared_key() -> None:
    worker, gateway = config("ecmwf", "slot-1"), config("ecmwf", "gateway")
    [up] = worker["peers"]
    [down] = [peer for peer in gateway["peers"] if peer["name"] == "ecmwf/slot-1"]

    assert up["preshared_key"] == down["preshared_key"]
    assert (up["public_key"], down["public_key"]) == (
        public_key(THREE, "ecmwf", "gateway", SEED),
        public_key(THREE, "ecmwf", "slot-1", SEED),
    )


def test_no_two_peers_share_a_secret() -> None:
    pods = [
        config("ecmwf", "slot-0"),
        config("ecmwf", "slot-1"),
        config("eumetsat", "slot-0"),
        config("home", "scheduler"),
    ]
    secrets = [pod["private_key"] for pod in pods] + [pod["peers"][0]["preshared_key"] for pod in pods]

    assert len(set(secrets)) == len(secrets)


def test_only_a_gateway_without_the_scheduler_beside_it_is_its_alias() -> None:
    assert config("ecmwf", "gateway")["alias"] == {
        ":8786": "[fd12:3456:789a:1::10]:8786",
        ":8787": "[fd12:3456:789a:1::10]:8787",
    }
    assert config("home", "gateway")["alias"] == {}


def test_an_external_gateway_keeps_the_key_its_owner_gave() -> None:
    [partner, _] = config("home", "gateway", FEDERATED)["peers"]

    assert partner == {
        "name": "partner/gateway",
        "public_key": PARTNER.external_public_key,
        "allowed_ips": ["fd12:3456:789a:7::/64"],
        "endpoint": "wg.partner.example:51820",
        "keepalive_s": 25,
        "echo": "fd12:3456:789a:7::1",
    }
    assert public_key(FEDERATED, "partner", "gateway", SEED) == PARTNER.external_public_key


def test_a_preshared_key_that_two_stacks_agreed_on_is_used() -> None:
    agreed = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
    [partner, _] = config("home", "gateway", FEDERATED, external_preshared_keys={"partner": agreed})["peers"]

    assert partner["preshared_key"] == agreed


def test_another_epoch_changes_every_key_and_nothing_else() -> None:
    now, then = config("ecmwf", "gateway"), config("ecmwf", "gateway", replace(THREE, epoch=1))

    assert keys_in(now).isdisjoint(keys_in(then))
    assert without_keys(now) == without_keys(then)


def keys_in(part: Any) -> set[str]:
    if isinstance(part, dict):
        return set().union(*({value} if is_key(name) else keys_in(value) for name, value in part.items()))
    return set().union(*map(keys_in, part)) if isinstance(part, list) else set()


def without_keys(part: Any) -> Any:
    if isinstance(part, dict):
        return {name: without_keys(value) for name, value in part.items() if not is_key(name)}
    return [without_keys(value) for value in part] if isinstance(part, list) else part


def is_key(name: str) -> bool:
    return name.endswith("_key")


def test_a_worker_is_told_neither_other_peers_nor_their_keys() -> None:
    worker = config("ecmwf", "slot-0")

    assert [peer["name"] for peer in worker["peers"]] == ["ecmwf/gateway"]
    assert len(b64decode(worker["private_key"])) == 32
    assert SEED not in json.dumps(worker)
