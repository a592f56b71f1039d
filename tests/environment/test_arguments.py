"""A program's arguments come to the same environment as stack files; its mistakes are named by its own paths."""

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from isthmus.environment import arguments, described, load, stack_names
from isthmus.errors import ConfigError
from tests.environment.projects import VALID

REPOSITORY = Path(__file__).parents[2]
ENVIRONMENTS = [(VALID, "test"), *((REPOSITORY, env) for env in stack_names(REPOSITORY))]


def changed(path: str, value: object) -> dict[str, Any]:
    """The arguments of the valid environment with one value in place of another; ... takes it away."""
    given = copy.deepcopy(arguments(load(VALID, "test")))
    *above, last = path.split("/")
    here = given
    for step in above:
        here = here[step]
    if value is ...:
        del here[last]
    else:
        here[last] = value
    return given


def named(given: Mapping[str, Any]) -> list[str]:
    """The mistakes of arguments that must not be taken."""
    with pytest.raises(ConfigError) as caught:
        described(**given)
    assert {mistake.file for mistake in caught.value.mistakes} <= {""}
    return [str(mistake) for mistake in caught.value.mistakes]


@pytest.mark.parametrize(("root", "env"), ENVIRONMENTS, ids=[row[1] for row in ENVIRONMENTS])
def test_an_environment_is_the_one_that_its_arguments_describe(root: Path, env: str) -> None:
    environment = load(root, env)

    assert described(**arguments(environment)) == environment


@pytest.mark.parametrize(("root", "env"), ENVIRONMENTS, ids=[row[1] for row in ENVIRONMENTS])
def test_the_arguments_survive_json_where_every_number_is_a_fraction(root: Path, env: str) -> None:
    given = arguments(load(root, env))

    assert json.loads(json.dumps(given)) == given
    assert described(**json.loads(json.dumps(given), parse_int=float)) == load(root, env)


def test_the_stated_list_keeps_the_order_that_a_mapping_may_lose() -> None:
    environment = load(REPOSITORY, "local")
    given = arguments(environment)

    assert described(**given | {"sites": dict(reversed(given["sites"].items()))}) == environment


def test_what_has_a_default_may_be_left_out() -> None:
    given = {
        "project": "ours",
        "environment": "small",
        "settings": {
            "scheduler": {"site": "here"},
            "images": {"dask": "dask:1", "controller": "controller:1", "tunnel": "tunnel:1"},
        },
        "sites": {"there": {"id": 2, "kubernetes": {"context": "b"}, "gateway": {"endpoint": "b.example:51820"}},
                  "here": {"id": 1, "kubernetes": {"context": "a"}}},
    }  # fmt: skip

    environment = described(**given)  # type: ignore[arg-type]

    assert [site.name for site in environment.sites] == ["there", "here"]
    assert [site.namespace for site in environment.sites] == ["isthmus-small", "isthmus-small"]
    assert environment.cluster == "small"


WRONG = [
    ("settings/scheduler/site", "west", "settings.scheduler.site: got west; expected one of the sites: abroad, north"),
    ("settings/netwrk", {}, "settings.netwrk: unknown key. Did you mean network?"),
    ("settings/network/mtu", 1400.5, "settings.network.mtu: got 1400.5; expected a whole number from 1280 to 8941."),
    ("sites/south/id", 1, "sites.south.id: got 1, which north already has"),
    ("sites/south/name", "south", "sites.south.name: unknown key. The site's name is its key: south."),
    ("sites/south/pools/archive/slots/first", 4, "sites.south.pools.archive.slots: slots 4 to 7 are pool forecasts's"),
    ("sites/abroad/external/publicKey", "short", "sites.abroad.external.publicKey: got a value that is not shown"),
    ("sites/North_2", {}, "sites.North_2: this is no name of a site; expected a name of at most 20"),
    ("sites/east", {}, "sites.east: settings.sites does not name it. Add it"),
    ("sites/abroad", ..., "sites.abroad: missing; settings.sites names it. Describe it"),
    ("settings/sites", [], "settings.sites: got a list; expected a list of at least one"),
    ("sites/south", "a site", 'sites.south: got "a site"; expected a mapping.'),
    ("sites/south/kubernetes", {}, "sites.south.kubernetes: give one of context, kubeconfig, kubeconfigSecret."),
    ("sites", "home", 'sites: got "home"; expected a mapping of at least one site.'),
    ("settings", ["home"], "settings: got a list; expected a mapping."),
    ("settings/sites", [["north"], "south"], "settings.sites.0: got a list; expected a name"),
    ("sites/south", {}, "sites.south.id: missing; expected a whole number from 1 to 65535."),
    ("project", "", "project: missing; expected the project's name."),
    ("environment", "system", "environment: its namespace would be isthmus-system"),
]


@pytest.mark.parametrize(("path", "value", "said"), WRONG, ids=[row[0] for row in WRONG])
def test_a_mistake_is_named_by_the_path_that_the_program_wrote(path: str, value: object, said: str) -> None:
    assert said in "\n".join(named(changed(path, value)))


def test_without_a_site_that_is_all_that_is_said_of_the_sites() -> None:
    given = changed("settings/sites", ...) | {"sites": {}}
    del given["settings"]["scheduler"]

    found = named(given)

    assert [line.partition(":")[0] for line in found] == ["sites", "settings.scheduler"]


def test_the_message_says_that_it_is_about_arguments() -> None:
    with pytest.raises(ConfigError) as caught:
        described(**changed("settings/protect", 1))

    assert str(caught.value).splitlines() == [
        "1 mistake in the arguments:",
        "  settings.protect: got 1; expected true or false.",
    ]
