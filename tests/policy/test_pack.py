"""The pack as a whole: what the engine starts, how environments configure it, and the page that describes it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from pulumi.runtime.proto import analyzer_pb2 as proto

from policy.record import ResourceRule
from policy.reference import page
from policy.rules import RULES
from tests.policy.cases import DEPLOYED, DEPLOYMENT, GROUP, changed, kubernetes
from tests.policy.wire import PACK, in_process, served

ROOT = PACK.parent
#: Spoilt in several ways at once, so that rules of both scopes and settings of two of them have something to say.
SPOILT = (
    changed(DEPLOYMENT, f"{DEPLOYED}.containers.0.image", "isthmus.local/dask:0.1.0"),
    changed(GROUP, "spec.worker.spec.containers.0.securityContext.capabilities.add", ["NET_ADMIN"]),
    kubernetes("core/v1", "Namespace", "isthmus-test"),
)


def test_the_server_that_the_engine_starts_says_what_the_rules_say() -> None:
    with served() as pack:
        assert [row.name for row in pack.info.policies] == [rule.name for rule in RULES]
        said = pack.judge(SPOILT)

    assert said == in_process().judge(SPOILT)
    assert sorted((row.rule, row.urn, row.level) for row in said) == sorted(
        (rule, resource.urn, "MANDATORY")
        for rule, resource in (
            ("images", SPOILT[0]),
            ("capabilities", SPOILT[1]),
            ("namespaces", SPOILT[2]),
            ("protection", SPOILT[2]),
            ("default-deny", SPOILT[2]),
        )
    )


def test_the_engine_learns_of_every_rule_what_its_record_says() -> None:
    rows = {row.name: row for row in in_process().info.policies}

    assert [
        (row.description, row.remediation_steps, row.enforcementLevel, row.policy_type)
        for row in (rows[rule.name] for rule in RULES)
    ] == [
        (
            rule.title,
            rule.fix,
            proto.MANDATORY,
            proto.POLICY_TYPE_RESOURCE if isinstance(rule, ResourceRule) else proto.POLICY_TYPE_STACK,
        )
        for rule in RULES
    ]


@pytest.mark.parametrize("file", sorted(PACK.glob("config.*.json")), ids=lambda path: path.name)
def test_an_environment_configures_only_settings_that_there_are(file: Path) -> None:
    known = {rule.name: set(rule.settings) for rule in RULES}

    given = json.loads(file.read_text())

    assert (ROOT / f"stacks/Pulumi.{file.name.split('.')[1]}.yaml").is_file()
    assert {rule: set(settings) <= known[rule] for rule, settings in given.items()} == dict.fromkeys(given, True)


def test_the_local_environment_may_lose_everything_and_run_images_by_their_version() -> None:
    settings = json.loads((PACK / "config.local.json").read_text())
    namespace = replace(SPOILT[2], protect=False)

    said = in_process(settings=settings).judge([SPOILT[0], namespace])

    assert {row.rule for row in said} == {"namespaces", "default-deny"}


def test_the_manifest_says_how_the_pack_is_started() -> None:
    manifest = yaml.safe_load((PACK / "PulumiPolicy.yaml").read_text())

    assert manifest["runtime"]["name"] == "python"
    assert (PACK / manifest["runtime"]["options"]["virtualenv"]).resolve() == ROOT / ".venv"
    assert (PACK / "__main__.py").is_file()


def test_the_page_of_the_rules_is_fresh() -> None:
    """Rewrite it with `python -m policy.reference > docs/reference/rules.md`."""
    assert (ROOT / "docs/reference/rules.md").read_text() == page()
