"""What the stand-ins decide without a server: refusals, spellings, replacements, readiness, random values."""

import base64
import json
import string
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.pulumi.stand_in.bags import UNKNOWN, has_unknown, opened, sealed, secret, unmarked
from tools.pulumi.stand_in.changes import Change, changes
from tools.pulumi.stand_in.kubernetes import checking, readiness
from tools.pulumi.stand_in.kubernetes.kubeconfig import KubeconfigError, access
from tools.pulumi.stand_in.kubernetes.provider_config import check_config, diff_config
from tools.pulumi.stand_in.kubernetes.replacing import delete_first, replacing
from tools.pulumi.stand_in.kubernetes.settings import Settings
from tools.pulumi.stand_in.random.values import KINDS, mistakes


def test_a_bag_keeps_whole_numbers_whole() -> None:
    value: dict[str, Any] = {
        "replicas": 3,
        "share": 0.5,
        "on": True,
        "none": None,
        "list": [1, {"a": "b"}],
        "empty": {},
    }

    back = opened(sealed(value))

    assert back == value
    assert isinstance(back["replicas"], int)


def test_a_providers_secret_arguments_are_read_without_their_marks() -> None:
    arguments = {"kubeconfig": secret(json.dumps({"a": 1})), "enableSecretMutable": "true", "x": [{"y": secret("z")}]}

    assert unmarked(arguments) == {"kubeconfig": '{"a": 1}', "enableSecretMutable": "true", "x": [{"y": "z"}]}


def test_an_unknown_is_found_however_deep_it_lies() -> None:
    assert has_unknown({"a": [{"b": UNKNOWN}]})
    assert not has_unknown({"a": [{"b": "known"}]})


CHANGES = [
    ("a leaf", {"a": {"b": 1}}, {"a": {"b": 2}}, [Change("a.b", "update")]),
    ("a new key", {"a": {}}, {"a": {"b": 1}}, [Change("a.b", "add")]),
    ("a key with a dot", {"l": {"dask.org/x": "1"}}, {"l": {}}, [Change('l["dask.org/x"]', "delete")]),
    ("a longer list", {"l": [1]}, {"l": [1, 2]}, [Change("l[1]", "add")]),
    ("another kind of value", {"a": [1]}, {"a": {"b": 1}}, [Change("a", "update")]),
    ("nothing", {"a": [1, {"b": 2}]}, {"a": [1, {"b": 2}]}, []),
]


@pytest.mark.parametrize(("old", "new", "expected"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES])
def test_changes_name_each_leaf_as_the_engine_spells_it(old: Any, new: Any, expected: list[Change]) -> None:
    assert list(changes(old, new)) == expected


REPLACING = [
    ("a label", "ConfigMap", {"metadata": {"labels": {"a": "1"}}}, {"metadata": {"labels": {"a": "2"}}}, []),
    ("a name", "ConfigMap", {"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}, ["metadata.name"]),
    ("data of a ConfigMap", "ConfigMap", {"data": {"a": "1"}}, {"data": {"a": "2"}}, ["data.a"]),
    (
        "a selector",
        "Deployment",
        {"spec": {"selector": {"a": "1"}}},
        {"spec": {"selector": {"a": "2"}}},
        ["spec.selector.a"],
    ),
    ("a quota", "ResourceQuota", {"spec": {"hard": {"pods": "1"}}}, {"spec": {"hard": {"pods": "2"}}}, []),
    (
        "what a quota counts",
        "ResourceQuota",
        {"spec": {"scopes": ["Terminating"]}},
        {"spec": {"scopes": ["NotTerminating"]}},
        ["spec.scopes[0]"],
    ),
    ("a budget", "PodDisruptionBudget", {"spec": {"maxUnavailable": 1}}, {"spec": {"maxUnavailable": 2}}, []),
    ("limits", "LimitRange", {"spec": {"limits": []}}, {"spec": {"limits": [{"type": "Pod"}]}}, []),
    ("a priority", "PriorityClass", {"value": 1}, {"value": 2}, []),  # the server refuses it
    ("replicas", "Deployment", {"spec": {"replicas": 1}}, {"spec": {"replicas": 2}}, []),
    ("a custom spec", "DaskCluster", {"spec": {"selector": 1}}, {"spec": {"selector": 2}}, []),
]


@pytest.mark.parametrize(
    ("kind", "old", "new", "expected"), [row[1:] for row in REPLACING], ids=[row[0] for row in REPLACING]
)
def test_only_what_cannot_change_in_place_is_replaced(kind: str, old: Any, new: Any, expected: list[str]) -> None:
    old, new = {"kind": kind, **old}, {"kind": kind, **new}

    assert replacing(list(changes(old, new)), old, new, Settings()) == expected


def test_mutable_config_maps_are_updated_in_place_unless_they_say_otherwise() -> None:
    old, new = {"kind": "ConfigMap", "data": {"a": "1"}}, {"kind": "ConfigMap", "data": {"a": "2"}}
    mutable = Settings(enableConfigMapMutable=True)

    assert replacing(list(changes(old, new)), old, new, mutable) == []
    assert replacing(list(changes(old, new)), old | {"immutable": True}, new, mutable) == ["data.a"]


def test_a_replacement_of_the_same_name_waits_for_the_old_one() -> None:
    named = {"metadata": {"name": "a", "namespace": "n"}}
    made_up = {"metadata": {"name": "a", "annotations": {"pulumi.com/autonamed": "true"}}}

    assert delete_first(named, named)
    assert not delete_first(named, {"metadata": {"name": "b", "namespace": "n"}})
    assert not delete_first(made_up, made_up)


REFUSED = [
    ("helm", "kubernetes:helm.sh/v3:Release", {}, "helm.sh"),
    ("a patch", "kubernetes:apps/v1:DeploymentPatch", {}, "DeploymentPatch"),
    ("an unknown annotation", "kubernetes:batch/v1:Job", {"replaceUnready": "true"}, "replaceUnready"),
    ("a path that is not plain", "kubernetes:core/v1:Pod", {"waitFor": "jsonpath={.a[0]}=1"}, ".a[0]"),
]


@pytest.mark.parametrize(("token", "notes", "named"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_is_beyond_the_stand_in_is_refused_by_name(token: str, notes: dict[str, str], named: str) -> None:
    annotations = {f"pulumi.com/{key}": value for key, value in notes.items()}

    (refusal,) = checking.refusals(token, {"metadata": {"annotations": annotations}})

    assert named in refusal


def test_text_of_a_secret_becomes_its_data_once_it_is_known() -> None:
    secret = {"kind": "Secret", "stringData": {"a": "x"}, "data": {"b": "eQ=="}}

    assert checking.normalized(secret)["data"] == {"a": base64.b64encode(b"x").decode(), "b": "eQ=="}
    assert checking.normalized(secret | {"stringData": {"a": UNKNOWN}})["stringData"] == {"a": UNKNOWN}


def test_a_made_up_name_stays_and_a_stated_one_wins() -> None:
    first = checking.with_name({"metadata": {}}, {}, "a-1234")

    assert first["metadata"] == {"name": "a-1234", "annotations": {"pulumi.com/autonamed": "true"}}
    assert checking.with_name({"metadata": {}}, first, "a-9999") == first
    assert checking.with_name({"metadata": {"name": "b"}}, first, "a-9999") == {"metadata": {"name": "b"}}


NOTHING_AROUND = readiness.Around(storage_class=lambda _: None, has_endpoint=lambda _: False)


def workload(**status: Any) -> dict[str, Any]:
    return {"kind": "Deployment", "metadata": {"generation": 2}, "spec": {"replicas": 2}, "status": status}


DONE = {"observedGeneration": 2, "replicas": 2, "readyReplicas": 2, "updatedReplicas": 2}
READY = [
    ("all replicas", workload(**DONE), ""),
    ("not seen yet", workload(**DONE | {"observedGeneration": 1}), "see the new spec"),
    ("half", workload(**DONE | {"readyReplicas": 1}), "1 of 2"),
    ("old ones left", workload(**DONE | {"replicas": 3}), "1 old"),
    ("a headless Service of nobody", {"kind": "Service", "metadata": {}, "spec": {"clusterIP": "None"}}, ""),
    (
        "a Service without pods",
        {"kind": "Service", "metadata": {}, "spec": {"selector": {"a": "b"}}},
        "a pod behind it",
    ),
    ("a quota that nobody counts yet", {"kind": "ResourceQuota", "spec": {"hard": {"pods": "4"}}}, "count against"),
    (
        "a quota as it was before",
        {"kind": "ResourceQuota", "spec": {"hard": {"pods": "4"}}, "status": {"hard": {"pods": "3"}}},
        "count against",
    ),
    (
        "a quota that is counted",
        {"kind": "ResourceQuota", "spec": {"hard": {"pods": "4"}}, "status": {"hard": {"pods": "4"}, "used": {}}},
        "",
    ),
    ("a kind without a rule", {"kind": "DaskCluster", "metadata": {}, "spec": {}}, ""),
    (
        "a condition asked for",
        {"kind": "DaskCluster", "metadata": {"annotations": {"pulumi.com/waitFor": "condition=Running"}}},
        "condition=Running",
    ),
    (
        "a field asked for",
        {
            "kind": "DaskCluster",
            "metadata": {"annotations": {"pulumi.com/waitFor": '["jsonpath={.status.phase}=Running"]'}},
            "status": {"phase": "Running"},
        },
        "",
    ),
]


@pytest.mark.parametrize(("obj", "lacking"), [row[1:] for row in READY], ids=[row[0] for row in READY])
def test_an_object_lacks_what_its_status_says(obj: dict[str, Any], lacking: str) -> None:
    found = readiness.waiting_for(obj, NOTHING_AROUND)

    assert lacking in found if lacking else found == ""


def test_a_rollout_that_gave_up_is_not_waited_for() -> None:
    given_up = {"type": "Progressing", "status": "False", "message": "exceeded its progress deadline"}

    with pytest.raises(readiness.Failed, match="progress deadline"):
        readiness.waiting_for(workload(conditions=[given_up], **DONE), NOTHING_AROUND)


def kubeconfig(**user: str) -> str:
    return json.dumps(
        {
            "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}],
            "users": [{"name": "u", "user": user}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u", "namespace": "n"}}],
            "current-context": "x",
        }
    )


def test_a_kubeconfig_is_a_path_a_document_or_a_context_of_the_users_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "config"
    path.write_text(yaml.safe_dump(json.loads(kubeconfig(token="secret-token"))))
    monkeypatch.setenv("KUBECONFIG", str(path))

    for found in (access(str(path)), access(kubeconfig(token="secret-token")), access(context="x")):
        assert (found.server, found.token, found.namespace) == ("http://127.0.0.1:1", "secret-token", "n")


@pytest.mark.parametrize(
    ("given", "context", "named"),
    [
        ("/no/such/file", "", "/no/such/file"),
        (kubeconfig(), "y", "'y'"),
        ("a: b\nsecret-token", "", "given as text"),
        (kubeconfig(username="secret-token"), "", "username"),
    ],
    ids=["no file", "no such context", "not a kubeconfig", "a way in that is not known"],
)
def test_a_kubeconfig_that_leads_nowhere_is_named_without_its_credentials(given: str, context: str, named: str) -> None:
    with pytest.raises(KubeconfigError, match=named) as error:
        access(given, context)

    assert "secret-token" not in str(error.value)


def test_provider_arguments_beyond_the_stand_in_are_refused() -> None:
    (yaml_mode,) = check_config({"renderYamlToDirectory": "out", "kubeconfig": "k"})
    (client_side,) = check_config({"enableServerSideApply": "false"})

    assert "renderYamlToDirectory" in yaml_mode
    assert "server-side apply" in client_side
    assert check_config({"enableConfigMapMutable": "true", "suppressDeprecationWarnings": "true"}) == []


def test_a_provider_is_replaced_only_when_it_points_to_another_kubernetes() -> None:
    elsewhere = kubeconfig().replace("127.0.0.1", "127.0.0.2")
    named = {"clusterIdentifier": "site"}

    assert list(diff_config({"kubeconfig": kubeconfig()}, {"kubeconfig": elsewhere}).replaces) == ["kubeconfig"]
    assert list(diff_config(named | {"kubeconfig": kubeconfig()}, named | {"kubeconfig": elsewhere}).replaces) == []
    assert list(diff_config(named, {"clusterIdentifier": "other"}).replaces) == ["clusterIdentifier"]


def test_a_password_has_what_was_asked_for_and_no_telling_id() -> None:
    inputs = {"length": 40, "special": False, "upper": False, "minNumeric": 30}

    made = KINDS["RandomPassword"].make(inputs)

    value = made.outputs["result"]
    assert made.id == "none"
    assert len(value) == 40
    assert set(value) <= set(string.ascii_lowercase + string.digits)
    assert sum(character in string.digits for character in value) >= 30
    assert KINDS["RandomPassword"].secret


@pytest.mark.parametrize(
    ("kind", "inputs", "named"),
    [
        ("RandomPet", {}, "RandomPet"),
        ("RandomInteger", {"min": 1, "max": 2, "seed": "x"}, "seed"),
        ("RandomInteger", {"min": 3, "max": 2}, "min is 3"),
        ("RandomPassword", {"length": 4, "minUpper": 5}, "at least 5"),
        (
            "RandomPassword",
            {"length": 4, "lower": False, "upper": False, "numeric": False, "special": False},
            "no class",
        ),
    ],
    ids=["a kind", "an argument", "a range", "a length", "no characters"],
)
def test_random_values_that_cannot_be_made_are_refused(kind: str, inputs: dict[str, Any], named: str) -> None:
    (mistake,) = mistakes(kind, inputs)

    assert named in mistake
