"""A stand-in for pulumi-language-yaml: it declares the components of a document, and refuses what it does not know.

    pulumi-language-yaml [flags] ENGINE_ADDRESS, as the engine starts it

Known are resources of packages with type and properties, `${...}` with a configuration key, `pulumi.stack`,
`pulumi.project` or an output of a resource above, and outputs. The official host knows much more.
"""

import sys
from pathlib import Path
from typing import Any, Final

from pulumi.runtime.proto import language_pb2 as pb
from pulumi.runtime.proto.language_pb2_grpc import add_LanguageRuntimeServicer_to_server

from tools.pulumi import process
from tools.pulumi.language.host import Host

#: What declares the document: a program for the Python host.
_PROGRAM: Final = Path(__file__).with_name("yaml_document.py")


class YamlHost(Host):
    """Runs `yaml_document.py` for each document that the engine has for it."""

    def _job(self, request: pb.RunRequest) -> dict[str, Any]:
        document = Path(request.info.program_directory) / "Pulumi.yaml"
        return super()._job(request) | {"program": str(_PROGRAM), "arguments": [str(document)]}


if __name__ == "__main__":
    host = YamlHost(engine_address=sys.argv[-1])
    process.serve(
        lambda server: add_LanguageRuntimeServicer_to_server(host, server), threads=16, at_end=host.end_children
    )
