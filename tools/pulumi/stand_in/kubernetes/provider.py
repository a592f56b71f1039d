"""The kubernetes plugin's side of the engine's protocol: typed resources and custom resources by server-side apply."""

import hashlib
import threading
from collections.abc import Mapping
from typing import Any, Final

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderServicer

from tools.pulumi.stand_in.bags import has_unknown, opened, sealed, unmarked
from tools.pulumi.stand_in.changes import answer, changes
from tools.pulumi.stand_in.kubernetes import applying, checking, drift, waiting
from tools.pulumi.stand_in.kubernetes.cluster import Cluster
from tools.pulumi.stand_in.kubernetes.failures import answering
from tools.pulumi.stand_in.kubernetes.kinds import NoKind
from tools.pulumi.stand_in.kubernetes.objects import (
    FIELD_MANAGER,
    Object,
    field_manager,
    identity,
    marked,
    notes,
    outputs_of,
    without_server_fields,
)
from tools.pulumi.stand_in.kubernetes.provider_config import Connection, check_config, diff_config
from tools.pulumi.stand_in.kubernetes.replacing import delete_first, replacing
from tools.pulumi.stand_in.plugin import Engine, kind_of, name_of, refuse

#: The official plugin whose behaviour this one follows.
VERSION: Final = "4.34.2"
_OFFICIAL: Final = "the kubernetes plugin"


class Provider(ResourceProviderServicer):
    """One `kubernetes` provider of a stack: one API server."""

    def __init__(self) -> None:
        self._engine = Engine()
        self._connection = Connection({})
        self._cancelled = threading.Event()

    # -- the plugin and its configuration
    def Handshake(
        self, request: pb.ProviderHandshakeRequest, context: grpc.ServicerContext
    ) -> pb.ProviderHandshakeResponse:
        # Without accept_secrets the engine hands over plain values and puts the marks back itself, by path.
        return pb.ProviderHandshakeResponse(supports_autonaming_configuration=True)

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=VERSION)

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self._cancelled.set()
        return empty_pb2.Empty()

    def CheckConfig(self, request: pb.CheckRequest, context: grpc.ServicerContext) -> pb.CheckResponse:
        failures = [pb.CheckFailure(reason=why) for why in check_config(unmarked(opened(request.news)))]
        return pb.CheckResponse(inputs=request.news, failures=failures)

    def DiffConfig(self, request: pb.DiffRequest, context: grpc.ServicerContext) -> pb.DiffResponse:
        return diff_config(unmarked(opened(request.old_inputs)), unmarked(opened(request.news)))

    def Configure(self, request: pb.ConfigureRequest, context: grpc.ServicerContext) -> pb.ConfigureResponse:
        self._connection = Connection(unmarked(opened(request.args)))
        if self._connection.problem:
            # As the official plugin does, a preview goes on; but what it then says it says without having looked.
            skipped = self._connection.settings.skipUpdateUnreachable
            then = "its resources stay as the state has them" if skipped else "a preview compares with the state only"
            self._engine.warn(request.urn, f"{self._connection.problem}; {then}")
        return pb.ConfigureResponse(supportsPreview=True, supports_autonaming_configuration=True)

    # -- resources
    def Check(self, request: pb.CheckRequest, context: grpc.ServicerContext) -> pb.CheckResponse:
        old, new = opened(request.olds), opened(request.news)
        failures = [pb.CheckFailure(reason=why) for why in checking.refusals(kind_of(request.urn), new)]
        if failures:
            return pb.CheckResponse(inputs=request.news, failures=failures)
        if self._connection.cluster is None and self._connection.settings.skipUpdateUnreachable:
            return pb.CheckResponse(inputs=request.olds)
        named = checking.with_name(checking.normalized(new), old, _proposed_name(request))
        with answering(context):
            self._place(named)
        return pb.CheckResponse(inputs=sealed(marked(named)))

    def Diff(self, request: pb.DiffRequest, context: grpc.ServicerContext) -> pb.DiffResponse:
        old, new = opened(request.old_inputs), opened(request.news)
        found = list(changes(old, new))
        paths = replacing(found, old, new, self._connection.settings)
        return answer(found, paths, delete_first=delete_first(old, new))

    def Create(self, request: pb.CreateRequest, context: grpc.ServicerContext) -> pb.CreateResponse:
        inputs = opened(request.properties)
        manager, force = field_manager(request.urn, inputs, {}), self._force(inputs)
        if request.preview:
            with answering(context):
                if self._connection.cluster is not None and not has_unknown(inputs):
                    applying.preview(self._connection.cluster, inputs, manager, force=force)
            # Only what is sure: a dry run's cluster address or uid is not the one that the object will have.
            return pb.CreateResponse(properties=sealed(marked(inputs | {FIELD_MANAGER: manager})))
        with answering(context, inputs, manager):
            upsert = self._connection.settings.upsertExistingObjects
            live = applying.create(self._connection.need(), inputs, manager, force=force, upsert=upsert)
            live = self._ready(inputs, live, request.timeout)
        return pb.CreateResponse(id=identity(live), properties=sealed(outputs_of(live, manager)))

    def Update(self, request: pb.UpdateRequest, context: grpc.ServicerContext) -> pb.UpdateResponse:
        inputs, old = opened(request.news), opened(request.olds)
        manager, force = field_manager(request.urn, inputs, old), self._force(inputs)
        if request.preview and (self._connection.cluster is None or has_unknown(inputs)):
            return pb.UpdateResponse(properties=sealed(marked(old | inputs | {FIELD_MANAGER: manager})))
        with answering(context, inputs, manager):
            cluster = self._connection.need()
            obj = applying.left_to_others(cluster, inputs, request.ignoreChanges, manager)
            if request.preview:
                live = applying.preview(cluster, obj, manager, force=force) or inputs
            else:
                live = self._ready(inputs, cluster.apply(obj, manager, force=force), request.timeout)
        return pb.UpdateResponse(properties=sealed(outputs_of(live, manager)))

    def Read(self, request: pb.ReadRequest, context: grpc.ServicerContext) -> pb.ReadResponse:
        inputs, state = opened(request.inputs), opened(request.properties)
        if self._connection.cluster is None and self._connection.settings.deleteUnreachable:
            return pb.ReadResponse()  # as if it were gone
        if self._connection.cluster is None and self._connection.settings.skipUpdateUnreachable:
            return pb.ReadResponse(id=request.id, inputs=request.inputs, properties=request.properties)
        with answering(context):
            cluster = self._connection.need()
            wanted = inputs or state
            live = cluster.find(wanted if wanted.get("metadata") else self._imported(cluster, request))
            if live is None:
                return pb.ReadResponse()  # gone
            manager = field_manager(request.urn, inputs, state)
            now = drift.inputs_now(cluster, inputs, live, manager) if inputs else without_server_fields(live)
        return pb.ReadResponse(
            id=identity(live), inputs=sealed(marked(now)), properties=sealed(outputs_of(live, manager))
        )

    def Delete(self, request: pb.DeleteRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        state = opened(request.properties)
        if self._connection.cluster is None and self._connection.settings.deleteUnreachable:
            return empty_pb2.Empty()
        clock = waiting.Clock(waiting.seconds(state, request.timeout), self._cancelled)
        with answering(context):
            waiting.gone(self._connection.need(), state, clock)
        return empty_pb2.Empty()

    # -- what a stand-in does not do
    def Invoke(self, request: pb.InvokeRequest, context: grpc.ServicerContext) -> pb.InvokeResponse:
        refuse(context, f"the function {request.tok}", _OFFICIAL)

    def Construct(self, request: pb.ConstructRequest, context: grpc.ServicerContext) -> pb.ConstructResponse:
        refuse(context, f"the component {request.type}", _OFFICIAL)

    def Parameterize(self, request: pb.ParameterizeRequest, context: grpc.ServicerContext) -> pb.ParameterizeResponse:
        refuse(context, "a package made from CustomResourceDefinitions", _OFFICIAL)

    # -- parts
    def _place(self, obj: Object) -> None:
        """States the namespace of an object that leaves it to the provider."""
        cluster = self._connection.cluster
        if cluster is None or obj["metadata"].get("namespace"):
            return
        try:
            namespaced = cluster.kinds.find(obj["apiVersion"], obj["kind"]).namespaced
        except NoKind:  # its CustomResourceDefinition comes in the same update: the program must say
            namespaced = bool(self._connection.settings.namespace)
        if namespaced:
            obj["metadata"]["namespace"] = cluster.namespace

    def _force(self, inputs: Mapping[str, Any]) -> bool:
        note = notes(inputs).get("patchForce")
        return self._connection.settings.enablePatchForce if note is None else note == "true"

    def _ready(self, inputs: Object, live: Object, timeout: float) -> Object:
        clock = waiting.Clock(waiting.seconds(inputs, timeout), self._cancelled)
        return waiting.ready(self._connection.need(), inputs, live, clock)

    @staticmethod
    def _imported(cluster: Cluster, request: pb.ReadRequest) -> Object:
        """The object that a type and an id name: all that `import` and `get` have."""
        namespace, _, name = request.id.rpartition("/")
        _, group_version, kind = kind_of(request.urn).split(":")
        meta = {"name": name} | ({"namespace": namespace} if namespace else {})
        return {"apiVersion": cluster.kinds.api_version(group_version), "kind": kind, "metadata": meta}


def _proposed_name(request: pb.CheckRequest) -> str:
    if request.HasField("autonaming") and request.autonaming.proposed_name:
        return str(request.autonaming.proposed_name)
    return f"{name_of(request.urn)}-{hashlib.sha256(request.randomSeed).hexdigest()[:8]}"
