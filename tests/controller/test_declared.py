"""What the Pulumi program declares is what the controller understands: the seam between components and controller."""

from pathlib import Path

import pytest

from isthmus.controller import builders, observe
from isthmus.controller.views import Group
from isthmus.environment import load
from isthmus.wireguard import addresses
from tests.components.recorded import graph
from tests.controller.admin import Object
from tests.controller.objects import stored

ROOT = Path(__file__).parents[2]
SITES = ("home", "ecmwf", "eumetsat")


@pytest.fixture(scope="module")
def manifests() -> dict[str, list[Object]]:
    """Site -> what the environment `local` declares there."""
    return {site: [dict(manifest) for manifest in graph("local").manifests(site)] for site in SITES}


def names_of(kind: str, manifests: list[Object]) -> set[str]:
    return {str(manifest["metadata"]["name"]) for manifest in manifests if manifest["kind"] == kind}


def groups(manifests: list[Object]) -> list[Group]:
    return [observe.group(stored(body, uid="g")) for body in manifests if body["kind"] == "DaskWorkerGroup"]


@pytest.mark.parametrize("site", ["ecmwf", "eumetsat"])
def test_every_slot_of_a_declared_group_has_its_secret_its_address_and_its_name(
    site: str, manifests: dict[str, list[Object]]
) -> None:
    environment = load(ROOT, "local")
    (group,) = groups(manifests[site])
    assert group.slots is not None
    for slot in group.slots.numbers:
        spec = builders.worker_pod(group, "demo-worker-0", group.scheduler_address, slot)["spec"]

        (volume,) = [volume for volume in spec["volumes"] if volume["name"] == "tunnel-config"]
        assert volume["secret"]["secretName"] in names_of("Secret", manifests[site])
        (tunnel,) = [container for container in spec["initContainers"] if container["name"] == "tunnel"]
        assert [mount["mountPath"] for mount in tunnel["volumeMounts"]].count("/etc/isthmus/tunnel") == 1
        for container in (*spec["containers"], tunnel):
            first = container["env"][0]
            expected = addresses.slot(environment.prefix, environment.site(site).id, slot)
            assert first == {"name": "ISTHMUS_ADDRESS", "value": str(expected)}
        assert spec["hostname"] == f"{site}-{slot}"
        assert spec["subdomain"] in names_of("Service", manifests[site])


def test_the_declared_scheduler_answers_where_the_groups_ask(manifests: dict[str, list[Object]]) -> None:
    (body,) = [body for body in manifests["home"] if body["kind"] == "DaskCluster"]
    cluster = observe.cluster(stored(body, uid="c"))

    asked = {group.scheduler_http for site in SITES for group in groups(manifests[site])}

    assert asked == {cluster.scheduler_http}
    assert builders.default_worker_group(cluster)["spec"]["worker"]["replicas"] == 0


def test_the_declared_role_is_the_list_of_rights(manifests: dict[str, list[Object]]) -> None:
    from isthmus.rights import RULES

    for site in SITES:
        roles = [
            body for body in manifests[site] if body["kind"] == "Role" and "controller" in body["metadata"]["name"]
        ]
        assert [role["rules"] for role in roles] == [
            [
                {"apiGroups": list(rule.api_groups), "resources": list(rule.resources), "verbs": list(rule.verbs)}
                for rule in RULES
            ]
        ]
