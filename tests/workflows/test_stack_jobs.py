"""The jobs on a real stack, step by step: real CLI, real policies, a real API server, a state in a folder."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from isthmus import names as contract
from tests.docs.commands import commands
from tests.engine.pods import pods_run
from tests.local_api import ApiServer
from tests.workflows.conftest import clone
from tests.workflows.files import workflow
from tests.workflows.github_server import REPOSITORY, TOKEN, Repository, github
from tests.workflows.runner import Job, Ran
from tests.workflows.test_steps import names

pytestmark = [pytest.mark.engine, pytest.mark.cluster, pytest.mark.timeout(300)]
PASSPHRASE = "correct horse battery staple"
NAMESPACE = contract.namespace("staging")
UNREACHABLE = "https://127.0.0.1:1"


class Place:
    """A clone with a stack `staging` of one site, and the GitHub that its jobs talk to."""

    def __init__(self, root: Path, env: dict[str, str], server: ApiServer, repository: Repository) -> None:
        self.root, self.server, self.repository = root, server, repository
        self._env = {
            **env,
            "GITHUB_API_URL": repository.url,
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ID": "31",
        }
        self.backend = f"file://{root.parent}"
        self.kubeconfig = server.kubeconfig.read_text()
        self.home = root.parent / "home"
        (self.home / ".kube").mkdir(parents=True)
        (self.home / ".kube/config").write_text(self.kubeconfig)

    def job(self, file: str, job: str, kubeconfig: str | None = None, **without: dict[str, str]) -> Ran:
        """Runs a job with its credentials, or with others. No step may show one."""
        given: dict[str, Any] = {
            "secrets": {"PULUMI_CONFIG_PASSPHRASE": PASSPHRASE, "KUBECONFIG_CONTENT": kubeconfig or self.kubeconfig},
            "vars": {"PULUMI_BACKEND_URL": self.backend, "ISTHMUS_DEPLOY": "true"},
            "matrix": {"environment": "staging"},
            "github": {"token": TOKEN},
        }
        ran = Job(file, job, self.root, env=self._env, **{**given, **without}).run()
        secrets = [PASSPHRASE, TOKEN, json.loads(self.kubeconfig)["users"][0]["user"]["client-key-data"]]
        assert [secret for secret in secrets if secret in str(ran)] == []
        return ran

    def typed(self, command: str) -> "subprocess.CompletedProcess[str]":
        """What a person types who has state, passphrase and kubeconfig, with `.venv` activated."""
        env = {
            **self._env,
            "PATH": f"{self.root}/.venv/bin{os.pathsep}{self._env['PATH']}",
            "PULUMI_BACKEND_URL": self.backend,
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "HOME": str(self.home),
        }
        return subprocess.run(["bash", "-c", command], cwd=self.root, env=env, capture_output=True, text=True)


@pytest.fixture(scope="module")
def place(server: ApiServer, equipped: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    root = clone(tmp_path_factory.mktemp("stack"))
    context = json.loads(server.kubeconfig.read_text())["current-context"]
    _write(root / "stacks/staging/home.yaml", {"id": 1, "kubernetes": {"context": context}})
    for other in (root / "stacks/staging").glob("*.yaml"):
        if other.name != "home.yaml":
            other.unlink()
    production = yaml.safe_load((root / "stacks/Pulumi.production.yaml").read_text())["config"]
    config = {
        "pulumi:disable-default-providers": ["*"],
        "isthmus:scheduler": {"site": "home"},
        "isthmus:images": production["isthmus:images"],
        "isthmus:sites": ["home"],
    }
    _write(root / "stacks/Pulumi.staging.yaml", {"config": config})
    with github() as repository, pods_run(server):
        made = Place(root, equipped, server, repository)
        made.typed("pulumi --non-interactive stack init staging").check_returncode()
        yield made


def _write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content))


def test_a_preview_of_a_new_environment_shows_all_of_it(place: Place) -> None:
    ran = place.job("preview.yml", "stack")

    assert (ran.failed, ran.done, ran.skipped) == ("", names("preview.yml", "stack"), []), ran.said
    assert ran.said["Reach every API server"] == "home: answers\n"
    assert (place.root.parent / "runner/kubeconfig").stat().st_mode & 0o777 == 0o600
    assert "kubernetes:core/v1:Namespace" in ran.said["Preview"]
    assert "to create" in ran.said["Preview"]


def test_a_merge_makes_it_and_leaves_nothing_to_do(place: Place) -> None:
    ran = place.job("deploy.yml", "staging")

    assert (ran.failed, ran.done) == ("", names("deploy.yml", "staging")), ran.said
    assert place.server.get("-n", NAMESPACE, "deployments")["items"]
    assert "unchanged" in ran.said["Nothing is left to do"]


def test_production_is_brought_up_by_the_same_steps() -> None:
    jobs = workflow("deploy.yml").jobs

    assert jobs["production"]["steps"] == jobs["staging"]["steps"]


def test_a_cluster_that_is_as_the_stack_says_is_no_news(place: Place) -> None:
    ran = place.job("drift.yml", "drift")

    assert (ran.failed, ran.done) == ("", names("drift.yml", "drift")), ran.said
    assert ran.said["Tell"] == "staging: as the stack says\n"
    assert place.repository.issues == []


@pytest.mark.parametrize("command", list(commands("docs/guides/preview-in-ci.md")))
def test_what_the_guide_says_can_be_typed(place: Place, command: str) -> None:
    done = place.typed(command)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout


def test_what_somebody_changed_by_hand_opens_an_issue_and_fails(place: Place) -> None:
    place.server.kubectl("-n", NAMESPACE, "delete", "networkpolicy", "default-deny")

    ran = place.job("drift.yml", "drift")

    (issue,) = place.repository.issues
    assert (ran.failed, ran.said["Tell"]) == ("Tell", "staging: drift; issue 1 is opened\n")
    assert (issue["title"], issue["state"]) == ("Drift in staging", "open")
    assert "home-default-deny" in issue["body"]


@pytest.mark.parametrize(
    ("file", "job", "believed"),
    [("preview.yml", "stack", "Preview"), ("deploy.yml", "staging", "Up"), ("drift.yml", "drift", "Compare")],
)
def test_nothing_is_believed_of_an_api_server_that_does_not_answer(
    place: Place, file: str, job: str, believed: str
) -> None:
    ran = place.job(file, job, kubeconfig=place.kubeconfig.replace(place.server.url, UNREACHABLE))

    assert ran.failed == "Reach every API server"
    assert "home: no answer: connection refused" in ran.said["Reach every API server"]
    assert believed in ran.skipped


def test_a_preview_without_credentials_is_one_line(place: Place) -> None:
    ran = place.job("preview.yml", "stack", vars={}, secrets={})

    line = "staging: no credentials for it here (neither PULUMI_BACKEND_URL nor PULUMI_ACCESS_TOKEN is set): skipped\n"
    assert (ran.failed, ran.done) == ("", ["Check out", "Credentials"])
    assert (ran.said, ran.summary) == ({"Credentials": line}, line)


@pytest.mark.parametrize(("file", "job"), [("deploy.yml", "staging"), ("drift.yml", "drift")])
def test_where_it_is_turned_on_missing_credentials_are_a_failure(place: Place, file: str, job: str) -> None:
    ran = place.job(file, job, vars={"ISTHMUS_DEPLOY": "true"}, secrets={})

    assert ran.failed == "Credentials"
    assert list(ran.said) == ["Credentials"]


@pytest.mark.parametrize(
    ("variables", "branch", "expected"),
    [
        ({}, "main", {"staging": False, "production": False, "drift": False}),
        ({"ISTHMUS_DEPLOY": "true"}, "main", {"staging": True, "production": True, "drift": True}),
        ({"ISTHMUS_DEPLOY": "true"}, "mine", {"staging": False, "production": False, "drift": True}),
    ],
    ids=["not turned on", "turned on", "a branch that somebody starts it on"],
)
def test_only_main_is_deployed_and_only_where_it_is_turned_on(
    tmp_path: Path, variables: dict[str, str], branch: str, expected: dict[str, bool]
) -> None:
    jobs = [("deploy.yml", "staging"), ("deploy.yml", "production"), ("drift.yml", "drift")]

    found = [
        Job(file, job, tmp_path / "clone", env={}, vars=variables, github={"ref": f"refs/heads/{branch}"})
        for file, job in jobs
    ]

    assert {job: one.holds(one.described["if"]) for (_, job), one in zip(jobs, found, strict=True)} == expected


@pytest.mark.parametrize(
    ("head", "expected"), [("example/isthmus", True), ("stranger/isthmus", False)], ids=["a branch", "a fork"]
)
def test_no_job_on_a_real_stack_starts_for_a_fork(tmp_path: Path, head: str, expected: bool) -> None:
    event = {"pull_request": {"head": {"repo": {"full_name": head}}}}
    job = Job("preview.yml", "stack", tmp_path / "clone", env={}, github={"event": event, "repository": REPOSITORY})

    assert job.holds(job.described["if"]) is expected


def test_what_breaks_a_policy_fails_the_preview(place: Place) -> None:
    file = place.root / "stacks/Pulumi.staging.yaml"
    before = file.read_text()
    stack = yaml.safe_load(before)
    # Refused only where the pack is given policy/config.staging.json, which lists the registries.
    images = stack["config"]["isthmus:images"]
    images["controller"] = images["controller"].replace("registry.example", "elsewhere.example")
    _write(file, stack)
    try:
        ran = place.job("preview.yml", "stack")
    finally:
        file.write_text(before)

    assert ran.failed == "Preview", ran.said
    assert "[mandatory]" in ran.said["Preview"]
    assert "comes from none of the registries that are listed" in ran.said["Preview"]
