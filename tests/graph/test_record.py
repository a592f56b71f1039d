"""The recorder: keeps everything, refuses what an engine would refuse, and tells no secret."""

import gc
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from isthmus.errors import ConfigError, IsthmusError
from isthmus.graph import SECRET, UNKNOWN, Graph, Options, record
from isthmus.graph.monitor import DRAWN
from tests.graph.programs import ROOT, project, recorded

CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
PROVIDER = "pulumi:providers:kubernetes"

KUBERNETES = """
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes.core.v1 import ConfigMap
from pulumi import ResourceOptions
provider = kubernetes.Provider("here", context="here")
there = ResourceOptions(provider=provider)
"""
SEED = """
import pulumi_random as random
seed = random.RandomPassword("seed", length=40, opts=ResourceOptions(provider=random.Provider("random"))).result
"""


def types(graph: Graph) -> list[str]:
    return [node.urn.removeprefix("urn:pulumi:local::isthmus::") for node in graph.nodes]


def test_a_node_is_all_that_the_engine_would_be_told(tmp_path: Path) -> None:
    graph = recorded(
        tmp_path,
        KUBERNETES
        + """
class Box(pulumi.ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__("test:index:Box", name, {}, opts)
        self.register_outputs({"size": 3})

outer = Box("outer")
other = ConfigMap("other", opts=there)
inner = Box("inner", ResourceOptions(parent=outer))
one = ConfigMap("one", data={"a": "b"}, opts=ResourceOptions(parent=inner, provider=provider))
two = ConfigMap(
    "two",
    data={"name": one.metadata.name},
    opts=ResourceOptions(
        parent=inner,
        provider=provider,
        protect=True,
        retain_on_delete=True,
        ignore_changes=["data"],
        depends_on=[other],
        aliases=[pulumi.Alias(name="too")],
        custom_timeouts=pulumi.CustomTimeouts(create="3m"),
    ),
)
""",
    )
    chain = "urn:pulumi:local::isthmus::test:index:Box"
    one = f"{chain}$test:index:Box$kubernetes:core/v1:ConfigMap::one"
    two = graph.named(CONFIG_MAP, "two")

    assert types(graph) == [
        "kubernetes:core/v1:ConfigMap::other",
        "pulumi:providers:kubernetes::here",
        "pulumi:pulumi:Stack::isthmus-local",
        "test:index:Box$test:index:Box$kubernetes:core/v1:ConfigMap::one",
        "test:index:Box$test:index:Box$kubernetes:core/v1:ConfigMap::two",
        "test:index:Box$test:index:Box::inner",
        "test:index:Box::outer",
    ]
    assert two.parent == f"{chain}$test:index:Box::inner"
    assert two.provider == "urn:pulumi:local::isthmus::pulumi:providers:kubernetes::here"
    assert two.inputs["data"] == {"name": "one-recorded"}
    assert two.dependencies == ("urn:pulumi:local::isthmus::kubernetes:core/v1:ConfigMap::other", one)
    assert two.property_dependencies == {"data": (one,)}
    assert two.options == Options(
        protect=True,
        retain_on_delete=True,
        ignore_changes=("data",),
        aliases=("name=too",),
        custom_timeouts=(("create", "3m"),),
        version=two.options.version,
    )
    assert graph[chain + "::outer"].outputs == {"size": 3}
    assert [node.name for node in graph.ancestors(two)] == ["inner", "outer", "isthmus-local"]


def test_a_component_that_forgets_its_outputs_is_seen(tmp_path: Path) -> None:
    graph = recorded(tmp_path, 'pulumi.ComponentResource("test:index:Box", "box", {})')

    assert graph.named("test:index:Box", "box").outputs is None


def test_what_is_registered_late_is_recorded_too(tmp_path: Path) -> None:
    """Absence can only be asserted once everything that a program set going has ended."""
    graph = recorded(
        tmp_path,
        KUBERNETES
        + """
first = ConfigMap("first", opts=there)
def later(_):
    second = ConfigMap("second", opts=there)
    second.metadata.name.apply(lambda _: ConfigMap("third", opts=there) and None)
first.metadata.name.apply(later)
""",
    )

    assert [node.name for node in graph.of_type(CONFIG_MAP)] == ["first", "second", "third"]


# -- secrets and unknowns


def test_a_secret_is_replaced_where_it_stands_and_the_place_is_noted(tmp_path: Path) -> None:
    graph = recorded(
        tmp_path,
        KUBERNETES
        + """
hidden = pulumi.Config().require_secret("token")
ConfigMap("one", data={"plain": "seen", "token": hidden, "longer": pulumi.Output.concat("<", hidden, ">")}, opts=there)
pulumi.export("whole", {"list": [hidden, "seen"]})
""",
        token="nobody-may-see-this",
    )
    node = graph.named(CONFIG_MAP, "one")

    assert node.inputs["data"] == {"longer": SECRET, "plain": "seen", "token": SECRET}
    assert node.secret_paths == ("data.longer", "data.token")
    assert graph.exports == {"whole": {"list": [SECRET, "seen"]}}
    assert graph.export_secrets == ("whole.list[0]",)
    assert "nobody-may-see-this" not in repr(graph)


def test_a_secret_that_lost_its_mark_is_seen(tmp_path: Path) -> None:
    """The control of every test that finds no secret in a graph."""
    graph = recorded(
        tmp_path,
        KUBERNETES + SEED + 'ConfigMap("one", data={"seed": pulumi.Output.unsecret(seed)}, opts=there)',
    )

    assert graph.named(CONFIG_MAP, "one").inputs["data"] == {"seed": DRAWN[:40]}


@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
def test_a_drawn_password_is_secret_and_unknown_before_it_is_drawn(tmp_path: Path, preview: bool) -> None:
    graph = recorded(
        tmp_path,
        KUBERNETES
        + SEED
        + """
ConfigMap("one", data={"seed": seed, "length": seed.apply(len).apply(str)}, opts=there)
ConfigMap("two", data={"length": pulumi.Output.unsecret(seed.apply(len).apply(str))}, opts=there)
""",
        preview=preview,
    )
    one, two = (graph.named(CONFIG_MAP, name) for name in ("one", "two"))

    assert one.inputs["data"] == {"length": SECRET, "seed": SECRET}
    assert one.secret_paths == ("data.length", "data.seed")
    assert one.unknown_paths == (("data.length", "data.seed") if preview else ())
    assert two.inputs["data"] == {"length": UNKNOWN if preview else "40"}
    assert two.unknown_paths == (("data.length",) if preview else ())


ENCRYPTED = 'isthmus:token: {secure: "v1:cipher:text"}'


@pytest.mark.parametrize(
    ("config", "secrets", "seen"),
    [
        (ENCRYPTED, {}, "recorded without its value: token"),
        (ENCRYPTED, {"token": "given"}, "given"),
        ("", {}, "recorded without its value: token"),
        ("", {"token": "given"}, "given"),
    ],
    ids=["encrypted", "encrypted, but known", "named by a site", "named by a site, and known"],
)
def test_a_secret_of_the_stack_has_a_stand_in(tmp_path: Path, config: str, secrets: dict[str, str], seen: str) -> None:
    root = project(
        tmp_path,
        'pulumi.export("token", pulumi.Output.unsecret(pulumi.Config().require_secret("token")))',
        config=config,
    )
    home = root / "stacks" / "local" / "home.yaml"
    home.write_text(home.read_text().replace("kubeconfig: .isthmus/home/kubeconfig", "kubeconfigSecret: token"))

    assert record(root, "local", secrets=secrets).exports == {"token": seen}


# -- what an engine would do


def test_json_schemas_extensions_get_their_dashes(tmp_path: Path) -> None:
    graph = recorded(
        tmp_path,
        KUBERNETES
        + """
from pulumi_kubernetes.apiextensions.v1 import CustomResourceDefinition, JSONSchemaPropsArgs
CustomResourceDefinition("crd", spec={"versions": [{"schema": {"open_apiv3_schema": JSONSchemaPropsArgs(
    type="object", x_kubernetes_preserve_unknown_fields=True)}}]}, opts=there)
""",
    )
    crd = graph.named("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition", "crd")

    assert crd.inputs["spec"]["versions"][0]["schema"]["openAPIV3Schema"] == {
        "type": "object",
        "x-kubernetes-preserve-unknown-fields": True,
    }


def test_a_programs_own_error_comes_through_and_leaves_nothing_behind(tmp_path: Path) -> None:
    failing = KUBERNETES + 'ConfigMap("one", opts=there).metadata.name.apply(lambda name: {}[name])'

    with pytest.raises(KeyError, match="one-recorded"):
        recorded(tmp_path / "failing", failing)

    after = recorded(tmp_path / "after", KUBERNETES + 'ConfigMap("two", opts=there)')
    assert [node.name for node in after.of_type(CONFIG_MAP)] == ["two"]


def test_a_failure_is_raised_and_not_logged_besides(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    failing = KUBERNETES + 'for n in range(3): ConfigMap(f"{n}", opts=there).metadata.name.apply(lambda name: {}[name])'

    with pytest.raises(KeyError):
        recorded(tmp_path, failing)
    gc.collect()  # asyncio reports a forgotten future when it is destroyed

    assert caplog.messages == []


def test_loggers_of_the_process_are_left_alone(tmp_path: Path) -> None:
    """Two records that overlap would otherwise restore each other's level."""
    graph = recorded(tmp_path, 'import logging\npulumi.export("level", logging.getLogger("asyncio").level)')

    assert graph.exports == {"level": logging.getLogger("asyncio").level}


def test_a_wrong_stack_file_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        record(project(tmp_path, ""), "staging")

    assert [mistake.file for mistake in caught.value.mistakes] == ["stacks/Pulumi.staging.yaml"]


def test_a_project_without_a_program_is_refused(tmp_path: Path) -> None:
    (project(tmp_path, "") / "__main__.py").unlink()

    with pytest.raises(IsthmusError, match="__main__"):
        record(tmp_path, "local")


# -- what is made of a graph


def test_whoever_changes_a_manifest_does_not_change_the_graph(tmp_path: Path) -> None:
    graph = recorded(
        tmp_path, KUBERNETES + 'ConfigMap("one", metadata={"name": "one", "labels": {"a": "b"}}, opts=there)'
    )
    (manifest,) = graph.manifests("here")

    manifest["metadata"]["labels"]["a"] = "changed"

    assert graph.named(CONFIG_MAP, "one").inputs["metadata"]["labels"] == {"a": "b"}


def test_there_are_no_manifests_of_a_site_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="elsewhere"):
        recorded(tmp_path, KUBERNETES).manifests("elsewhere")


# -- more than one


def test_the_same_stack_gives_the_same_graph() -> None:
    assert record(ROOT, "local") == record(ROOT, "local")


def test_stacks_recorded_at_the_same_time_do_not_meet(tmp_path: Path) -> None:
    programs = {
        name: project(tmp_path / name, KUBERNETES + f'for n in range(20): ConfigMap(f"{name}-{{n}}", opts=there)')
        for name in ("one", "two", "three")
    }

    with ThreadPoolExecutor(3) as pool:
        graphs = dict(zip(programs, pool.map(lambda root: record(root, "local"), programs.values()), strict=True))

    for name, graph in graphs.items():
        assert {node.name for node in graph.of_type(CONFIG_MAP)} == {f"{name}-{number}" for number in range(20)}
