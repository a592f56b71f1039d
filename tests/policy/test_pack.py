"""The pack as a whole: what the engine starts, how environments configure it, and the page that describes it."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from pulumi.runtime.proto import analyzer_pb2 as proto

from isthmus.environment import stack_names
from policy import settings
from policy.judge import SettingsError, judge
from policy.record import Resource, ResourceRule
from policy.reference import page
from policy.rules import RULES
from policy.table import ROWS
from tests.policy.cases import DEPLOYED, DEPLOYMENT, GROUP, changed, kubernetes
from tests.policy.wire import PACK, in_process, served

ROOT = PACK.parent
NAMES = sorted(rule.name for rule in RULES)
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
    assert {row.level for row in said} == {"MANDATORY"}
    assert sorted((row.rule, row.urn) for row in said) == sorted((row.rule, row.urn) for row in judge(SPOILT))
    wrong = {
        ("images", SPOILT[0].urn),
        ("capabilities", SPOILT[1].urn),
        *((rule, SPOILT[2].urn) for rule in ("namespaces", "protection", "default-deny", "quotas")),
    }
    assert wrong <= {(row.rule, row.urn) for row in said}


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


FILES = sorted(PACK.glob("config.*.json"))


def test_an_environment_chooses_only_among_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert settings.main([str(file) for file in FILES]) == 0
    assert capsys.readouterr() == ("".join(f"{file}: every setting is one of its rule\n" for file in FILES), "")
    assert {file.name.split(".")[1] for file in FILES} <= set(stack_names(ROOT))


MISTAKES = [  # settings, everything that is said of them
    ({"imges": {}}, ["settings.imges: there is no such rule; did you mean images? There are: " + ", ".join(NAMES)]),
    (
        {"images": {"versionTag": True}},
        [
            (
                "settings.images.versionTag: the rule has no such setting; did you mean versionTags? "
                "There are: registries, versionTags"
            )
        ],
    ),
    ({"rights": {"x": 1}}, ["settings.rights.x: the rule has no such setting. There are: none"]),
    (
        {"images": {"versionTags": "yes", "registries": "mine.example"}},
        [
            "settings.images.versionTags: expected true or false: whether a version tag without a digest is enough",
            (
                "settings.images.registries: expected a list of texts: registries, and folders of them, that images "
                "may come from; none listed: any"
            ),
        ],
    ),
    ({"images": True}, ["settings.images: expected a mapping from settings to their values"]),
    ({"images": {"enforcementLevel": "advisory"}}, ["settings.images.enforcementLevel: every rule is mandatory"]),
    ([], ["settings: expected a mapping from rules to their settings"]),
]


@pytest.mark.parametrize(("given", "said"), MISTAKES, ids=[str(row[0]) for row in MISTAKES])
def test_a_setting_that_no_rule_has_is_refused_with_what_was_perhaps_meant(
    given: Any, said: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "settings"
    file.write_text(json.dumps(given))

    assert settings.mistakes(given) == said
    with pytest.raises(SettingsError, match=re.escape(said[0])):
        judge([], given)
    assert settings.main([str(file)]) == 1
    assert capsys.readouterr().err == "".join(f"{tmp_path}/{sentence}\n" for sentence in said)


def test_a_file_that_is_no_json_or_not_there_is_refused_by_its_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.json").write_text("{")

    assert settings.main([str(tmp_path / "config.json"), str(tmp_path / "none.json")]) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert f"{tmp_path}/config.json: is no readable JSON" in first
    absent = "No such file or directory. An environment without such a file has every rule as it is"
    assert second == f"{tmp_path}/none.json: {absent}"


@pytest.mark.parametrize(
    ("rule", "given"), [("images", {"versionTag": True}), ("references", {"claims": True})], ids=["resource", "stack"]
)
def test_pulumi_hears_of_a_setting_that_no_rule_has_once(rule: str, given: dict[str, Any]) -> None:
    stack = Resource("pulumi:pulumi:Stack", "isthmus-test", {}, urn="urn:pulumi:test::isthmus::pulumi:pulumi:Stack::x")

    said = in_process(only=rule, settings=given).judge([stack, kubernetes("core/v1", "Namespace", "isthmus-test")])

    assert [(row.rule, "the rule has no such setting" in row.message) for row in said] == [(rule, True)]


def test_the_local_environment_may_lose_everything_and_run_images_by_their_version() -> None:
    chosen = json.loads((PACK / "config.local.json").read_text())
    namespace = replace(SPOILT[2], protect=False)

    excused = {row.rule for row in judge([SPOILT[0], namespace])} - {
        row.rule for row in judge([SPOILT[0], namespace], chosen)
    }

    assert excused == {"images", "protection"}


def test_the_manifest_says_how_the_pack_is_started() -> None:
    manifest = yaml.safe_load((PACK / "PulumiPolicy.yaml").read_text())

    assert manifest["runtime"]["name"] == "python"
    assert (PACK / manifest["runtime"]["options"]["virtualenv"]).resolve() == ROOT / ".venv"
    assert (PACK / "__main__.py").is_file()


def test_every_well_known_check_is_held_by_a_rule_or_says_who_holds_it() -> None:
    assert len(ROWS) == 56
    assert [row.check for row in ROWS if not row.rules and not row.instead] == []
    assert {name for row in ROWS for name in row.rules} == set(NAMES)


def test_the_page_of_the_rules_is_fresh() -> None:
    """Rewrite it with `python -m policy.reference > docs/reference/rules.md`."""
    assert (ROOT / "docs/reference/rules.md").read_text() == page()
