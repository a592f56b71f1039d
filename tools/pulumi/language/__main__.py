"""`pulumi-language-python [flags] ENGINE_ADDRESS`, as the engine starts it."""

import sys

from pulumi.runtime.proto.language_pb2_grpc import add_LanguageRuntimeServicer_to_server

from tools.pulumi import process
from tools.pulumi.language.host import Host

host = Host(engine_address=sys.argv[-1])
process.serve(lambda server: add_LanguageRuntimeServicer_to_server(host, server), threads=16, at_end=host.end_children)
