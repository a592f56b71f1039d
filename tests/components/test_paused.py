"""A site that is paused: everything there stays as the state has it, and everything elsewhere is as if it were not."""

import pytest

from isthmus.graph import Graph, Node
from tests.components.recorded import environment, graph
from tests.components.test_variants import Files, variant

PROVIDER = "pulumi:providers:kubernetes"


@pytest.fixture(scope="module")
def paused(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    def change(files: Files) -> None:
        files["ecmwf"]["paused"] = True

    return variant(tmp_path_factory.mktemp("paused"), change)


def at_ecmwf(recorded: Graph, node: Node) -> bool:
    return node.is_kubernetes and recorded[node.provider].name == "ecmwf"


def test_the_same_resources_are_declared(paused: Graph) -> None:
    assert [node.urn for node in paused.nodes] == [node.urn for node in graph("local").nodes]


def test_whatever_the_program_says_of_a_paused_site_changes_nothing_there(paused: Graph) -> None:
    heeded = [node.urn for node in paused.nodes if at_ecmwf(paused, node) and "*" not in node.options.ignore_changes]

    assert heeded == []
    assert len([node for node in paused.nodes if at_ecmwf(paused, node)]) > 30


def test_the_way_to_a_paused_site_itself_is_kept_up_to_date_and_its_api_server_is_not_asked(paused: Graph) -> None:
    """A new kubeconfig must reach the provider, or the site would never come back."""
    provider = paused.named(PROVIDER, "ecmwf")

    assert provider.options.ignore_changes == ()
    assert provider.inputs["skipUpdateUnreachable"] == "true"


def test_other_sites_are_declared_as_if_nothing_were_paused(paused: Graph) -> None:
    before = graph("local")

    for node in (node for node in paused.nodes if node.is_kubernetes and not at_ecmwf(paused, node)):
        assert node == before[node.urn], node.urn
    assert {node.inputs["skipUpdateUnreachable"] for node in paused.of_type(PROVIDER) if node.name != "ecmwf"} == {
        "false"
    }


def test_what_others_know_of_a_paused_site_is_still_said(paused: Graph) -> None:
    assert paused.exports == graph("local").exports
    assert environment("local").site("ecmwf").paused is False
