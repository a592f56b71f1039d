"""Transforms are run as the engine runs them, over the SDK's own callback server."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pulumi.runtime._callbacks import _CallbackServicer

from isthmus.graph import SECRET, UNKNOWN, record
from isthmus.graph.record_error import RecordError
from tests.graph.programs import project, recorded
from tests.graph.test_record import CONFIG_MAP, KUBERNETES, PROVIDER

#: A transform that says in an annotation that it was there.
SAYING = (
    KUBERNETES
    + """
def saying(word):
    def change(args):
        if args.type_ == "kubernetes:core/v1:ConfigMap":
            seen = (args.props.get("data") or {}).get("seen", "")
            return pulumi.ResourceTransformResult({**args.props, "data": {"seen": seen + word}}, args.opts)
    return change
"""
)


def test_a_resources_own_come_first_then_its_ancestors_then_the_stacks(tmp_path: Path) -> None:
    graph = recorded(
        tmp_path,
        SAYING
        + """
pulumi.runtime.register_resource_transform(saying("stack."))
outer = pulumi.ComponentResource("test:index:Box", "outer", {}, ResourceOptions(transforms=[saying("outer.")]))
inner = pulumi.ComponentResource(
    "test:index:Box", "inner", {}, ResourceOptions(parent=outer, transforms=[saying("inner."), saying("again.")])
)
below = ResourceOptions(parent=inner, provider=provider, transforms=[saying("own.")])
one = ConfigMap("one", data={}, opts=below)
pulumi.export("seen", one.data["seen"])
""",
    )

    assert graph.named(CONFIG_MAP, "one").inputs["data"] == {"seen": "own.inner.again.outer.stack."}
    assert graph.exports == {"seen": "own.inner.again.outer.stack."}


def test_a_transform_sees_and_changes_every_option(tmp_path: Path) -> None:
    graph = recorded(
        tmp_path,
        KUBERNETES
        + """
other = kubernetes.Provider("other", context="other")
def change(args):
    if args.name != "one":
        return None
    assert (args.custom, args.opts.protect, args.opts.ignore_changes) == (True, False, ["data"])
    assert [alias.name for alias in args.opts.aliases] == ["was"]
    assert args.opts.custom_timeouts.create == "3m"
    return pulumi.ResourceTransformResult(args.props, ResourceOptions.merge(args.opts, ResourceOptions(
        protect=True, retain_on_delete=True, delete_before_replace=True, provider=other, hide_diffs=["metadata"],
        aliases=[pulumi.Alias(name="older")], replace_on_changes=["data"], additional_secret_outputs=["id"],
        custom_timeouts=pulumi.CustomTimeouts(create="5m", read="1m"), ignore_changes=["metadata"],
    )))
pulumi.runtime.register_resource_transform(change)
ConfigMap("one", data={"a": "b"}, opts=ResourceOptions(
    provider=provider, protect=False, ignore_changes=["data"], aliases=[pulumi.Alias(name="was")],
    custom_timeouts=pulumi.CustomTimeouts(create="3m"),
))
""",
    )
    one = graph.named(CONFIG_MAP, "one")
    told = one.options

    assert (told.protect, told.retain_on_delete, told.delete_before_replace) == (True, True, True)
    assert graph[one.provider].name == "other"
    assert told.aliases == ("name=older", "name=was")
    assert [alias.rpartition("::")[2] for alias in one.aliases] == ["older", "was"]
    assert told.ignore_changes == ("data", "metadata")
    assert (told.replace_on_changes, told.additional_secret_outputs) == (("data",), ("id",))
    assert told.custom_timeouts == (("create", "5m"), ("read", "1m"))


@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
def test_what_is_secret_or_unknown_stays_so(tmp_path: Path, preview: bool) -> None:
    graph = recorded(
        tmp_path,
        KUBERNETES
        + """
def change(args):
    if args.name == "one":
        data = {**args.props["data"], "new": pulumi.Output.secret("nobody")}
        return pulumi.ResourceTransformResult({**args.props, "data": data}, args.opts)
pulumi.runtime.register_resource_transform(change)
first = ConfigMap("first", opts=there)
ConfigMap("one", data={"id": first.id, "token": pulumi.Config().require_secret("token"), "n": "7"}, opts=there)
""",
        preview=preview,
        token="nobody-may-see-this",
    )
    one = graph.named(CONFIG_MAP, "one")

    assert one.inputs["data"] == {"id": UNKNOWN if preview else "first-id", "n": "7", "new": SECRET, "token": SECRET}
    assert one.secret_paths == ("data.new", "data.token")
    assert one.unknown_paths == (("data.id",) if preview else ())


#: As the engine has it: it looks for new dependencies only if the resource has a transform of its own.
ADDED = [("its own", "transforms=[change]", ["added", "first"]), ("an ancestor's", "", ["first"])]


@pytest.mark.parametrize(("options", "waits"), [row[1:] for row in ADDED], ids=[row[0] for row in ADDED])
def test_a_dependency_that_a_transform_adds_counts_where_the_engine_counts_it(
    tmp_path: Path, options: str, waits: list[str]
) -> None:
    graph = recorded(
        tmp_path,
        KUBERNETES
        + f"""
first, added = ConfigMap("first", opts=there), ConfigMap("added", opts=there)
def change(args):
    if args.name == "one":
        opts = ResourceOptions.merge(args.opts, ResourceOptions(depends_on=[added]))
        return pulumi.ResourceTransformResult(args.props, opts)
box = pulumi.ComponentResource("test:index:Box", "box", {{}}, ResourceOptions(transforms=[change]))
ConfigMap("one", data={{"name": first.metadata.name}}, opts=ResourceOptions(parent=box, provider=provider, {options}))
""",
    )

    assert [urn.rpartition("::")[2] for urn in graph.named(CONFIG_MAP, "one").dependencies] == waits


def test_a_transform_that_changes_nothing_changes_nothing(tmp_path: Path) -> None:
    graph = recorded(
        tmp_path,
        KUBERNETES
        + """
first = ConfigMap("first", opts=there)
def nothing(args):
    return None
data = {"a": first.metadata.name, "token": pulumi.Output.secret("nobody")}
ConfigMap("one", data=data, opts=ResourceOptions(provider=provider, transforms=[nothing]))
""",
    )
    first, one = graph.of_type(CONFIG_MAP)

    assert one.inputs["data"] == {"a": "first-recorded", "token": SECRET}
    assert one.property_dependencies == {"data": (first.urn,)}


def test_what_a_transform_protects_is_protected_with_all_below_it(tmp_path: Path) -> None:
    graph = recorded(
        tmp_path,
        KUBERNETES
        + """
def keep(args):
    if args.name == "box":
        return pulumi.ResourceTransformResult(args.props, ResourceOptions.merge(
            args.opts, ResourceOptions(protect=True, retain_on_delete=True)))
box = pulumi.ComponentResource("test:index:Box", "box", {}, ResourceOptions(transforms=[keep]))
ConfigMap("one", opts=ResourceOptions(parent=box, provider=provider))
""",
    )
    one = graph.named(CONFIG_MAP, "one").options

    assert (one.protect, one.retain_on_delete) == (True, True)


def test_what_says_otherwise_itself_does_not_inherit(tmp_path: Path) -> None:
    graph = recorded(
        tmp_path,
        KUBERNETES
        + """
first, second = ConfigMap("first", opts=there), ConfigMap("second", opts=there)
def keep(args):
    if args.name == "box":
        return pulumi.ResourceTransformResult(args.props, ResourceOptions.merge(
            args.opts, ResourceOptions(protect=True, deleted_with=first)))
box = pulumi.ComponentResource("test:index:Box", "box", {}, ResourceOptions(transforms=[keep]))
ConfigMap("heir", opts=ResourceOptions(parent=box, provider=provider))
ConfigMap("other", opts=ResourceOptions(parent=box, provider=provider, protect=False, deleted_with=second))
""",
    )
    first, second = (graph.named(CONFIG_MAP, name) for name in ("first", "second"))
    heir, other = (graph.named(CONFIG_MAP, name).options for name in ("heir", "other"))

    assert (heir.protect, heir.deleted_with) == (True, first.urn)
    assert (other.protect, other.deleted_with) == (False, second.urn)


def test_a_transform_that_fails_fails_the_record_and_says_why(tmp_path: Path) -> None:
    program = "pulumi.runtime.register_resource_transform(lambda args: {}[args.name])" + KUBERNETES

    with pytest.raises(RecordError, match=r"transform of pulumi:providers:kubernetes 'here' failed.*'here'"):
        recorded(tmp_path, program)


def test_a_transform_may_wait_for_another_resource(tmp_path: Path) -> None:
    graph = recorded(
        tmp_path,
        KUBERNETES
        + """
async def change(args):
    if args.name != "one":
        return None
    name = await ConfigMap("other", opts=there).metadata.name.future()
    return pulumi.ResourceTransformResult({**args.props, "data": {"other": name}}, args.opts)
pulumi.runtime.register_resource_transform(change)
ConfigMap("one", opts=there)
""",
    )

    assert graph.named(CONFIG_MAP, "one").inputs["data"] == {"other": "other-recorded"}


def test_programs_with_transforms_may_be_recorded_at_the_same_time(tmp_path: Path) -> None:
    program = (
        SAYING
        + """
pulumi.runtime.register_resource_transform(saying(pulumi.get_project()))
for number in range(5):
    ConfigMap(f"{number}", data={}, opts=there)
"""
    )
    roots = [project(tmp_path / str(number), program) for number in range(4)]

    with ThreadPoolExecutor(4) as pool:
        graphs = list(pool.map(lambda root: record(root, "local"), roots))

    assert [[node.inputs["data"]["seen"] for node in graph.of_type(CONFIG_MAP)] for graph in graphs] == 4 * [
        5 * ["isthmus"]
    ]
    assert {len(graph.of_type(PROVIDER)) for graph in graphs} == {1}


def test_a_record_leaves_no_server_and_no_thread_behind(tmp_path: Path) -> None:
    program = SAYING + 'pulumi.runtime.register_resource_transform(saying("x"))\nConfigMap("one", data={}, opts=there)'
    root = project(tmp_path, program)
    record(root, "local")
    before = threading.active_count()

    for _ in range(20):
        record(root, "local")

    assert threading.active_count() <= before
    assert _CallbackServicer._servicers == []
