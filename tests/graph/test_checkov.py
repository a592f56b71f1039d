"""Another project's checks over every stack: each finding is stated here with its reason, and each reason is needed."""

import fnmatch
from typing import Any

import pytest

from isthmus.environment import stack_names
from tests.components.recorded import ROOT, environment, graph
from tests.graph.checkov import Finding, findings, readable

pytestmark = pytest.mark.slow

CONTROL = "control"

#: Check, `FILE RESOURCE` where it may fail (`*` allowed), why that is right.
STATED = [
    ("CKV_K8S_11", "*", "no CPU limit: it throttles work while cores idle; requests share them fairly"),
    ("CKV_K8S_15", "local-* *", "local images are put on the node, there is no registry to pull from"),
    ("CKV_K8S_43", "local-* *", "local images are put on the node and have no digest"),
    ("CKV_K8S_38", "* Deployment.*.controller", "the controller talks to the API server: that is its work"),
    ("CKV_K8S_40", "*", "uid 1000 is what Dask's own images and people's file systems expect; never root"),
    (
        "CKV_K8S_8",
        "* Pod.*-worker",
        "the nanny restarts a worker, the scheduler drops a silent one; a probe would kill busy ones",
    ),
    ("CKV_K8S_9", "* Pod.*-worker", "no Service waits for a worker: it is ready when it registers with the scheduler"),
]

#: What a bad manifest must be told, or we would not see that checkov has stopped looking.
CAUGHT = {
    "CKV_K8S_14": "latest",
    "CKV_K8S_16": "privileged",
    "CKV_K8S_19": "host network",
    "CKV_K8S_20": "privilege escalation",
    "CKV_K8S_21": "default namespace",
    "CKV_K8S_22": "writable root",
    "CKV_K8S_27": "runtime socket",
    "CKV_K8S_35": "secret in the environment",
    "CKV_K8S_49": "wildcard rights",
}
BAD: list[Any] = [
    {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "bad", "namespace": "default"},
        "spec": {
            "hostNetwork": True,
            "volumes": [{"name": "socket", "hostPath": {"path": "/var/run/docker.sock"}}],
            "containers": [
                {
                    "name": "bad",
                    "image": "bad:latest",
                    "securityContext": {"privileged": True, "allowPrivilegeEscalation": True},
                    "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "a", "key": "a"}}}],
                    "volumeMounts": [{"name": "socket", "mountPath": "/var/run/docker.sock"}],
                }
            ],
        },
    },
    {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "bad", "namespace": "bad"},
        "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}],
    },
]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[Finding]:
    """Everything that one run over all stacks and the bad manifests says: a run costs seconds."""
    files = {
        f"{stack}-{site.name}": list(readable(graph(stack).manifests(site.name)))
        for stack in stack_names(ROOT)
        for site in environment(stack).sites
    }
    return findings(files | {CONTROL: BAD}, tmp_path_factory.mktemp("checkov"))


def stated(finding: Finding) -> list[str]:
    """The checks and places of the table that a finding falls under."""
    place = f"{finding.file} {finding.resource}"
    return [
        f"{check} {pattern}"
        for check, pattern, _ in STATED
        if check == finding.check and fnmatch.fnmatch(place, pattern)
    ]


def test_nothing_is_objected_to_that_is_not_stated(found: list[Finding]) -> None:
    assert [finding for finding in found if finding.file != CONTROL and not stated(finding)] == []


def test_every_exception_is_still_needed(found: list[Finding]) -> None:
    needed = {row for finding in found if finding.file != CONTROL for row in stated(finding)}

    assert {f"{check} {pattern}" for check, pattern, _ in STATED} - needed == set()


def test_a_bad_manifest_is_caught(found: list[Finding]) -> None:
    assert CAUGHT.keys() - {finding.check for finding in found if finding.file == CONTROL} == set()


def test_pods_inside_custom_resources_are_looked_into(found: list[Finding]) -> None:
    """By their exceptions: of every stack a worker has been judged."""
    judged = {finding.file.partition("-")[0] for finding in found if finding.resource.endswith("-worker")}

    assert judged == set(stack_names(ROOT))
