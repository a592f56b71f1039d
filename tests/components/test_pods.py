"""What a pod is started with: the parts that other rooms rely on."""

import json
from typing import Any

import pytest

from components.worker_group import outside_ports
from isthmus import names
from isthmus.environment.shapes import bytes_of
from isthmus.graph import Node
from isthmus.rights import RULES
from tests.components.recorded import STACKS, environment, graph, rows

GROUP = "kubernetes:kubernetes.dask.org/v1:DaskWorkerGroup"
CLUSTER = "kubernetes:kubernetes.dask.org/v1:DaskCluster"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"


def templates(node: Node) -> dict[str, Any]:
    """Every pod spec inside an object, by the name of the part that it belongs to."""
    body = node.inputs["spec"]
    if node.type == DEPLOYMENT:
        return {"": body["template"]["spec"]}
    return {part: body[part]["spec"] for part in ("scheduler", "worker") if part in body}


def pod_specs(stack: str) -> list[tuple[str, Any]]:
    """Where it stands, and the spec, for every pod template of a stack."""
    nodes = [node for token in (DEPLOYMENT, CLUSTER, GROUP) for node in graph(stack).of_type(token)]
    return [(f"{node.name} {part}".strip(), spec) for node in nodes for part, spec in templates(node).items()]


def containers(spec: Any) -> list[Any]:
    return [*spec.get("initContainers", []), *spec["containers"]]


every_stack = pytest.mark.parametrize("stack", STACKS)


@every_stack
def test_every_pod_passes_pod_security_restricted(stack: str) -> None:
    """The list of the Pod Security Standards (kubernetes.io, `restricted`), field by field."""
    for where, spec in pod_specs(stack):
        security = spec["securityContext"]
        kinds = {kind for volume in spec["volumes"] for kind in volume if kind != "name"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys(), where
        assert (security["runAsNonRoot"], security["runAsUser"] > 0) == (True, True), where
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}, where
        assert kinds <= {"configMap", "emptyDir", "persistentVolumeClaim", "secret"}, where
        for container in containers(spec):
            own = container["securityContext"]
            assert own["allowPrivilegeEscalation"] is False, where
            assert own["capabilities"] == {"drop": ["ALL"]}, where
            assert own["readOnlyRootFilesystem"] is True, where
            assert not [port for port in container.get("ports", []) if "hostPort" in port], where


@every_stack
def test_every_container_states_what_it_needs(stack: str) -> None:
    for where, spec in pod_specs(stack):
        for container in containers(spec):
            # Whatever writes more than a little says how much.
            disk = {"ephemeral-storage"} if where.endswith(" worker") and container["name"] == "worker" else set()
            assert set(container["resources"]["requests"]) == {"cpu", "memory"} | disk, where
            assert set(container["resources"]["limits"]) == {"memory"} | disk, where
        for volume in spec["volumes"]:
            assert "emptyDir" not in volume or volume["emptyDir"]["sizeLimit"], where


@every_stack
def test_mounts_probes_and_variables_of_a_pod_are_consistent(stack: str) -> None:
    for where, spec in pod_specs(stack):
        volumes = {volume["name"] for volume in spec["volumes"]}
        for container in containers(spec):
            mounts = {mount["name"] for mount in container.get("volumeMounts", [])}
            ports = {port["containerPort"] for port in container.get("ports", [])}
            probes = [probe for key, probe in container.items() if key.endswith("Probe")]
            variables = [variable["name"] for variable in container.get("env", [])]
            assert mounts <= volumes, where
            assert {probe["httpGet"]["port"] for probe in probes} <= ports, where
            assert len(variables) == len(set(variables)), where


@every_stack
def test_only_the_controller_has_a_token(stack: str) -> None:
    with_token = {where for where, spec in pod_specs(stack) if spec["automountServiceAccountToken"]}

    assert with_token == {f"{site.name}-controller" for site in environment(stack).sites if site.install.controller}


@every_stack
def test_every_pod_has_an_account_that_exists_and_every_account_a_pod(stack: str) -> None:
    recorded = graph(stack)
    made = {
        (node.provider, node.inputs["metadata"]["namespace"], node.inputs["metadata"]["name"])
        for node in recorded.of_type("kubernetes:core/v1:ServiceAccount")
    }
    used = {
        (node.provider, node.inputs["metadata"]["namespace"], spec["serviceAccountName"])
        for token in (DEPLOYMENT, CLUSTER, GROUP)
        for node in recorded.of_type(token)
        for spec in templates(node).values()
    }

    assert used == made


@every_stack
def test_only_the_controller_is_given_time_to_end(stack: str) -> None:
    """A worker without its scheduler hangs until it is killed, and a successor waits for each of the others."""
    kinds = {where.split("-")[-1]: spec["terminationGracePeriodSeconds"] for where, spec in pod_specs(stack)}

    assert kinds == {"controller": 30, "gateway": 2, "group worker": 5, "cluster scheduler": 5, "cluster worker": 5}


def test_a_role_is_exactly_the_list_of_rights_and_stays_in_the_environments_namespace() -> None:
    role = graph("local").named("kubernetes:rbac.authorization.k8s.io/v1:Role", "ecmwf-controller").inputs
    binding = graph("local").named("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding", "ecmwf-controller").inputs

    assert role["rules"] == [
        {"apiGroups": list(rule.api_groups), "resources": list(rule.resources), "verbs": list(rule.verbs)}
        for rule in RULES
    ]
    assert role["metadata"]["namespace"] == binding["metadata"]["namespace"] == "isthmus-local"
    assert binding["roleRef"] == {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "Role",
        "name": role["metadata"]["name"],
    }
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "controller", "namespace": "isthmus-system"}]
    assert not [node for _, node in rows() if node.type.endswith(("ClusterRole", "ClusterRoleBinding"))]


def test_a_worker_is_started_for_its_seat_and_its_pool() -> None:
    spec = graph("production").named(GROUP, "satellite-group").inputs["spec"]
    (worker,) = spec["worker"]["spec"]["containers"]
    sidecar = spec["worker"]["spec"]["initContainers"][0]

    assert worker["args"] == [
        *("dask", "worker"),
        *("--name", "$(DASK_WORKER_NAME)"),
        *("--host", "tcp://[$(ISTHMUS_ADDRESS)]"),
        *("--worker-port", "9000"),
        *("--nanny-port", "9001"),
        *("--nthreads", "4"),
        *("--memory-limit", str(int(16 * 2**30 * 0.9))),
        *("--resources", "pool-satellite=1"),
        *("--preload-nanny", "isthmus.comm"),
        *("--local-directory", "/tmp"),
        "--no-dashboard",
        "$(DASK_SCHEDULER_ADDRESS)",
    ]
    assert {key: spec[key] for key in ("cluster", "schedulerAddress", "schedulerHttpAddress", "slots")} == {
        "cluster": "production",
        "schedulerAddress": "tcp://[fd4a:c623:ac94:1::10]:8786",
        "schedulerHttpAddress": "http://production-scheduler.isthmus-production.svc:8787",
        "slots": {
            "first": 0,
            "count": 16,
            "addressPrefix": "fd4a:c623:ac94:3::/64",
            "secretPrefix": "production-slot-",
        },
    }
    assert spec["worker"]["replicas"] == 1
    assert spec["worker"]["spec"]["subdomain"] == "production-workers"
    assert (
        spec["worker"]["metadata"]["labels"].items()
        >= {
            names.LABEL_SITE: "eumetsat",
            names.LABEL_POOL: "satellite",
            names.LABEL_ENVIRONMENT: "production",
        }.items()
    )
    # the controller mounts the slot's Secret here
    assert (sidecar["name"], sidecar["restartPolicy"], sidecar["volumeMounts"]) == ("tunnel", "Always", [])


def test_the_scheduler_listens_on_the_data_plane_and_offers_what_controllers_ask() -> None:
    spec = graph("local").named(CLUSTER, "home-cluster").inputs["spec"]
    (scheduler,) = spec["scheduler"]["spec"]["containers"]
    env = {variable["name"]: variable["value"] for variable in scheduler["env"]}

    assert scheduler["args"] == [
        *("dask", "scheduler"),
        *("--host", "tcp://[fd62:7c3f:cad5:1::10]"),
        *("--port", "8786"),
        *("--dashboard-address", ":8787"),
    ]
    assert env["ISTHMUS_ADDRESS"] == "fd62:7c3f:cad5:1::10"
    assert json.loads(env["DASK_DISTRIBUTED__SCHEDULER__PRELOAD"]) == ["isthmus.comm", "isthmus.pools.preload"]
    assert json.loads(env["DASK_DISTRIBUTED__SCHEDULER__HTTP__ROUTES"])[-1] == "distributed.http.scheduler.api"
    assert spec["worker"]["replicas"] == 0


def test_the_routes_are_dasks_own_and_the_api() -> None:
    """Their list is replaced as a whole by ours, so a route that a new version of Dask adds must be added here too."""
    import distributed  # noqa: F401 - fills the configuration with its defaults
    from dask import config

    default = config.get("distributed.scheduler.http.routes")

    assert list(names.SCHEDULER_ROUTES) == [*default, "distributed.http.scheduler.api"]


def test_a_site_without_the_scheduler_has_its_alias_and_the_scheduler_site_none() -> None:
    aliases = {
        node.name: node.inputs["spec"]["selector"][names.LABEL_ROLE]
        for node in graph("local").of_type("kubernetes:core/v1:Service")
        if node.inputs["metadata"]["name"] == "local-scheduler"
    }

    assert aliases == {"ecmwf-scheduler-alias": "gateway", "eumetsat-scheduler-alias": "gateway"}


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [("1Ki", 1024), ("16Gi", 16 * 2**30), ("2Ti", 2 * 2**40), ("5k", 5000), ("3M", 3_000_000), ("4G", 4 * 10**9)],
)
def test_a_quantity_is_so_many_bytes(quantity: str, expected: int) -> None:
    assert bytes_of(quantity) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (["/data/ecmwf/"], []),
        (["file:///data/ecmwf/"], []),
        (["/data/ecmwf/", "s3://bucket/"], [443]),
        (["gs://bucket/", "https://host/x"], [443]),
        (["http://host/x", "s3://bucket/"], [80, 443]),
        (["http://minio.example:9000/bucket/", "https://[2001:db8::1]:8443/x", "https://host/x"], [443, 8443, 9000]),
        (["s3://arn:aws:s3:eu-west-1:123456789012:accesspoint/near/"], [443]),
    ],
    ids=["volume", "file URL", "bucket", "two of one port", "plain http", "stated ports", "a colon, but no port"],
)
def test_data_behind_a_url_opens_the_port_that_it_states_or_that_of_its_scheme(
    data: list[str], expected: list[int]
) -> None:
    assert outside_ports(data) == expected


@pytest.mark.parametrize("name", ["ecmwf-gateway", "ecmwf-workers"])
def test_what_becomes_ready_by_being_called_is_called_before_it_is_ready(name: str) -> None:
    """A gateway by its peers, a worker by its scheduler; an alias without a gateway behind it answers nobody."""
    services = {node.name: node.inputs["spec"] for node in graph("local").of_type("kubernetes:core/v1:Service")}

    assert services[name]["publishNotReadyAddresses"] is True
    assert "publishNotReadyAddresses" not in services["ecmwf-scheduler-alias"]
