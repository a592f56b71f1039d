"""What the stack files of this repository, and the valid ones beside this test, come to."""

from ipaddress import IPv6Network
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from isthmus.environment import (
    Claim,
    Environment,
    ExternalSite,
    Gateway,
    Images,
    Kubernetes,
    Pool,
    Scheduler,
    Site,
    Slots,
    Workers,
    load,
    stack_names,
)
from isthmus.environment.model import Network, Settings
from isthmus.environment.pool import PersistentVolumeClaim, Volume
from tests.environment.projects import ABROAD, NORTH, SOUTH, STACK, VALID, mistakes, rewritten

REPOSITORY = Path(__file__).parents[2]


def test_the_files_become_one_value_with_every_default_filled_in() -> None:
    south = Site(
        name="south",
        namespace="isthmus-test",
        id=2,
        kubernetes=Kubernetes(kubeconfigSecret="southKubeconfig"),
        gateway=Gateway(endpoint="wg.south.example:51820"),
        claims={"forecasts": Claim(storage="1Ti", storageClass="fast", accessMode="ReadOnlyMany")},
        pools={
            "forecasts": Pool(
                workers=Workers(min=1, max=8, threads=4, memory="16Gi", cpu="3.5"),
                slots=Slots(first=0, count=8),
                volumes=(
                    Volume(
                        name="data",
                        persistentVolumeClaim=PersistentVolumeClaim(claimName="forecasts"),
                        mountPath="/data/forecasts",
                        readOnly=True,
                    ),
                ),
                catalog=("/data/forecasts/", "s3://forecasts/"),
            ),
            "archive": Pool(
                workers=Workers(min=0, max=4, threads=1, memory="8Gi", cpu=None),
                slots=Slots(first=8, count=4),
                volumes=(
                    Volume(
                        name="data",
                        persistentVolumeClaim=PersistentVolumeClaim(claimName="tapes"),
                        mountPath="/data/archive",
                    ),
                ),
                catalog=("/data/archive/",),
            ),
        },
    )
    north = Site(
        name="north",
        namespace="isthmus-test",
        id=1,
        kubernetes=Kubernetes(context="north-prod"),
        gateway=Gateway(endpoint="wg.north.example:51820"),
    )

    assert load(VALID, "test") == Environment(
        project="isthmus",
        name="test",
        cluster="test",
        protect=True,
        scheduler=Scheduler(site="north", memory="4Gi", cpu="2"),
        images=Images(
            dask="registry.example/dask:0.1.0",
            controller="registry.example/controller:0.1.0",
            tunnel="registry.example/tunnel:0.1.0",
        ),
        network=Network(prefix=IPv6Network("fd12:3456:789a::/48"), mtu=1280),
        sites=(north, south),
        external=(ExternalSite(name="abroad", id=3, publicKey="xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="),),
    )


@pytest.mark.parametrize("env", stack_names(REPOSITORY))
def test_every_environment_of_this_repository_loads(env: str) -> None:
    environment = load(REPOSITORY, env)

    assert environment.name == env
    own = {pool for site in environment.sites for pool in site.pools}
    others = {pool for site in environment.external for pool in site.pools}
    assert set(environment.catalog.values()) <= own | others


def test_the_environments_of_design_are_there() -> None:
    assert stack_names(REPOSITORY) == ["local", "production", "staging"]


def test_nothing_of_an_environment_can_be_changed() -> None:
    environment = load(VALID, "test")

    with pytest.raises(ValidationError):
        environment.cluster = "other"  # type: ignore[misc]
    with pytest.raises(ValidationError):
        environment.site("south").pools["archive"].workers.max = 5  # type: ignore[misc]


def test_sites_share_what_has_one_way_in() -> None:
    staging = load(REPOSITORY, "staging")

    assert {site.name: [other.name for other in staging.sharing(site)] for site in staging.sites} == {
        "home": ["home", "ecmwf"],
        "ecmwf": ["home", "ecmwf"],
        "eumetsat": ["eumetsat"],
    }


def test_a_site_is_found_by_its_name_and_an_external_one_is_not_ours() -> None:
    environment = load(VALID, "test")

    assert environment.site("south").id == 2
    with pytest.raises(KeyError):
        environment.site("abroad")


def test_the_slots_of_a_single_pool_follow_from_its_largest_size(tmp_path: Path) -> None:
    root = rewritten(tmp_path, NORTH, "id: 1\n", "id: 1\npools: {sea: {workers: {max: 5, memory: 1Gi}}}\n")

    assert load(root, "test").site("north").slots == (0, 1, 2, 3, 4)


def test_the_slots_of_a_site_are_those_of_all_its_pools() -> None:
    assert load(VALID, "test").site("south").slots == tuple(range(12))


# RFC 4193, 3.2 over public values: fd, then the first 40 bits of `printf ula:isthmus/NAME | sha256sum`.
@pytest.mark.parametrize(("env", "expected"), [("local", "fd62:7c3f:cad5::/48"), ("production", "fd4a:c623:ac94::/48")])
def test_the_prefix_is_hashed_from_the_names_of_project_and_stack(env: str, expected: str) -> None:
    assert load(REPOSITORY, env).prefix == IPv6Network(expected)


def test_a_stated_prefix_wins(tmp_path: Path) -> None:
    root = rewritten(tmp_path, STACK, "fd12:3456:789a::/48", "fdaa:1:2::/48")

    assert load(root, "test").prefix == IPv6Network("fdaa:1:2::/48")


def test_the_catalog_of_an_environment_is_that_of_all_pools() -> None:
    assert load(VALID, "test").catalog == {
        "/data/forecasts/": "forecasts",
        "s3://forecasts/": "forecasts",
        "/data/archive/": "archive",
    }


@pytest.mark.parametrize(
    ("endpoint"), ["wg.north.example:51820", "10.213.0.1:1", "[2001:db8::1]:65535", "gateway:30820"]
)
def test_an_endpoint_is_a_name_or_an_address_with_a_port(tmp_path: Path, endpoint: str) -> None:
    root = rewritten(tmp_path, NORTH, "wg.north.example:51820", endpoint)

    assert load(root, "test").site("north").gateway.endpoint == endpoint


@pytest.mark.parametrize(
    ("gateway", "expected"),
    [
        ('gateway: {endpoint: "wg.north.example:51820"}', "LoadBalancer"),
        ("gateway: {}", "ClusterIP"),
        ("gateway: {service: {annotations: {a: b}}}", "ClusterIP"),
        ("", "ClusterIP"),
    ],
    ids=["an endpoint", "none", "none, but annotations", "nothing said"],
)
def test_a_gateway_that_nobody_dials_is_not_published(tmp_path: Path, gateway: str, expected: str) -> None:
    root = rewritten(tmp_path, NORTH, 'gateway: {endpoint: "wg.north.example:51820"}', gateway)
    (root / ABROAD).write_text((root / ABROAD).read_text() + '  endpoint: "wg.abroad.example:51820"\n')

    assert load(root, "test").site("north").gateway.service.type == expected


def test_the_order_of_keys_and_files_is_the_order_of_the_list(tmp_path: Path) -> None:
    root = rewritten(tmp_path, STACK, "[north, south, abroad]", "[abroad, south, north]")

    assert [site.name for site in load(root, "test").sites] == ["south", "north"]


def _schemas(kind: type[BaseModel]) -> dict[str, Any]:
    """Every mapping that a stack file may hold: title -> its properties."""
    schema = kind.model_json_schema()
    return {part["title"]: part["properties"] for part in (schema, *schema["$defs"].values())}


def test_every_field_of_a_stack_file_says_what_it_is_for() -> None:
    parts = _schemas(Settings) | _schemas(Site) | {"ExternalSite": ExternalSite.model_json_schema()["properties"]}

    assert {"Settings", "Scheduler", "Site", "Pool", "Workers", "Volume", "ExternalSite"} <= parts.keys()
    assert [
        f"{part}.{name}"
        for part, properties in parts.items()
        for name, field in properties.items()
        if not field.get("description", "").endswith(".")
    ] == []


def test_the_catalog_holds_what_lies_at_sites_of_other_stacks() -> None:
    assert load(REPOSITORY, "staging").catalog == {
        "/data/ecmwf/": "ecmwf",
        "/data/eumetsat/": "satellite",
        "/data/icon/": "icon",
        "s3://icon-eu/": "icon",
    }


def test_a_number_of_workers_that_is_wrong_is_said_once_where_it_stands(tmp_path: Path) -> None:
    (mistake,) = mistakes(rewritten(tmp_path, SOUTH, "max: 4, memory: 8Gi", "max: 0, memory: 8Gi"))

    assert mistake.path == "pools.archive.workers.max"
