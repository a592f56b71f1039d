"""The shell of a plugin: a server that the engine starts, a word of warning, refusals."""

import sys
from typing import Final, NoReturn

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2_grpc

from tools.pulumi import process

#: The engine limits how much it asks for at once; a thread that waits for a Deployment must not hold up the rest.
THREADS: Final = 64


def serve(provider: provider_pb2_grpc.ResourceProviderServicer) -> None:
    """Serves a provider until the engine ends."""
    process.serve(
        lambda server: provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server), threads=THREADS
    )


class Engine:
    """The engine that started this plugin, as something to talk to. Its address is the plugin's first argument."""

    def __init__(self) -> None:
        channel = grpc.insecure_channel(sys.argv[1]) if len(sys.argv) > 1 else None
        self._stub = engine_pb2_grpc.EngineStub(channel) if channel else None
        self._said: set[str] = set()

    def warn(self, urn: str, text: str) -> None:
        """Shows `text` as a warning beside the resource in the update's output; the same text once per process."""
        if self._stub is None or text in self._said:
            return
        self._said.add(text)
        self._stub.Log(engine_pb2.LogRequest(severity=engine_pb2.WARNING, message=text, urn=urn))


def refuse(context: grpc.ServicerContext, what: str, plugin: str) -> NoReturn:
    """Ends a call that asks for more than a stand-in does."""
    context.abort(grpc.StatusCode.UNIMPLEMENTED, f"{what} is beyond the stand-in for {plugin}; use the official plugin")
    raise AssertionError("abort never returns")


def kind_of(urn: str) -> str:
    """The type token in a URN: `urn:pulumi:stack::project::parent$type::name`."""
    return urn.split("::")[2].split("$")[-1]


def name_of(urn: str) -> str:
    """The logical name in a URN. It may hold `::` itself."""
    return urn.split("::", 3)[3]
