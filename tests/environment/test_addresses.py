"""What the checks of an environment are for: no two seats ever have one address."""

from collections.abc import Sequence
from ipaddress import IPv6Address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from isthmus.environment import Environment, load
from isthmus.errors import ConfigError
from isthmus.wireguard import addresses
from tests.environment.projects import VALID

NAMES = st.sampled_from(["a", "b", "c", "d"])
SLOTS = st.fixed_dictionaries({"first": st.integers(0, 6), "count": st.integers(1, 4)})
POOLS = st.dictionaries(NAMES, SLOTS, max_size=2)
SITES = st.lists(st.tuples(st.integers(1, 4), POOLS), min_size=1, max_size=3)


def _stack_files(root: Path, sites: list[tuple[int, dict[str, dict[str, int]]]]) -> None:
    """A project whose sites may clash in ids, in pool names, in slots."""
    (root / "stacks/test").mkdir(parents=True)
    (root / "Pulumi.yaml").write_text("name: isthmus\n")
    stack = yaml.safe_load((VALID / "stacks/Pulumi.test.yaml").read_text())
    config = {key: value for key, value in stack["config"].items() if key != "isthmus:southKubeconfig"}
    names = [f"s{position}" for position in range(len(sites))]
    config |= {"isthmus:sites": names, "isthmus:scheduler": {"site": "s0"}}
    (root / "stacks/Pulumi.test.yaml").write_text(yaml.safe_dump({"config": config}))
    for name, (site_id, pools) in zip(names, sites, strict=True):
        content: dict[str, Any] = {
            "id": site_id,
            "kubernetes": {"context": name},
            "gateway": {"endpoint": f"{name}.example:51820"},
            "pools": {
                pool: {"workers": {"max": slots["count"], "memory": "1Gi"}, "slots": slots}
                for pool, slots in pools.items()
            },
        }
        (root / f"stacks/test/{name}.yaml").write_text(yaml.safe_dump(content))


def _addresses(environment: Environment) -> list[IPv6Address]:
    """Every address of the data plane, by the text of the design: /64 of the site's id, ::1, ::10, ::11 + slot."""
    base = int(environment.prefix.network_address)
    peers = [(site.id, peer) for site in environment.sites for peer in (0x1, *(0x11 + slot for slot in site.slots))]
    scheduler = environment.site(environment.scheduler.site).id
    return [IPv6Address(base | site_id << 64 | peer) for site_id, peer in [*peers, (scheduler, 0x10)]]


def _doubled(values: Sequence[object]) -> bool:
    return len(values) != len(set(values))


@given(sites=SITES)
@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_an_environment_that_loads_has_no_address_twice(sites: list[tuple[int, dict[str, dict[str, int]]]]) -> None:
    with TemporaryDirectory() as folder:
        _stack_files(Path(folder), sites)
        try:
            environment = load(Path(folder), "test")
        except ConfigError:
            ids = [site_id for site_id, _ in sites]
            pools = [pool for _, own in sites for pool in own]
            ranges = [
                [number for slots in own.values() for number in range(slots["first"], slots["first"] + slots["count"])]
                for _, own in sites
            ]
            # The naive twin: it is refused for a double and for nothing else.
            assert any([_doubled(ids), _doubled(pools), *map(_doubled, ranges)])
            return

    found = _addresses(environment)
    assert len(found) == len(set(found))


def test_the_data_plane_counts_addresses_in_the_same_way() -> None:
    environment = load(VALID, "test")
    south = environment.site("south")

    by_wireguard = [addresses.slot(environment.prefix, south.id, slot) for slot in south.slots]

    assert set(by_wireguard) <= set(_addresses(environment))
    assert len(by_wireguard) == 12
