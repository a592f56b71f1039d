"""The language host's side of the engine's protocol: run programs, run policy packs and providers written in Python.

Code generation, templates, packing, linking and debugging are left out; the engine is told so.
"""

import importlib.metadata
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import grpc
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import language_pb2 as pb
from pulumi.runtime.proto import plugin_pb2
from pulumi.runtime.proto.language_pb2_grpc import LanguageRuntimeServicer

from tools.pulumi.language.interpreter import interpreter
from tools.pulumi.language.streams import output_of

VERSION: Final = "0.1.0"
_PROGRAM: Final = Path(__file__).parent / "program.py"
#: Exit status of a program that has told the engine itself what went wrong; we add nothing then.
_TOLD: Final = 32


class Host(LanguageRuntimeServicer):
    """Starts the processes that the engine asks for, and ends them when it asks for that."""

    def __init__(self, engine_address: str) -> None:
        self._engine_address = engine_address
        self._children: set[subprocess.Popen[bytes]] = set()

    def Handshake(
        self, request: pb.LanguageHandshakeRequest, context: grpc.ServicerContext
    ) -> pb.LanguageHandshakeResponse:
        return pb.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=VERSION)

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self.end_children()
        return empty_pb2.Empty()

    def GetRequiredPackages(
        self, request: pb.GetRequiredPackagesRequest, context: grpc.ServicerContext
    ) -> pb.GetRequiredPackagesResponse:
        # The plugins that programs need are in place already (companions.py); naming them would have them fetched.
        return pb.GetRequiredPackagesResponse()

    def Run(self, request: pb.RunRequest, context: grpc.ServicerContext) -> pb.RunResponse:
        python = _interpreter(request.info)
        argv = [str(python), "-u", "-P", str(_PROGRAM)]  # -P: nothing beside program.py can be imported by accident
        with self._child(context, argv, stdin=subprocess.PIPE, cwd=request.pwd) as child:
            child.communicate(json.dumps(self._job(request)).encode())
            status = child.returncode
        if status == _TOLD:
            return pb.RunResponse(bail=True)
        return pb.RunResponse(error=f"the program ended with exit status {status}" if status else "")

    def RunPlugin(self, request: pb.RunPluginRequest, context: grpc.ServicerContext) -> Iterator[pb.RunPluginResponse]:
        python, folder = str(_interpreter(request.info)), request.info.program_directory
        if request.kind == "analyzer":
            argv, cwd = [python, "-u", "-m", "pulumi.policy", *request.args, folder], folder
        else:
            argv, cwd = [python, "-u", folder, *request.args], request.pwd
        environment = dict(entry.partition("=")[::2] for entry in request.env) or dict(os.environ)
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with self._child(context, argv, cwd=cwd, env=environment, **pipes) as child:
            for stream, data in output_of(child):
                yield pb.RunPluginResponse(stdout=data) if stream == "stdout" else pb.RunPluginResponse(stderr=data)
            yield pb.RunPluginResponse(exitcode=child.wait())

    def InstallDependencies(
        self, request: pb.InstallDependenciesRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.InstallDependenciesResponse]:
        yield pb.InstallDependenciesResponse(stdout=b"dependencies are installed by `make setup`; nothing to do\n")

    def RuntimeOptionsPrompts(
        self, request: pb.RuntimeOptionsRequest, context: grpc.ServicerContext
    ) -> pb.RuntimeOptionsResponse:
        return pb.RuntimeOptionsResponse()

    def About(self, request: pb.AboutRequest, context: grpc.ServicerContext) -> pb.AboutResponse:
        return pb.AboutResponse(
            executable=str(_interpreter(request.info)),
            version=sys.version.split()[0],
            metadata={"languageHost": f"stand-in of isthmus, {VERSION}"},
        )

    def GetProgramDependencies(
        self, request: pb.GetProgramDependenciesRequest, context: grpc.ServicerContext
    ) -> pb.GetProgramDependenciesResponse:
        answer = pb.GetProgramDependenciesResponse()
        for found in sorted(importlib.metadata.distributions(), key=lambda distribution: distribution.name.lower()):
            if request.transitiveDependencies or found.name.lower().startswith("pulumi"):
                answer.dependencies.add(name=found.name, version=found.version)
        return answer

    def GeneratePackage(
        self, request: pb.GeneratePackageRequest, context: grpc.ServicerContext
    ) -> pb.GeneratePackageResponse:
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "this stand-in writes no classes; the official language host does")
        return pb.GeneratePackageResponse()

    def end_children(self) -> None:
        """Asks every process to end that the engine had us start."""
        for child in list(self._children):
            child.terminate()

    def _job(self, request: pb.RunRequest) -> dict[str, Any]:
        info = request.info
        return {
            "config": dict(request.config),
            "secret_keys": list(request.configSecretKeys),
            "folder": request.pwd,
            "told": _TOLD,
            "program": os.path.normpath(Path(info.program_directory, info.entry_point)),
            "arguments": list(request.args),
            "settings": {
                "monitor": request.monitor_address,
                "engine": self._engine_address,
                "project": request.project,
                "stack": request.stack,
                "parallel": request.parallel,
                "dry_run": request.dryRun,
                "organization": request.organization,
                "root_directory": info.root_directory,
            },
        }

    @contextmanager
    def _child(
        self, context: grpc.ServicerContext, argv: list[str], **options: Any
    ) -> "Iterator[subprocess.Popen[bytes]]":
        """A child that ends with the call at the latest."""
        child = subprocess.Popen(argv, **options)
        self._children.add(child)
        context.add_callback(lambda: child.terminate() if child.poll() is None else None)
        try:
            yield child
        finally:
            self._children.discard(child)
            if child.poll() is None:
                child.terminate()
                child.wait()


def _interpreter(info: pb.ProgramInfo) -> Path:
    return interpreter(json_format.MessageToDict(info.options), Path(info.root_directory))
