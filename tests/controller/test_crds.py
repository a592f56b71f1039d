"""The schemas on a real API server: every YAML of the Dask operator is valid, mistakes in our fields are not."""

from typing import Any

import pytest

from tests.controller.admin import Object, Refusal
from tests.controller.objects import cluster, group, seated
from tests.controller.site import Site
from tests.local_api import ApiServer

pytestmark = pytest.mark.cluster


def slotted(**differs: Any) -> Object:
    body = seated(replicas=1)
    body["spec"]["slots"].update(differs)
    return body


def without(body: Object, *path: str) -> Object:
    *parents, last = path
    part = body
    for name in parents:
        part = part[name]
    del part[last]
    return body


REFUSED = [
    ("a cluster without scheduler", "daskclusters", without(cluster(), "spec", "scheduler"), "spec.scheduler"),
    ("a cluster without Service", "daskclusters", without(cluster(), "spec", "scheduler", "service"), "service"),
    ("a negative number", "daskclusters", cluster(replicas=-1), "spec.worker.replicas"),
    ("no container", "daskclusters", without(cluster(), "spec", "worker", "spec", "containers"), "containers"),
    ("a group of no cluster", "daskworkergroups", without(group(), "spec", "cluster"), "spec.cluster"),
    ("an address without port", "daskworkergroups", group(schedulerAddress="tcp://home"), "protocol://host:port"),
    ("HTTP that is none", "daskworkergroups", group(schedulerHttpAddress="home:8787"), "http://host:port"),
    ("a prefix that is no /64", "daskworkergroups", slotted(addressPrefix="fd00::/48"), "IPv6 /64"),
    ("a prefix of the old world", "daskworkergroups", slotted(addressPrefix="10.0.0.0/8"), "IPv6 /64"),
    ("a prefix that is none", "daskworkergroups", slotted(addressPrefix="here"), "IPv6 /64"),
    ("no slots", "daskworkergroups", slotted(count=0), "spec.slots.count"),
    ("a Secret that cannot be", "daskworkergroups", slotted(secretPrefix="A B"), "spec.slots.secretPrefix"),
]


@pytest.mark.parametrize(("plural", "body", "datum"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_cannot_work_is_refused_with_the_place(plural: str, body: Object, datum: str, site: Site) -> None:
    with pytest.raises(Refusal) as refused:
        site.make(plural, body)

    assert refused.value.status == 422
    assert datum in str(refused.value)


def test_fields_that_no_schema_of_the_operator_knew_are_kept(site: Site) -> None:
    """Upstream's CRDs (Kubernetes 1.21) drop native sidecars, gates and user namespaces without a word."""
    body = cluster()
    pod = body["spec"]["worker"]["spec"]
    pod["initContainers"] = [{"name": "tunnel", "image": "i", "restartPolicy": "Always"}]
    pod["schedulingGates"] = [{"name": "example.org/gate"}]
    pod["hostUsers"] = False
    body["spec"]["scheduler"]["service"]["trafficDistribution"] = "PreferClose"

    made = site.make("daskclusters", body)

    assert made["spec"]["worker"]["spec"] == pod
    assert made["spec"]["scheduler"]["service"] == body["spec"]["scheduler"]["service"]


def test_an_environment_of_null_is_taken_as_the_python_client_sends_it(site: Site) -> None:
    body = cluster()
    body["spec"]["worker"]["spec"]["containers"][0]["env"] = None

    made = site.make("daskclusters", body)

    assert made["spec"]["worker"]["spec"]["containers"][0].get("env") is None


def test_numbers_that_are_left_out_are_one_worker_and_no_idle_timeout(site: Site) -> None:
    made = site.make("daskclusters", without(cluster(), "spec", "worker", "replicas"))

    assert (made["spec"]["worker"]["replicas"], made["spec"]["idleTimeout"]) == (1, 0)


@pytest.mark.parametrize("name", ["dsk", "daskcluster", "daskclusters", "daskworkers", "daskworkergroup"])
def test_the_operators_names_for_kubectl_work(name: str, server: ApiServer, site: Site) -> None:
    assert server.get(name, "-n", site.namespace)["items"] == []


def test_kubectl_shows_the_operators_columns(server: ApiServer, site: Site) -> None:
    site.make("daskclusters", cluster())
    site.make("daskworkergroups", group())

    headers = [
        server.kubectl("get", kind, "-n", site.namespace).splitlines()[0].split() for kind in ("dsk", "daskworkers")
    ]

    assert headers == [["NAME", "WORKERS", "STATUS", "AGE"], ["NAME", "WORKERS", "READY", "AGE"]]


def test_every_field_of_ours_is_explained(server: ApiServer) -> None:
    said = server.kubectl("explain", "daskworkergroup.spec.slots", "--recursive")

    assert all(field in said for field in ("first", "count", "addressPrefix", "secretPrefix"))
