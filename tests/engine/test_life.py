"""The life of one stack on a real engine and a real API server, in the order of this file: from nothing to nothing.

Each call of the CLI costs seconds, so a test looks at all that one call shows.
"""

import base64
import json
import re
import socket
from pathlib import Path

import pytest

from tests.engine.ended import ended_pid
from tests.engine.project import Project
from tests.local_api import ApiServer
from tools.pulumi.engine import CHANGES_FOUND

#: Exit status of an update that a mandatory policy refused.
VIOLATION = 1
pytestmark = [pytest.mark.engine, pytest.mark.cluster, pytest.mark.timeout(300)]


def names(server: ApiServer, *what: str) -> set[str]:
    return {item["metadata"]["name"] for item in server.get(*what)["items"]}


def test_the_first_preview_creates_all_and_touches_nothing(project: Project, server: ApiServer) -> None:
    planned = project.plan()

    assert planned.keys() == {"create"}
    assert {"a", "a-namespace", "a-key", "a-crd", "a-group", "a-claim", "a-scheduler", "seed"} <= planned["create"]
    assert not any(name.startswith("engine-") for name in names(server, "namespaces"))


def test_an_update_makes_all_and_leaves_the_committed_file_alone(project: Project, server: ApiServer) -> None:
    written = project.stack_file.read_text()

    project.engine.up()

    group = server.get("-n", "engine-a", "groups.engine.test", "workers")
    assert group["spec"] == {"replicas": 2, "extra": {"secretPrefix": "slot-", "port": 8786}}
    assert project.stack_file.read_text() == written
    assert "encryptionsalt" not in written


def test_after_an_update_nothing_is_left_to_do_and_no_secret_is_shown(project: Project, server: ApiServer) -> None:
    seed = project.outputs()["seed"]
    content = base64.b64encode(f'{{"private_key": "{seed}"}}'.encode()).decode()
    assert server.get("-n", "engine-a", "secret", "key")["data"] == {"tunnel.json": content}  # it is the live one

    everything = ("--show-config", "--show-reads", "--show-replacement-steps", "--show-sames")
    asked = project.engine.ask("preview", "--expect-no-changes", "--refresh", "--diff", *everything)
    preview = asked.out + asked.err
    state = project.engine.state_file.read_text()
    outputs = project.engine.ask("stack", "output", "--json").out

    assert "a-claim" in preview  # all of it is shown
    assert json.loads(outputs)["seed"] == "[secret]"
    for text in (state, preview, outputs):
        assert [secret for secret in (seed, content, base64.b64encode(seed.encode()).decode()) if secret in text] == []
    if project.engine.companions.stand_ins:
        assert preview.count("stand-in") == 1  # said once, by whom it is started


def test_a_crd_reaches_the_server_in_the_spelling_of_the_api(project: Project, server: ApiServer) -> None:
    crd = server.get("crd", "groups.engine.test")

    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["extra"]
    assert schema == {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def test_a_mandatory_policy_ends_the_update_before_it_changes_anything(
    project: Project, server: ApiServer, pack: Path
) -> None:
    before = names(server, "-n", "engine-a", "configmaps")
    project.configure(port=80)

    refused = project.engine.ask("up", "--yes", "--skip-preview", "--policy-pack", str(pack), expect=None)

    assert refused.status == VIOLATION
    assert "port is 80" in refused.out + refused.err
    assert names(server, "-n", "engine-a", "configmaps") == before


def test_a_change_that_the_policy_allows_updates_what_can_be_and_replaces_what_cannot(
    project: Project, pack: Path
) -> None:
    project.configure(port=9999)

    planned = project.plan("--expect-no-changes", "--policy-pack", str(pack), expect=CHANGES_FOUND)

    assert planned["update"] == {"a-scheduler", "a-service", "a-group"}
    assert planned["replace"] == {"a-config"}


def test_an_update_leaves_an_ignored_field_to_whoever_manages_it(project: Project, server: ApiServer) -> None:
    server.kubectl("-n", "engine-a", "scale", "groups.engine.test", "workers", "--replicas", "5")

    project.engine.up()

    group = server.get("-n", "engine-a", "groups.engine.test", "workers")
    assert group["spec"] == {"replicas": 5, "extra": {"secretPrefix": "slot-", "port": 9999}}


def test_drift_is_seen_by_a_refresh_and_put_right(project: Project, server: ApiServer) -> None:
    server.kubectl("-n", "engine-a", "scale", "deployment", "scheduler", "--replicas", "3")
    server.kubectl("-n", "engine-a", "delete", "role", "agent")
    state = project.engine.state_file.read_text()

    seen = project.plan("--refresh", "--expect-no-changes", expect=CHANGES_FOUND)

    assert seen == {"create": {"a-role"}, "update": {"a-scheduler"}}
    assert project.engine.state_file.read_text() == state
    project.engine.up("--refresh")
    assert server.get("-n", "engine-a", "deployment", "scheduler")["spec"]["replicas"] == 1
    assert names(server, "-n", "engine-a", "roles") == {"agent"}


def test_a_targeted_update_makes_its_target_and_nothing_else(project: Project, server: ApiServer) -> None:
    project.configure(configMaps=3, port=7777)
    target = "urn:pulumi:test::engine-test::kubernetes:core/v1:ConfigMap::bulk-000"

    project.engine.up("--target", target)

    assert {name for name in names(server, "-n", "engine-a", "configmaps") if "bulk" in name} == {"bulk-000"}
    assert server.get("-n", "engine-a", "service", "scheduler")["spec"]["ports"][0]["port"] == 9999


def test_an_update_that_failed_in_the_middle_is_resumed_where_it_stopped(project: Project, server: ApiServer) -> None:
    server.kubectl("-n", "engine-a", "create", "configmap", "bulk-001", "--from-literal=whose=somebody-else")

    failed = project.engine.ask("up", "--yes", "--skip-preview", "--continue-on-error", expect=None)

    assert failed.status != 0
    assert "bulk-001 already exists" in failed.out
    assert project.resources().keys() >= {"bulk-000", "bulk-002"}
    server.kubectl("-n", "engine-a", "delete", "configmap", "bulk-001")
    resumed = project.engine.up().out
    assert re.findall(r"\+ (\d+) created", resumed) == ["1"]
    assert project.resources()["bulk-001"] == "engine-a/bulk-001"


def test_a_component_renamed_with_an_alias_keeps_all_its_objects(project: Project, server: ApiServer) -> None:
    before = project.resources()
    project.configure(name="b")

    project.engine.up()

    renamed = {re.sub("^a-", "b-", name) if name != "a" else "b": found for name, found in before.items()}
    assert project.resources() == renamed
    assert {"b-config", "b-key"} <= renamed.keys()


def test_what_the_server_refuses_fails_the_preview_with_its_words(project: Project) -> None:
    project.configure(suffix="-No_Name")

    failed = project.engine.ask("preview", expect=None)

    project.configure(suffix="")
    assert failed.status != 0
    assert "engine-a-No_Name" in failed.out
    assert "RFC 1123" in failed.out


def test_a_server_that_is_away_is_said_in_a_preview_and_fails_an_update(project: Project, tmp_path: Path) -> None:
    away = tmp_path / "kubeconfig"
    away.write_text(re.sub(r"(127\.0\.0\.1):\d+", r"\1:1", Path(project.first_kubeconfig).read_text()))
    project.configure(kubeconfig=str(away), port=8888)

    preview = project.engine.ask("preview", expect=None)
    update = project.engine.ask("up", "--yes", "--skip-preview", expect=None)

    project.configure(kubeconfig=project.first_kubeconfig, port=7777)  # the next test finds all resources in the state
    assert "cannot be reached" in preview.out + preview.err
    assert update.status != 0
    assert "cannot be reached" in update.out + update.err


def test_a_renamed_namespace_takes_its_content_along(project: Project, server: ApiServer) -> None:
    project.configure(suffix="-b", configMaps=0)

    project.engine.up()

    assert {name for name in names(server, "namespaces") if name.startswith("engine-")} == {"engine-a-b"}
    assert names(server, "-n", "engine-a-b", "secrets") == {"key"}
    assert server.get("-n", "engine-a-b", "deployment", "scheduler")["spec"]["replicas"] == 1


def test_a_finalizer_that_is_in_the_way_is_named_and_what_it_needs_stays(project: Project, server: ApiServer) -> None:
    held = ("-n", "engine-a-b", "patch", "groups.engine.test", "workers", "--type=merge", "--patch")
    server.kubectl(*held, '{"metadata": {"finalizers": ["engine.test/held"]}}')

    failed = project.engine.ask("destroy", "--yes", "--skip-preview", expect=None)

    server.kubectl(*held, '{"metadata": {"finalizers": []}}')
    assert failed.status != 0
    assert "engine.test/held" in failed.out
    assert project.resources().keys() >= {"b-group", "b-crd", "b-namespace"}


def test_a_destroyed_stack_leaves_nothing(project: Project, server: ApiServer) -> None:
    project.engine.destroy()

    left = names(server, "namespaces") | names(server, "storageclass") | names(server, "crd")
    assert not any("engine" in name for name in left)
    assert '"resources"' not in project.engine.state_file.read_text()


def test_a_killed_cli_does_not_lock_its_stack(project: Project) -> None:
    state = project.engine.state_file.parents[3]
    project.engine.destroy()  # the stack is there, and nothing else holds it
    locks = state / ".pulumi" / "locks" / "organization" / "engine-test" / "test"
    locks.mkdir(parents=True, exist_ok=True)
    lock = {"pid": ended_pid(), "username": "x", "hostname": socket.gethostname(), "timestamp": "2026-01-01T00:00:00Z"}
    (locks / "killed.json").write_text(json.dumps(lock))

    by_itself = project.cli_alone("destroy", "--yes", "--skip-preview")
    project.engine.destroy()

    assert by_itself.returncode != 0
    assert "the stack is currently locked by 1 lock(s)" in by_itself.stdout + by_itself.stderr
    assert not (locks / "killed.json").exists()
