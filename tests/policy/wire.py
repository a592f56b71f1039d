"""Asks the policy pack as the engine does: in this process, or the server that the engine would start.

What is the engine's to do stands here: it merges the defaults of the configuration's schema with what is given, asks
for remediations before it asks for violations, and hands over the whole stack at the end.
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import analyzer_pb2 as proto
from pulumi.runtime.proto import analyzer_pb2_grpc
from pulumi_policy import EnforcementLevel
from pulumi_policy.policy import _PolicyAnalyzerServicer
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from policy.pack import policies
from policy.plain import UNKNOWN
from policy.record import Resource
from tests.policy.cases import Secret

#: How a secret is marked on the wire (pulumi, sdk/go/common/resource/properties.go).
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"

PACK = Path(__file__).parents[2] / "policy"


@dataclass(frozen=True)
class Violation:
    """What the engine would print."""

    rule: str
    urn: str
    message: str
    level: str


class Pack:
    """A configured pack. `stub` offers the calls of the analyzer protocol, each with one request."""

    def __init__(self, stub: Any, settings: Mapping[str, Mapping[str, Any]]) -> None:
        self._stub = stub
        self.info = stub.GetAnalyzerInfo(empty_pb2.Empty())
        configuration = {}
        for policy in self.info.policies:
            schema = json_format.MessageToDict(policy.configSchema.properties)
            values = {name: rule["default"] for name, rule in schema.items() if "default" in rule}
            row = proto.PolicyConfig(enforcementLevel=policy.enforcementLevel)
            row.properties.update(values | dict(settings.get(policy.name, {})))
            configuration[policy.name] = row
        stub.Configure(proto.ConfigureAnalyzerRequest(policyConfig=configuration))
        stub.ConfigureStack(proto.AnalyzerStackConfigureRequest(stack="test", project="isthmus", dry_run=True))

    def judge(self, resources: Sequence[Resource]) -> list[Violation]:
        """Every violation: of each resource, then of the stack."""
        found: list[Violation] = []
        for resource in resources:
            remedies = self._stub.Remediate(_request(resource)).remediations
            assert not remedies, "no rule changes what it judges"
            found += _violations(self._stub.Analyze(_request(resource)), resource.urn)
        stack = proto.AnalyzeStackRequest(resources=[_in_stack(resource) for resource in resources])
        return found + _violations(self._stub.AnalyzeStack(stack), "")


def _violations(response: Any, urn: str) -> list[Violation]:
    return [
        Violation(row.policyName, row.urn or urn, row.message, proto.EnforcementLevel.Name(row.enforcementLevel))
        for row in response.diagnostics
    ]


class _Direct:
    """The servicer's methods without a server."""

    def __init__(self, servicer: Any) -> None:
        self._servicer = servicer

    def __getattr__(self, name: str) -> Any:
        return lambda request: getattr(self._servicer, name)(request, None)


def in_process(*, only: str | None = None, settings: Mapping[str, Any] | None = None) -> Pack:
    """The pack in this process, with all rules or with one; `settings` are that one's."""
    chosen = [policy for policy in policies() if only in (None, policy.name)]
    servicer = _PolicyAnalyzerServicer("isthmus", "0.0.1", chosen, EnforcementLevel.MANDATORY)
    return Pack(_Direct(servicer), {only: settings or {}} if only else settings or {})


@contextmanager
def served(settings: Mapping[str, Mapping[str, Any]] | None = None) -> Iterator[Pack]:
    """The pack as the engine starts it: its folder as a program, its port on standard output."""
    command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(PACK)]
    # From another folder than the repository's: the engine starts it from the pack's.
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PACK)
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Pack(analyzer_pb2_grpc.AnalyzerStub(channel), settings or {})
    finally:
        process.terminate()
        process.communicate(timeout=10)


def _marked(value: Any) -> Any:
    """A value as it travels: secrets and unknowns under Pulumi's signs."""
    if value is UNKNOWN:
        return UNKNOWN_STRING_VALUE
    if isinstance(value, Secret):
        return {SIGNATURE: SECRET, "value": _marked(value.value)}
    if isinstance(value, Mapping):
        return {key: _marked(inner) for key, inner in value.items()}
    return [_marked(inner) for inner in value] if isinstance(value, list) else value


def _struct(value: Mapping[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(_marked(value))
    return struct


def _common(resource: Resource) -> dict[str, Any]:
    provider = resource.provider
    return {
        "type": resource.type,
        "urn": resource.urn,
        "name": resource.name,
        "properties": _struct(resource.props),
        "options": proto.AnalyzerResourceOptions(protect=resource.protect),
        "provider": proto.AnalyzerProviderResource(
            type="pulumi:providers:kubernetes", properties=_struct({}), urn=provider.urn, name=provider.name
        )
        if provider
        else None,
    }


def _request(resource: Resource) -> proto.AnalyzeRequest:
    return proto.AnalyzeRequest(**_common(resource))


def _in_stack(resource: Resource) -> proto.AnalyzerResource:
    return proto.AnalyzerResource(**_common(resource))
