"""Every stack against a real API server: its validation, our definitions' rules, Pod Security, quotas."""

import json
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


SEATS = environment("local").site("ecmwf").slots


@pytest.fixture(scope="module")
def server() -> Iterator[ApiServer]:
    with api_server() as running:
        first = [each for stack in STACKS for each in (*handed_over(stack), *manifests(stack)) if each["kind"] in FIRST]
        once = {(each["kind"], each["metadata"].get("namespace"), each["metadata"]["name"]): each for each in first}
        for kind in FIRST:
            running.kubectl(*APPLY, given=[each for each in once.values() if each["kind"] == kind])
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


def workers(stack: str, site: str) -> list[dict[str, Any]]:
    """A worker of each pool of a site."""
    return [
        seated(group["spec"]["worker"], 3, group["metadata"]["name"])
        for group in graph(stack).manifests(site)
        if group["kind"] == "DaskWorkerGroup"
    ]


def pod(metadata: Any, spec: Any, **more: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata | more, "spec": spec}


def asked(stack: str, site: str) -> list[dict[str, Any]]:
    """A pod of every kind at a site: workers, scheduler, gateway, controller, and somebody's notebook."""
    made = graph(stack).manifests(site)
    found = workers(stack, site)
    for cluster in (manifest for manifest in made if manifest["kind"] == "DaskCluster"):
        scheduler = cluster["spec"]["scheduler"]
        found.append(pod(scheduler["metadata"], scheduler["spec"], name="scheduler"))
    for deployment in (manifest for manifest in made if manifest["kind"] == "Deployment"):
        template, name = deployment["spec"]["template"], deployment["metadata"]["name"]
        namespace = deployment["metadata"]["namespace"]
        found.append(pod(template["metadata"], template["spec"], name=name, namespace=namespace))
    return [*found, notebook()]


def notebook() -> dict[str, Any]:
    """As somebody writes it who says nothing of its size, its class or its account."""
    context = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    container = {"name": "notebook", "image": "registry.example/dask:1", "securityContext": context}
    security = {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}}
    return pod({"name": "notebook"}, {"securityContext": security, "containers": [container]})


def with_guards_of(server: ApiServer, stack: str, site: str) -> None:
    """Sites of a stack meet in one namespace of this server: from now on it has the quotas and limits of that one."""
    namespace = environment(stack).site(site).namespace
    guards = [
        manifest
        for manifest in graph(stack).manifests(site)
        if manifest["kind"] in ("ResourceQuota", "LimitRange") and manifest["metadata"]["namespace"] == namespace
    ]
    if not guards:
        return
    server.kubectl(*APPLY, given=guards)

    def counted() -> bool:
        found = server.get("-n", namespace, "resourcequotas")["items"]
        return all(each.get("status", {}).get("hard") == each["spec"]["hard"] for each in found)

    until("the server has counted what there is of each quota", counted)


@pytest.mark.parametrize(
    ("stack", "site"), [(stack, site.name) for stack in STACKS for site in environment(stack).sites]
)
def test_a_namespace_takes_every_pod_that_belongs_there(server: ApiServer, stack: str, site: str) -> None:
    with_guards_of(server, stack, site)
    namespace = environment(stack).site(site).namespace

    there = [each | {"metadata": {"namespace": namespace, **each["metadata"]}} for each in asked(stack, site)]

    told = server.kubectl("create", "--dry-run=server", "-o", "name", "-f", "-", given=there)

    assert told.split() == [f"pod/{each['metadata']['name']}" for each in there]


def test_a_notebook_fits_beside_a_worker_in_every_slot_and_one_more_worker_does_not(server: ApiServer) -> None:
    with_guards_of(server, "local", "ecmwf")
    (worker,) = workers("local", "ecmwf")
    namespace = ("-n", names.namespace("local"))
    *seats, more = (pod(worker["metadata"], worker["spec"], name=f"seat-{number}") for number in (*SEATS, 99))
    create = ("create", *namespace, "-o", "json", "-f", "-")
    try:
        server.kubectl(*create, given=seats)
        admitted = json.loads(server.kubectl(*create, "--dry-run=server", given=notebook()))
        with pytest.raises(subprocess.CalledProcessError) as refused:
            server.kubectl(*create, given=more)
    finally:
        labels = f"{names.LABEL_POOL}=ecmwf"
        server.kubectl("delete", "pods", *namespace, "-l", labels, "--force", "--grace-period=0")

    assert "exceeded quota: isthmus-workers" in refused.value.stderr
    (container,) = admitted["spec"]["containers"]
    assert container["resources"] == {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "1Gi"}}


def test_the_same_namespace_refuses_a_pod_that_asks_for_more(server: ApiServer) -> None:
    """The control: what the tests above see is a namespace that says no."""
    (group, *_) = [manifest for manifest in manifests("local") if manifest["kind"] == "DaskWorkerGroup"]
    pod = seated(group["spec"]["worker"], 3, "greedy")
    pod["spec"]["containers"][0]["securityContext"]["capabilities"] = {"add": ["NET_ADMIN"]}

    with pytest.raises(subprocess.CalledProcessError) as refused:
        server.kubectl("create", "--dry-run=server", "-n", names.namespace("local"), "-f", "-", given=pod)

    assert 'violates PodSecurity "restricted:latest"' in refused.value.stderr
