"""Options of a resource are all recorded, and what cannot be recorded is refused in one sentence."""

from pathlib import Path

import pytest
from pulumi.runtime.proto.resource_pb2 import RegisterResourceRequest

from isthmus.graph import SECRET, Options
from isthmus.graph.monitor import Monitor
from isthmus.graph.record_error import RecordError
from tests.graph.programs import recorded
from tests.graph.test_record import CONFIG_MAP, KUBERNETES

BOX = "box = pulumi.ComponentResource('test:index:Box', 'box', {})\n"


def test_every_option_of_a_resource_is_recorded(tmp_path: Path) -> None:
    graph = recorded(
        tmp_path,
        KUBERNETES
        + """
old = ConfigMap("old", opts=there)
hook = pulumi.ResourceHook("tell", lambda args: None)
ConfigMap("one", opts=ResourceOptions(
    provider=provider,
    protect=True,
    retain_on_delete=True,
    delete_before_replace=True,
    ignore_changes=["data"],
    replace_on_changes=["metadata.labels"],
    additional_secret_outputs=["data"],
    aliases=[pulumi.Alias(name="was"), "urn:pulumi:x::y::z:z:Z::z", pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)],
    custom_timeouts=pulumi.CustomTimeouts(create="1m", update="2m", delete="3m", read="4m"),
    deleted_with=old,
    replace_with=[old],
    replacement_trigger={"at": [1, "now"]},
    hide_diffs=["data"],
    hooks=pulumi.ResourceHookBinding(before_create=[hook], after_delete=[hook]),
    import_="namespace/one",
))
""",
    )
    old, one = graph.named(CONFIG_MAP, "old"), graph.named(CONFIG_MAP, "one")

    assert one.options == Options(
        protect=True,
        retain_on_delete=True,
        delete_before_replace=True,
        ignore_changes=("data",),
        replace_on_changes=("metadata.labels",),
        additional_secret_outputs=("data",),
        aliases=("name=was", "parent=none", "urn:pulumi:x::y::z:z:Z::z"),
        custom_timeouts=(("create", "1m"), ("update", "2m"), ("delete", "3m"), ("read", "4m")),
        deleted_with=old.urn,
        replace_with=(old.urn,),
        replacement_trigger={"at": [1, "now"]},
        hide_diffs=("data",),
        hooks=("before_create=tell", "after_delete=tell"),
        import_id="namespace/one",
        version=one.options.version,
    )


def test_a_secret_that_triggers_a_replacement_is_not_seen(tmp_path: Path) -> None:
    program = KUBERNETES + (
        'trigger = pulumi.Output.secret("nobody-may-see-this")\n'
        'ConfigMap("one", opts=ResourceOptions(provider=provider, replacement_trigger=trigger))'
    )
    graph = recorded(tmp_path, program)

    assert graph.named(CONFIG_MAP, "one").options.replacement_trigger == SECRET
    assert "nobody-may-see-this" not in repr(graph)


REFUSED = [  # what the program does, the datum of the message
    ("two of one URN", KUBERNETES + 2 * 'ConfigMap("same", opts=there)\n', "kubernetes:core/v1:ConfigMap::same"),
    ("default provider", KUBERNETES + 'ConfigMap("lost")', "ConfigMap 'lost'"),
    ("read from the cluster", KUBERNETES + 'ConfigMap.get("old", "namespace/old", opts=there)', "ConfigMap 'old'"),
    ("outputs twice", BOX + 2 * "box.register_outputs({})\n", "test:index:Box::box"),
    ("call of a provider", 'pulumi.runtime.invoke("test:index:ask", {})', "calls test:index:ask"),
    ("call of a method", BOX + 'pulumi.runtime.call("test:index:Box/ask", {}, box)', "the method test:index:Box/ask"),
    ("another stack", 'pulumi.StackReference("org/isthmus/far")', "outputs of stack org/isthmus/far"),
    ("packaged component", "pulumi.ComponentResource('far:index:Box', 'box', {}, remote=True)", "far:index:Box 'box'"),
]


@pytest.mark.parametrize(("program", "datum"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_it_refuses_what_it_cannot_record_or_an_engine_would_not_take(tmp_path: Path, program: str, datum: str) -> None:
    with pytest.raises(RecordError, match=datum.replace("$", r"\$")):
        recorded(tmp_path, program)


def test_an_option_that_the_engine_does_not_know_is_refused_as_by_the_engine(tmp_path: Path) -> None:
    """Of the SDK's options the supported CLI lacks this one."""
    program = (
        KUBERNETES + 'ConfigMap("one", opts=ResourceOptions(provider=provider, state_migrations=[lambda args: None]))'
    )

    with pytest.raises(Exception, match="does not support state migrations"):
        recorded(tmp_path, program)


@pytest.mark.parametrize(
    ("disabled", "refused"),
    [((), []), (("random",), ["random"]), (("*",), ["kubernetes", "random"])],
    ids=["none", "one", "all"],
)
def test_a_default_provider_is_refused_where_it_is_disabled(disabled: tuple[str, ...], refused: list[str]) -> None:
    monitor, found = Monitor("isthmus", "local", preview=False, disabled_providers=disabled), []
    for package in ("kubernetes", "random"):
        request = RegisterResourceRequest(type=f"{package}:index:Thing", name="lost", custom=True)
        try:
            monitor.RegisterResource(request)
        except RecordError:
            found.append(package)

    assert found == refused
