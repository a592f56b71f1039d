"""The random plugin's side of the engine's protocol. A changed input makes a new value; nothing else ever does."""

from collections.abc import Mapping
from typing import Any, Final

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderServicer

from tools.pulumi.stand_in.bags import UNKNOWN, opened, sealed, secret
from tools.pulumi.stand_in.changes import answer, changes
from tools.pulumi.stand_in.plugin import kind_of, refuse
from tools.pulumi.stand_in.random.values import KINDS, Kind, mistakes

#: The official plugin whose behaviour this one follows.
VERSION: Final = "4.21.4"
_OFFICIAL: Final = "the random plugin"


class Provider(ResourceProviderServicer):
    """One `random` provider of a stack."""

    def Handshake(
        self, request: pb.ProviderHandshakeRequest, context: grpc.ServicerContext
    ) -> pb.ProviderHandshakeResponse:
        return pb.ProviderHandshakeResponse()

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=VERSION)

    def CheckConfig(self, request: pb.CheckRequest, context: grpc.ServicerContext) -> pb.CheckResponse:
        return pb.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: pb.DiffRequest, context: grpc.ServicerContext) -> pb.DiffResponse:
        return answer(list(changes(opened(request.old_inputs), opened(request.news))))

    def Configure(self, request: pb.ConfigureRequest, context: grpc.ServicerContext) -> pb.ConfigureResponse:
        return pb.ConfigureResponse(supportsPreview=True)

    def Check(self, request: pb.CheckRequest, context: grpc.ServicerContext) -> pb.CheckResponse:
        found = mistakes(_kind_name(request.urn), opened(request.news))
        return pb.CheckResponse(inputs=request.news, failures=[pb.CheckFailure(reason=why) for why in found])

    def Diff(self, request: pb.DiffRequest, context: grpc.ServicerContext) -> pb.DiffResponse:
        found = list(changes(opened(request.old_inputs), opened(request.news)))
        return answer(found, [change.path for change in found])

    def Create(self, request: pb.CreateRequest, context: grpc.ServicerContext) -> pb.CreateResponse:
        kind, inputs = KINDS[_kind_name(request.urn)], opened(request.properties)
        if request.preview:
            outputs = _marked(kind, dict.fromkeys(kind.outputs, UNKNOWN))
            return pb.CreateResponse(properties=sealed(inputs | outputs))
        made = kind.make(inputs)
        return pb.CreateResponse(id=made.id, properties=sealed(inputs | _marked(kind, made.outputs)))

    def Read(self, request: pb.ReadRequest, context: grpc.ServicerContext) -> pb.ReadResponse:
        if not request.properties.fields:
            refuse(context, "importing a value", _OFFICIAL)
        return pb.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    def Delete(self, request: pb.DeleteRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        return empty_pb2.Empty()


def _kind_name(urn: str) -> str:
    """`RandomPassword` of the token `random:index/randomPassword:RandomPassword`."""
    return kind_of(urn).rpartition(":")[2]


def _marked(kind: Kind, outputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: secret(value) if kind.secret else value for name, value in outputs.items()}
