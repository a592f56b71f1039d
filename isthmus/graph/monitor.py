"""The recorder's end of the protocol: takes each registration of a program, keeps it, answers as an engine would.

Plain `pulumi.runtime.set_mocks` is not enough: it shows no parent, no dependency and no option of a resource, its URNs
lose grandparents, and a second resource of the same URN silently takes the place of the first (pulumi#14421).
"""

import dataclasses
import threading
from collections.abc import Mapping
from typing import Any, Final

from google.protobuf import empty_pb2
from pulumi.runtime import mocks, rpc
from pulumi.runtime.proto import engine_pb2, resource_pb2

from isthmus.graph import wire
from isthmus.graph.aliases import Alias, aliases_of, urn_of
from isthmus.graph.lineage import Lineage
from isthmus.graph.model import Json, Node, Options
from isthmus.graph.record_error import RecordError
from isthmus.graph.transform import transform

#: What the random provider would draw: letters and digits, the same in every record, and nobody's.
DRAWN: Final = "Recorded0Seed1Is2Public3And4The5Same6For7Every8Stack9Everywhere0"


class Monitor(mocks.MockMonitor):
    """Records one run of one program. Not to be used twice."""

    def __init__(self, project: str, stack: str, *, preview: bool, disabled_providers: tuple[str, ...]) -> None:
        super().__init__(_NoMocks())
        self.project, self.stack, self.preview = project, stack, preview
        self.nodes: dict[str, Node] = {}
        self.outputs: dict[str, wire.Kept] = {}
        self.aliases: dict[str, tuple[str, ...]] = {}
        self._lineage = Lineage()
        self._disabled = disabled_providers
        self._lock = threading.Lock()

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """The engine's URN: types of all ancestors but the stack, then the own one."""
        return urn_of(self.stack, self.project, parent, type_, name)

    # -- what a program calls; the names are the protocol's

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802
        if request.remote:
            raise RecordError(
                f"{request.type} {request.name!r} is a component of another process (a package); a record runs one "
                "program only: use the component's Python class, or preview it with the engine."
            )
        transforms = tuple(request.transforms)
        with self._lock:
            self._lineage.inherit(request)
            callbacks = self._lineage.transforms(request)
        if callbacks:
            transform(request, callbacks)
        self._refuse_what_an_engine_would(request)
        node = self._node(request)
        with self._lock:
            if node.urn in self.nodes:
                raise RecordError(f"two resources have the URN {node.urn}; a logical name is unique below its parent.")
            self.aliases[node.urn] = aliases_of(
                node.urn, node.parent, [_alias(alias) for alias in request.aliases], self.aliases
            )
            self.nodes[node.urn] = dataclasses.replace(node, aliases=self.aliases[node.urn])
            self._lineage.add(node.urn, request, transforms)
        # A custom resource that does not exist yet has no id.
        identity = f"{request.name}-id" if request.custom and not self.preview else ""
        outputs = wire.with_outputs(request.object, self._filled(request))
        return resource_pb2.RegisterResourceResponse(urn=node.urn, id=identity, object=outputs)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802
        with self._lock:
            if request.urn in self.outputs:
                raise RecordError(f"{request.urn} registered its outputs twice.")
            self.outputs[request.urn] = wire.keep(request.outputs)
        return empty_pb2.Empty()

    def RegisterStackTransform(self, request: Any) -> Any:  # noqa: N802
        with self._lock:
            self._lineage.stack_transforms.append(request)
        return empty_pb2.Empty()

    def RegisterStackInvokeTransform(self, request: Any) -> Any:  # noqa: N802, ARG002
        return empty_pb2.Empty()  # there is no call of a provider that it could change

    def ReadResource(self, request: Any) -> Any:  # noqa: N802
        if request.type == "pulumi:pulumi:StackReference":
            raise RecordError(f"the program reads the outputs of stack {request.name}; a record has this stack only.")
        raise RecordError(f"the program reads {request.type} {request.name!r}; a record has no cluster to read from.")

    def ExistsResource(self, request: Any) -> Any:  # noqa: N802
        raise RecordError(f"the program asks whether {request.type} {request.id!r} exists; a record has no cluster.")

    def Invoke(self, request: Any) -> Any:  # noqa: N802
        raise RecordError(f"the program calls {request.tok}; a record has no provider to ask.")

    def Call(self, request: Any) -> Any:  # noqa: N802
        raise RecordError(f"the program calls the method {request.tok}; a record has no provider to ask.")

    # -- details

    def _refuse_what_an_engine_would(self, request: Any) -> None:
        package = request.type.partition(":")[0]
        if not request.custom or package == "pulumi" or request.provider:
            return
        if "*" in self._disabled or package in self._disabled:
            raise RecordError(
                f"{request.type} {request.name!r} has no provider, and default providers are disabled for {package!r}."
            )

    def _node(self, request: Any) -> Node:
        kept = wire.keep(request.object)
        return Node(
            urn=self.make_urn(request.parent, request.type, request.name),
            type=request.type,
            name=request.name,
            custom=request.custom,
            parent=request.parent,
            provider=request.provider.rpartition("::")[0],
            inputs=_checked(request.type, kept.value),
            secret_paths=tuple(sorted(kept.secrets)),
            unknown_paths=tuple(sorted(kept.unknowns)),
            dependencies=tuple(sorted(request.dependencies)),
            property_dependencies={
                name: tuple(sorted(found.urns))
                for name, found in sorted(request.propertyDependencies.items())
                if found.urns
            },
            options=_options(request),
        )

    def _filled(self, request: Any) -> dict[str, Json]:
        """What providers add to the inputs, as far as programs read it."""
        if request.type == "random:index/randomPassword:RandomPassword":
            length = int(wire.unmarked(request.object, "length"))
            drawn = rpc.UNKNOWN if self.preview else (DRAWN * (length // len(DRAWN) + 1))[:length]
            return {"result": wire.mark_secret(drawn), "bcryptHash": wire.mark_secret(drawn)}
        if request.type.startswith("kubernetes:"):
            given = wire.unmarked(request.object, "metadata")
            metadata: Mapping[str, Json] = given if isinstance(given, dict) else {}
            # The provider names what has no name, in Check, so at preview too.
            return {"metadata": {"name": f"{request.name}-recorded", "namespace": "default", **metadata}}
        return {}


def _checked(kind: str, inputs: Json) -> Json:
    """The SDK spells JSON schema's extensions with underscores; the provider's Check gives them their dashes."""
    return _dashed(inputs) if kind == "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition" else inputs


def _dashed(value: Json) -> Json:
    if isinstance(value, dict):
        return {
            key.replace("_", "-") if key.startswith("x_kubernetes_") else key: _dashed(inner)
            for key, inner in value.items()
        }
    return [_dashed(inner) for inner in value] if isinstance(value, list) else value


def _options(request: Any) -> Options:
    timeouts = request.customTimeouts
    return Options(
        protect=request.protect,
        retain_on_delete=request.retainOnDelete,
        delete_before_replace=request.deleteBeforeReplace,
        ignore_changes=tuple(request.ignoreChanges),
        replace_on_changes=tuple(request.replaceOnChanges),
        additional_secret_outputs=tuple(sorted(request.additionalSecretOutputs)),
        aliases=tuple(sorted(str(_alias(alias)) for alias in request.aliases)),
        custom_timeouts=tuple(
            (name, text) for name in ("create", "update", "delete", "read") if (text := getattr(timeouts, name))
        ),
        deleted_with=request.deletedWith,
        replace_with=tuple(sorted(request.replace_with)),
        replacement_trigger=wire.keep_value(request.replacement_trigger)
        if request.HasField("replacement_trigger")
        else None,
        hide_diffs=tuple(request.hideDiffs),
        hooks=tuple(f"{when.name}={name}" for when, names in request.hooks.ListFields() for name in names),
        import_id=request.importId,
        version=request.version,
    )


def _alias(alias: Any) -> Alias:
    if alias.urn:
        return Alias(urn=str(alias.urn))
    spec = alias.spec
    return Alias("", spec.name, spec.type, spec.parentUrn, spec.noParent, spec.stack, spec.project)


class Engine:
    """Takes the program's log, as `WARNING: text`."""

    def __init__(self) -> None:
        self.log: list[str] = []

    def Log(self, request: Any) -> None:  # noqa: N802
        if request.severity == engine_pb2.DEBUG:
            return  # the SDK's own account of each registration
        self.log.append(f"{engine_pb2.LogSeverity.Name(request.severity)}: {request.message}")

    def RequirePulumiVersion(self, request: Any) -> None:  # noqa: N802
        """A record has no CLI whose version could be wrong."""


class _NoMocks(mocks.Mocks):
    """MockMonitor wants one; every call that would reach it is answered by Monitor itself."""

    def call(self, args: mocks.MockCallArgs) -> Any:
        raise NotImplementedError(args.token)

    def new_resource(self, args: mocks.MockResourceArgs) -> Any:
        raise NotImplementedError(args.typ)
