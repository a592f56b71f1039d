"""The recorder's end of the protocol: takes each registration of a program, keeps it, answers as an engine would.

Plain `pulumi.runtime.set_mocks` is not enough: it shows no parent, no dependency and no option of a resource, its URNs
lose grandparents, and a second resource of the same URN silently takes the place of the first (pulumi#14421).
"""

import threading
from collections.abc import Mapping
from typing import Any, Final

from google.protobuf import empty_pb2
from pulumi.runtime import mocks, rpc
from pulumi.runtime.proto import engine_pb2, resource_pb2

from isthmus.errors import IsthmusError
from isthmus.graph import wire
from isthmus.graph.model import STACK, Json, Node, Options

#: What the random provider would draw: letters and digits, the same in every record, and nobody's.
DRAWN: Final = "Recorded0Seed1Is2Public3And4The5Same6For7Every8Stack9Everywhere0"


class RecordError(IsthmusError):
    """The program did what an engine would refuse, or what the recorder cannot follow."""


class Monitor(mocks.MockMonitor):
    """Records one run of one program. Not to be used twice."""

    def __init__(self, project: str, stack: str, *, preview: bool, disabled_providers: tuple[str, ...]) -> None:
        super().__init__(_NoMocks())
        self.project, self.stack, self.preview = project, stack, preview
        self.nodes: dict[str, Node] = {}
        self.outputs: dict[str, wire.Kept] = {}
        self._disabled = disabled_providers
        self._lock = threading.Lock()

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """The engine's URN: types of all ancestors but the stack, then the own one."""
        above = parent.split("::")[2] if parent else ""
        chain = f"{above}${type_}" if above and above != STACK else type_
        return f"urn:pulumi:{self.stack}::{self.project}::{chain}::{name}"

    # -- what a program calls; the names are the protocol's

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802
        self._refuse_what_an_engine_would(request)
        node = self._node(request)
        with self._lock:
            if node.urn in self.nodes:
                raise RecordError(f"two resources have the URN {node.urn}; a logical name is unique below its parent.")
            self.nodes[node.urn] = node
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

    def ReadResource(self, request: Any) -> Any:  # noqa: N802
        raise RecordError(f"the program reads {request.type} {request.name!r}; a record has no cluster to read from.")

    def Invoke(self, request: Any) -> Any:  # noqa: N802
        raise RecordError(f"the program calls {request.tok}; a record has no provider to ask.")

    def RegisterStackTransform(self, request: Any) -> Any:  # noqa: N802, ARG002
        raise RecordError("the program registers a stack transform; the recorder does not run transforms.")

    # -- details

    def _refuse_what_an_engine_would(self, request: Any) -> None:
        if request.transforms:
            raise RecordError(f"{request.type} {request.name!r} has transforms; the recorder does not run them.")
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
            length = int(wire.unmarked(request.object)["length"])
            drawn = rpc.UNKNOWN if self.preview else (DRAWN * (length // len(DRAWN) + 1))[:length]
            return {"result": wire.mark_secret(drawn), "bcryptHash": wire.mark_secret(drawn)}
        if request.type.startswith("kubernetes:"):
            given = wire.unmarked(request.object).get("metadata")
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
        aliases=tuple(sorted(_alias(alias) for alias in request.aliases)),
        custom_timeouts=tuple(
            (name, text) for name in ("create", "update", "delete") if (text := getattr(timeouts, name))
        ),
        deleted_with=request.deletedWith,
        import_id=request.importId,
        version=request.version,
    )


def _alias(alias: Any) -> str:
    if alias.urn:
        return str(alias.urn)
    spec = alias.spec
    fields = {"name": spec.name, "type": spec.type, "stack": spec.stack, "project": spec.project}
    fields |= {"parent": spec.parentUrn or ("none" if spec.noParent else "")}
    return ",".join(f"{name}={text}" for name, text in fields.items() if text)


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
