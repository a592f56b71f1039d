"""A stand-in for pulumi-language-nodejs: runs TypeScript and JavaScript programs with the project's own @pulumi/pulumi.

    pulumi-language-nodejs [flags] ENGINE_ADDRESS, as the engine starts it

Only programs: a plugin or a policy pack written for Node is refused. What runs the program is the SDK itself, which
compiles TypeScript with the compiler that it brings along; node and the modules must be there already (`node_modules`).
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import grpc
from pulumi.runtime.proto import language_pb2 as pb
from pulumi.runtime.proto.language_pb2_grpc import add_LanguageRuntimeServicer_to_server

from tools.pulumi import process
from tools.pulumi.language.host import VERSION, Host

#: The SDK's own entry for programs, relative to the project.
_RUN: Final = Path("node_modules/@pulumi/pulumi/cmd/run/index.js")
#: Exit status of a program that has told the engine itself what went wrong (cmd/run/index.ts of the SDK).
_TOLD: Final = 32
_SAID: Final = f"language host: stand-in of isthmus for pulumi-language-nodejs, {VERSION}\n"


class NodeHost(Host):
    """Starts node for each program that the engine has for it."""

    def Run(self, request: pb.RunRequest, context: grpc.ServicerContext) -> pb.RunResponse:
        root = Path(request.info.root_directory)
        if not (root / _RUN).is_file():
            return pb.RunResponse(error=f"{root / _RUN}: no such file; run `npm ci` in {root} first")
        sys.stdout.write(_SAID)
        argv = ["node", str(root / _RUN), *self._flags(request), request.info.entry_point, *request.args]
        with self._child(
            context, argv, cwd=request.info.program_directory, env=_environment(request), stdin=subprocess.DEVNULL
        ) as child:
            status = child.wait()
        if status == _TOLD:
            return pb.RunResponse(bail=True)
        return pb.RunResponse(error=f"the program ended with exit status {status}" if status else "")

    def RunPlugin(self, request: pb.RunPluginRequest, context: grpc.ServicerContext) -> Iterator[pb.RunPluginResponse]:
        context.abort(
            grpc.StatusCode.UNIMPLEMENTED,
            f"{request.info.program_directory}: this stand-in runs programs; plugins for Node need the official host",
        )
        yield pb.RunPluginResponse()

    def About(self, request: pb.AboutRequest, context: grpc.ServicerContext) -> pb.AboutResponse:
        said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
        return pb.AboutResponse(
            executable="node",
            version=said.stdout.strip(),
            metadata={"languageHost": f"stand-in of isthmus for pulumi-language-nodejs, {VERSION}"},
        )

    def GetProgramDependencies(
        self, request: pb.GetProgramDependenciesRequest, context: grpc.ServicerContext
    ) -> pb.GetProgramDependenciesResponse:
        answer = pb.GetProgramDependenciesResponse()
        package = json.loads((Path(request.info.root_directory) / "package.json").read_text())
        for name, version in sorted(package.get("dependencies", {}).items()):
            answer.dependencies.add(name=name, version=version)
        return answer

    def _flags(self, request: pb.RunRequest) -> list[str]:
        """What the SDK's entry is told (sdk/nodejs/cmd/run/index.ts)."""
        given = {
            "monitor": request.monitor_address,
            "engine": self._engine_address,
            "organization": request.organization,
            "project": request.project,
            "stack": request.stack,
            "pwd": request.pwd,
            "root-directory": request.info.root_directory,
            "parallel": str(request.parallel),
        }
        dry_run = ["--dry-run"] if request.dryRun else []
        return [word for flag, value in given.items() for word in (f"--{flag}", value)] + dry_run


def _environment(request: pb.RunRequest) -> dict[str, str]:
    """Configuration goes by the environment of the one child that reads it, as the SDK has it."""
    return {
        **os.environ,
        "PULUMI_CONFIG": json.dumps(dict(request.config)),
        "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
        "PULUMI_NODEJS_TYPESCRIPT": "true",
        "PULUMI_NODEJS_TRANSPILE_ONLY": "true",  # what types are wrong is the compiler's affair, before
    }


if __name__ == "__main__":
    host = NodeHost(engine_address=sys.argv[-1])
    process.serve(
        lambda server: add_LanguageRuntimeServicer_to_server(host, server), threads=16, at_end=host.end_children
    )
