"""The page about a first real deployment: what it shows is loaded, judged and compared with the names that hold."""

import re
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from isthmus import names
from isthmus.environment import Environment, load
from isthmus.graph import record
from policy.record import Provider, Resource, ResourceRule
from policy.rules import RULES
from tests.docs.commands import CHECKOUT

PAGE = (CHECKOUT / "docs/guides/first-site.md").read_text()
#: Name of a file -> its content: every block of YAML begins with the name as a remark.
FILES = dict(re.findall(r"```yaml\n# (\S+)\n(.*?)```", PAGE, flags=re.DOTALL))
STACK, FIRST, SECOND = "stacks/Pulumi.field.yaml", "stacks/field/home.yaml", "stacks/field/ecmwf.yaml"


def _project(root: Path, *sites: str) -> Path:
    """A project with the page's files of these sites, and its list of sites as the page has it for them."""
    listed = f"isthmus:sites: [{', '.join(Path(site).stem for site in sites)}]"
    assert listed in PAGE
    for file in ("Pulumi.yaml", "__main__.py"):
        (root / file).write_text((CHECKOUT / file).read_text())
    for file in (STACK, *sites):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(FILES[file].replace("isthmus:sites: [home]", listed))
    return root


def _environment(root: Path, *sites: str) -> Environment:
    return load(_project(root, *sites), "field")


@pytest.mark.parametrize("sites", [(FIRST,), (FIRST, SECOND)], ids=["one site", "two sites"])
def test_its_stack_files_describe_an_environment(tmp_path: Path, sites: tuple[str, ...]) -> None:
    environment = _environment(tmp_path, *sites)

    assert [site.name for site in environment.sites] == [Path(site).stem for site in sites]


def test_its_notebook_has_the_names_that_the_stack_makes() -> None:
    pod: dict[str, Any] = yaml.safe_load(FILES["notebook.yaml"])
    (container,) = pod["spec"]["containers"]

    assert pod["metadata"]["namespace"] == names.namespace("field")
    assert pod["metadata"]["labels"] == {names.LABEL_ROLE: "client"}
    assert container["env"] == [{"name": "PYTHONPATH", "value": f"{names.PYTHON_DIR}/{names.PYTHON_ZIP}"}]
    assert container["volumeMounts"][0] == {"name": "python", "mountPath": names.PYTHON_DIR, "readOnly": True}
    assert pod["spec"]["volumes"][0] == {"name": "python", "configMap": {"name": names.python("field")}}
    assert f'Client("tcp://{names.scheduler("field")}:{names.SCHEDULER_PORT}")' in PAGE


def test_its_notebook_is_what_our_own_policies_ask_of_a_pod() -> None:
    pod = yaml.safe_load(FILES["notebook.yaml"])
    resource = Resource("kubernetes:core/v1:Pod", "notebook", pod, provider=Provider("urn", "home"))

    found = {rule.name: rule.violations(resource, {}) for rule in RULES if isinstance(rule, ResourceRule)}

    # It is no pod of the stack, and must not look like one: whatever cleans up after an environment goes by labels.
    assert {finding.problem for finding in found.pop("labels")} == {"is missing"}
    assert {name: findings for name, findings in found.items() if findings} == {}


BOUND = PAGE.partition("## If the kubeconfig is bound to a namespace\n")[2].partition("\n## ")[0]
NOT_OURS = "install: {crds: false, namespaces: false, controller: false}"


def _listed() -> set[tuple[str, str, str]]:
    """Kind, namespace and name of every object that the page has the operator make."""
    rows = [line.split("|")[1:4] for line in BOUND.splitlines() if line.startswith("| `")]
    quoted = [[re.findall(r"`(.*?)`", cell) for cell in row] for row in rows]
    return {each for kinds, spaces, called in quoted for each in product(kinds, spaces or [""], called)}


def _key(manifest: Mapping[str, Any]) -> tuple[str, str, str]:
    return manifest["kind"], manifest["metadata"].get("namespace", ""), manifest["metadata"]["name"]


def test_what_the_operator_makes_and_what_the_kubeconfig_may_is_all_that_there_is(tmp_path: Path) -> None:
    root = _project(tmp_path, FIRST)
    everything = record(root, "field").manifests("home")
    assert NOT_OURS in BOUND
    (root / FIRST).write_text(f"{(root / FIRST).read_text()}{NOT_OURS}\n")
    ours = record(root, "field").manifests("home")

    assert {_key(each) for each in everything} - {_key(each) for each in ours} == _listed()
    told = set(re.findall(r"`(\w+)`", BOUND.partition("make, change and delete there:")[2]))
    assert told == {each["kind"] for each in ours} | {"PersistentVolumeClaim"}  # which it makes for `claims`
    assert {each["metadata"].get("namespace") for each in ours} == {"isthmus-field"}


def test_the_labels_of_the_operators_namespaces_are_those_of_the_page(tmp_path: Path) -> None:
    made = [
        each for each in record(_project(tmp_path, FIRST), "field").manifests("home") if each["kind"] == "Namespace"
    ]
    labels = {each["metadata"]["name"]: each["metadata"]["labels"] for each in made}

    modes = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn", "audit")}
    both = {"app.kubernetes.io/part-of": "isthmus"} | modes
    of_the_site = {"isthmus.dev/environment": "field", "isthmus.dev/site": "home"}
    assert labels == {"isthmus-system": both, "isthmus-field": both | of_the_site}
    for key, value in (both | of_the_site).items():
        assert f"`{key}: {value}`" in BOUND or f"`{key.rpartition('/')[2]}`" in BOUND, key


def test_a_second_site_changes_of_the_first_its_gateway_its_catalog_and_two_templates(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()

    before = record(_project(tmp_path / "one", FIRST), "field", preview=False)
    after = record(_project(tmp_path / "two", FIRST, SECOND), "field", preview=False)

    known = {node.urn: node for node in after.nodes}
    changed = {node.name for node in before.nodes if known[node.urn].inputs != node.inputs}
    assert changed == {"home-gateway", "home-python", "home-cluster", "home-group"}
