"""Every stack against a real API server: its validation, our definitions' rules, Pod Security, quotas."""

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from isthmus import names
from tests.components.recorded import STACKS, environment, graph
from tests.local_api import ApiServer, api_server
from tests.waiting import until

pytestmark = pytest.mark.cluster

#: What others need before they can be made.
FIRST = ("CustomResourceDefinition", "Namespace", "PriorityClass", "ServiceAccount")
#: A mistake of ours that the server would only warn about is a mistake.
APPLY = ("apply", "--server-side", "--force-conflicts", "--warnings-as-errors", "-f", "-")


@pytest.fixture(scope="module")
def server() -> Iterator[ApiServer]:
    with api_server() as running:
        for stack in STACKS:
            first = [*handed_over(stack), *(each for each in manifests(stack) if each["kind"] in FIRST)]
            for kind in FIRST:
                running.kubectl(*APPLY, given=[manifest for manifest in first if manifest["kind"] == kind])
        running.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s")
        yield running


def manifests(stack: str) -> list[dict[str, Any]]:
    return [manifest for site in environment(stack).sites for manifest in graph(stack).manifests(site.name)]


def handed_over(stack: str) -> list[dict[str, Any]]:
    """The namespaces that a site's operator made."""
    restricted = {"pod-security.kubernetes.io/enforce": "restricted"}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": site.namespace, "labels": restricted}}
        for site in environment(stack).sites
        if not site.install.namespaces
    ]


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


def asked(stack: str, site: str) -> list[dict[str, Any]]:
    """A pod of every kind that the controller makes at a site."""
    made = graph(stack).manifests(site)
    pods = [
        seated(group["spec"]["worker"], 3, group["metadata"]["name"])
        for group in made
        if group["kind"] == "DaskWorkerGroup"
    ]
    for cluster in (manifest for manifest in made if manifest["kind"] == "DaskCluster"):
        scheduler = cluster["spec"]["scheduler"]
        metadata = scheduler["metadata"] | {"name": "scheduler"}
        pods.append({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": scheduler["spec"]})
    return pods


def with_quotas_of(server: ApiServer, stack: str, site: str) -> None:
    """Sites of a stack meet in one namespace of this server: from now on it has the quotas of that one."""
    namespace = environment(stack).site(site).namespace
    quotas = [
        manifest
        for manifest in graph(stack).manifests(site)
        if manifest["kind"] == "ResourceQuota" and manifest["metadata"]["namespace"] == namespace
    ]
    if not quotas:
        return
    server.kubectl(*APPLY, given=quotas)

    def counted() -> bool:
        found = server.get("-n", namespace, "resourcequotas")["items"]
        return all(each.get("status", {}).get("hard") == each["spec"]["hard"] for each in found)

    until("the server has counted what there is of each quota", counted)


@pytest.mark.parametrize(
    ("stack", "site"), [(stack, site.name) for stack in STACKS for site in environment(stack).sites]
)
def test_a_namespace_takes_the_pods_that_the_controller_makes(server: ApiServer, stack: str, site: str) -> None:
    with_quotas_of(server, stack, site)
    pods = asked(stack, site)
    namespace = environment(stack).site(site).namespace

    for pod in pods:
        told = server.kubectl("create", "--dry-run=server", "-n", namespace, "-o", "name", "-f", "-", given=pod)
        assert told.strip() == f"pod/{pod['metadata']['name']}"

    assert bool(pods) == (bool(environment(stack).site(site).pools) or environment(stack).scheduler.site == site)


def test_a_worker_in_every_slot_fits_and_one_more_is_refused(server: ApiServer) -> None:
    with_quotas_of(server, "local", "ecmwf")
    (pod,) = asked("local", "ecmwf")
    namespace = ("-n", names.namespace("local"))
    seats = environment("local").site("ecmwf").slots
    workers = [pod | {"metadata": pod["metadata"] | {"name": f"seat-{number}"}} for number in (*seats, 99)]
    try:
        for worker in workers[:-1]:
            server.kubectl("create", *namespace, "-f", "-", given=worker)
        with pytest.raises(subprocess.CalledProcessError) as refused:
            server.kubectl("create", *namespace, "-f", "-", given=workers[-1])
    finally:
        labels = f"{names.LABEL_POOL}=ecmwf"
        server.kubectl("delete", "pods", *namespace, "-l", labels, "--force", "--grace-period=0")

    assert "exceeded quota: isthmus-workers" in refused.value.stderr


def test_the_same_namespace_refuses_a_pod_that_asks_for_more(server: ApiServer) -> None:
    """The control: what the tests above see is a namespace that says no."""
    (group, *_) = [manifest for manifest in manifests("local") if manifest["kind"] == "DaskWorkerGroup"]
    pod = seated(group["spec"]["worker"], 3, "greedy")
    pod["spec"]["containers"][0]["securityContext"]["capabilities"] = {"add": ["NET_ADMIN"]}

    with pytest.raises(subprocess.CalledProcessError) as refused:
        server.kubectl("create", "--dry-run=server", "-n", names.namespace("local"), "-f", "-", given=pod)

    assert 'violates PodSecurity "restricted:latest"' in refused.value.stderr
