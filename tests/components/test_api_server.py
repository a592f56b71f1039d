"""Every stack against a real API server: its validation, our definitions' rules, Pod Security, quotas."""

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from isthmus import names
from tests.components.recorded import STACKS, environment, graph
from tests.local_api import ApiServer, api_server

pytestmark = pytest.mark.cluster

#: What others need before they can be made.
FIRST = ("CustomResourceDefinition", "Namespace", "ServiceAccount")
#: A mistake of ours that the server would only warn about is a mistake.
APPLY = ("apply", "--server-side", "--force-conflicts", "--warnings-as-errors", "-f", "-")


@pytest.fixture(scope="module")
def server() -> Iterator[ApiServer]:
    with api_server() as running:
        for stack in STACKS:
            first = [manifest for manifest in manifests(stack) if manifest["kind"] in FIRST]
            for kind in FIRST:
                running.kubectl(*APPLY, given=[manifest for manifest in first if manifest["kind"] == kind])
        running.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s")
        yield running


def manifests(stack: str) -> list[dict[str, Any]]:
    return [manifest for site in environment(stack).sites for manifest in graph(stack).manifests(site.name)]


def seated(template: Any, slot: int, worker: str) -> dict[str, Any]:
    """A worker's pod as the controller makes it from a template (the contract of slots)."""
    spec = template["spec"]
    secret = {"secretName": f"stem-{slot}", "defaultMode": 0o440}
    mount = {"name": names.TUNNEL_VOLUME, "mountPath": names.TUNNEL_CONFIG_DIR, "readOnly": True}
    sidecars = [container | {"volumeMounts": [mount]} for container in spec["initContainers"]]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": template["metadata"] | {"name": worker},
        "spec": spec
        | {
            "restartPolicy": "OnFailure",
            "hostname": f"site-{slot}",
            "initContainers": sidecars,
            "volumes": [*spec["volumes"], {"name": names.TUNNEL_VOLUME, "secret": secret}],
        },
    }


@pytest.mark.parametrize(
    ("stack", "site"), [(stack, site.name) for stack in STACKS for site in environment(stack).sites]
)
def test_a_real_api_server_takes_every_object_without_a_warning(server: ApiServer, stack: str, site: str) -> None:
    rest = [manifest for manifest in graph(stack).manifests(site) if manifest["kind"] not in FIRST]

    told = server.kubectl(*APPLY, "-o", "name", given=rest).splitlines()

    assert len(told) == len(rest)


@pytest.mark.parametrize("stack", STACKS)
def test_a_namespace_takes_the_pods_that_the_controller_makes(server: ApiServer, stack: str) -> None:
    groups = [manifest for manifest in manifests(stack) if manifest["kind"] == "DaskWorkerGroup"]
    pods = [seated(group["spec"]["worker"], 3, group["metadata"]["name"]) for group in groups]
    (cluster,) = [manifest for manifest in manifests(stack) if manifest["kind"] == "DaskCluster"]
    scheduler = cluster["spec"]["scheduler"]
    pods.append({**pods[0], "metadata": scheduler["metadata"] | {"name": "scheduler"}, "spec": scheduler["spec"]})

    told = server.kubectl(
        "create", "--dry-run=server", "-n", names.namespace(stack), "-o", "name", "-f", "-", given=pods
    )

    assert sorted(told.split()) == sorted(f"pod/{pod['metadata']['name']}" for pod in pods)


def test_the_same_namespace_refuses_a_pod_that_asks_for_more(server: ApiServer) -> None:
    """The control: what the tests above see is a namespace that says no."""
    (group, *_) = [manifest for manifest in manifests("local") if manifest["kind"] == "DaskWorkerGroup"]
    pod = seated(group["spec"]["worker"], 3, "greedy")
    pod["spec"]["containers"][0]["securityContext"]["capabilities"] = {"add": ["NET_ADMIN"]}

    with pytest.raises(subprocess.CalledProcessError) as refused:
        server.kubectl("create", "--dry-run=server", "-n", names.namespace("local"), "-f", "-", given=pod)

    assert 'violates PodSecurity "restricted:latest"' in refused.value.stderr
