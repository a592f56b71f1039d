"""After an update, rules about the stack see what the API server returned: defaults, notes, status and all."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from policy import stored
from policy.judge import judge
from policy.record import Resource
from tests.components.recorded import environment, graph
from tests.local_api import ApiServer, api_server
from tests.policy.test_stacks import _recorded
from tests.waiting import until

pytestmark = pytest.mark.cluster

STACK = "production"
#: What others need before they can be made.
FIRST = ("CustomResourceDefinition", "Namespace", "PriorityClass", "ServiceAccount")
CUSTOM = {"daskclusters.kubernetes.dask.org", "daskworkergroups.kubernetes.dask.org"}


@pytest.fixture(scope="module")
def server() -> Iterator[ApiServer]:
    with api_server() as running:
        yield running


def _applied(server: ApiServer, manifests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the API server returns; asked again while its own caches do not know yet what it has just been given."""
    refusals = [""]

    def attempt() -> str:
        try:
            return server.kubectl(
                "apply", "--server-side", "--force-conflicts", "-o", "json", "-f", "-", given=manifests
            )
        except subprocess.CalledProcessError as error:
            refusals.append(error.stderr)
            return ""

    try:
        told = json.loads(until("the API server takes the objects", attempt))
    except AssertionError as late:
        raise AssertionError(refusals[-1]) from late
    returned: list[dict[str, Any]] = told["items"] if told["kind"] == "List" else [told]
    return returned


def _kinds(server: ApiServer) -> set[str]:
    """The custom kinds that the API server offers: a little later than a definition is established."""
    told = server.kubectl("api-resources", "--api-group=kubernetes.dask.org", "--no-headers", "-o", "name")
    return set(told.split())


def _returned(server: ApiServer, site: str) -> dict[tuple[str, str, str], dict[str, Any]]:
    """What the API server makes of the objects of a site. Secrets stay out of it: a recorded one has no content."""
    manifests = [manifest for manifest in graph(STACK).manifests(site) if manifest["kind"] != "Secret"]
    found = _applied(server, [one for kind in FIRST for one in manifests if one["kind"] == kind])
    until("the API server offers the custom kinds", lambda: _kinds(server) >= CUSTOM)
    found += _applied(server, [one for one in manifests if one["kind"] not in FIRST])
    return {(one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"]): one for one in found}


def _as_returned(one: Resource, objects: dict[tuple[str, str, str], dict[str, Any]]) -> Resource:
    metadata = one.props.get("metadata", {})
    found = objects.get((one.kind, metadata.get("namespace") or "", metadata.get("name", "")))
    # What the provider adds to its outputs for itself.
    return replace(one, props=found | {"__fieldManager": "pulumi", "__initialApiVersion": "v1"}) if found else one


def test_no_rule_objects_to_what_the_api_server_makes_of_a_stack(server: ApiServer) -> None:
    resources = stored.resources(json.loads(_recorded(STACK)))
    returned: list[Resource] = []

    for site in environment(STACK).sites:
        objects = _returned(server, site.name)
        here = [one for one in resources if one.provider and one.provider.name == site.name]
        returned += [_as_returned(one, objects) for one in here]
    sites = {site.name for site in environment(STACK).sites}
    returned += [one for one in resources if not one.provider or one.provider.name not in sites]

    assert judge(returned) == []
    # The barrier: the API server did return them, with more in them than was sent.
    filled = [one for one in returned if one.kind == "Deployment"]
    assert [one.props["spec"]["template"]["spec"]["dnsPolicy"] for one in filled] == ["ClusterFirst"] * len(filled)
    assert len(filled) == 6
    assert len(returned) == len(resources)
