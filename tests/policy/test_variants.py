"""What an operator may choose in the stack files passes the rules, with the settings of `local` and no exception."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from isthmus.graph.store import dump
from policy import stored
from policy.judge import judge
from tests.components.test_variants import Files, federated, variant
from tests.policy.wire import PACK

pytestmark = pytest.mark.slow

SITES = ("home", "ecmwf", "eumetsat")


def nothing_installed(files: Files) -> None:
    """Every site's operator has installed everything: only namespaced objects are ours."""
    for site in SITES:
        files[site]["install"] = {"crds": False, "namespaces": False, "controller": False}


def controllers_in_namespaces_of_others(files: Files) -> None:
    """Definitions and controllers are ours, namespaces are made by each site's operator."""
    for site in SITES:
        files[site]["install"] = {"namespaces": False}


def one_kubernetes(files: Files) -> None:
    """All sites in one Kubernetes: `home` installs what is of all of it, its controller serves the others."""
    for site in SITES[1:]:
        files[site]["install"] = {"crds": False, "controller": False}
        files[site] |= {"kubernetes": files["home"]["kubernetes"], "namespace": f"isthmus-local-{site}"}
    for number, site in enumerate(SITES, start=30821):
        files[site].setdefault("gateway", {})["service"] = {"type": "NodePort", "nodePort": number}


def pool_beside_the_scheduler(files: Files) -> None:
    """A pool at the scheduler's own site: its workers and the scheduler talk over the pod network."""
    files["home"]["pools"] = {"home": {"workers": {"max": 2, "memory": "1Gi"}}}


def paused(files: Files) -> None:
    """A site that is left as it is."""
    files["ecmwf"]["paused"] = True


@pytest.mark.parametrize(
    "change",
    [
        nothing_installed,
        controllers_in_namespaces_of_others,
        one_kubernetes,
        pool_beside_the_scheduler,
        paused,
        federated,
    ],
    ids=lambda row: row.__name__,
)
def test_no_rule_objects_to_what_an_operator_may_choose(change: Callable[[Files], None], tmp_path: Path) -> None:
    settings = json.loads((PACK / "config.local.json").read_text())
    resources = stored.resources(json.loads(dump(variant(tmp_path, change))))

    assert judge(resources, settings) == []
    # The barrier: there were pods of every site to be judged.
    assert {one.site for one in resources if one.kind == "Deployment"} == set(SITES)
