"""The stand-in for Node's language host says what is missing, and refuses what it does not run."""

from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.proto import language_pb2 as pb

from tools.pulumi.language.nodejs import NodeHost


class Aborted(Exception):
    """What a real context raises, with what the engine is told."""


class Context:
    """As much of a gRPC call's context as a refusal needs."""

    def abort(self, _code: Any, details: str) -> None:
        raise Aborted(details)


def test_a_program_without_its_modules_is_told_how_to_get_them(tmp_path: Path) -> None:
    request = pb.RunRequest(info=pb.ProgramInfo(root_directory=str(tmp_path)))

    answer = NodeHost("").Run(request, Context())

    assert f"run `npm ci` in {tmp_path}" in answer.error


def test_a_plugin_is_refused_by_name(tmp_path: Path) -> None:
    request = pb.RunPluginRequest(info=pb.ProgramInfo(program_directory=str(tmp_path)))

    with pytest.raises(Aborted, match=str(tmp_path)):
        list(NodeHost("").RunPlugin(request, Context()))
