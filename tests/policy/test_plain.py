"""pulumi-policy's proxies become plain data, in which a value that is not known yet is a value."""

import json

from pulumi_policy.proxy import UNKNOWN_NUMBER_VALUE, UNKNOWN_STRING_VALUE, unknown_checking_proxy

from policy.plain import UNKNOWN, Properties, at, plain, texts


def test_a_copy_has_mappings_lists_and_whole_numbers_and_shows_what_is_unknown() -> None:
    proxy = unknown_checking_proxy(
        {
            "replicas": 3.0,
            "share": 0.5,
            "on": True,
            "nothing": None,
            "name": UNKNOWN_STRING_VALUE,
            "list": [1.0, UNKNOWN_NUMBER_VALUE, {"deep": UNKNOWN_STRING_VALUE}],
        }
    )

    copy = plain(proxy)

    assert copy == {
        "replicas": 3,
        "share": 0.5,
        "on": True,
        "nothing": None,
        "name": UNKNOWN,
        "list": [1, UNKNOWN, {"deep": UNKNOWN}],
    }
    assert isinstance(copy, dict)
    assert isinstance(copy["list"], list)
    assert isinstance(copy["replicas"], int)
    assert json.dumps(copy["share"]) == "0.5"


def test_properties_are_the_copy_of_a_proxy_key_by_key() -> None:
    proxy = unknown_checking_proxy(
        {"spec": {"replicas": 3.0, "name": UNKNOWN_STRING_VALUE}, "data": UNKNOWN_STRING_VALUE}
    )

    properties = Properties(proxy)

    assert dict(properties) == {"spec": {"replicas": 3, "name": UNKNOWN}, "data": UNKNOWN}
    assert properties["spec"] is properties["spec"]
    assert (properties.get("x"), len(properties)) == (None, 2)
    assert at(properties, "data", "x") is UNKNOWN


def test_a_path_through_something_unknown_is_unknown() -> None:
    value = {"a": {"b": 1}, "c": UNKNOWN, "d": None}

    assert at(value, "a", "b") == 1
    assert at(value, "a", "x", "y") is None
    assert at(value, "c", "x", "y") is UNKNOWN
    assert at(value, "d", "x") is None


def test_every_text_is_found_with_its_path_and_only_containers_are_called_by_name() -> None:
    value = {"containers": [{"name": "main", "args": ["a"]}], "env": [{"name": "b"}], "n": 1, "u": UNKNOWN}

    assert list(texts(value)) == [
        ("containers[main].name", "main"),
        ("containers[main].args[0]", "a"),
        ("env[0].name", "b"),
    ]
