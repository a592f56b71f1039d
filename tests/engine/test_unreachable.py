"""What the kubernetes stand-in says when nobody answers it: the table of provider_config.py, over the real protocol."""

import json
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub, add_ResourceProviderServicer_to_server

from tools.pulumi.stand_in.bags import opened, sealed
from tools.pulumi.stand_in.kubernetes.provider import Provider

URN = "urn:pulumi:test::test::kubernetes:core/v1:ConfigMap::one"
OLD = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one", "namespace": "n"}, "data": {"a": "old"}}
NEW = OLD | {"data": {"a": "new"}}
NOBODY = {
    "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}],
    "users": [{"name": "u", "user": {}}],
    "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
    "current-context": "x",
}
SKIP, DELETE = "skipUpdateUnreachable", "deleteUnreachable"


@contextmanager
def plugin(*arguments: str) -> Iterator[ResourceProviderStub]:
    """The plugin as the engine talks to it, configured for an address where nobody is."""
    server = grpc.server(futures.ThreadPoolExecutor(1))
    add_ResourceProviderServicer_to_server(Provider(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = ResourceProviderStub(channel)
        given = {"kubeconfig": json.dumps(NOBODY), **dict.fromkeys(arguments, "true")}
        stub.Configure(pb.ConfigureRequest(args=sealed(given), acceptSecrets=True))
        yield stub
    server.stop(None).wait()


def checked(stub: ResourceProviderStub) -> object:
    return opened(stub.Check(pb.CheckRequest(urn=URN, olds=sealed(OLD), news=sealed(NEW))).inputs)


def created(stub: ResourceProviderStub, *, preview: bool = False) -> object:
    return opened(stub.Create(pb.CreateRequest(urn=URN, properties=sealed(NEW), preview=preview)).properties)["data"]


def updated(stub: ResourceProviderStub, *, preview: bool = False) -> object:
    request = pb.UpdateRequest(id="n/one", urn=URN, olds=sealed(OLD), news=sealed(NEW), preview=preview)
    return opened(stub.Update(request).properties)["data"]


def read(stub: ResourceProviderStub) -> object:
    answer = stub.Read(pb.ReadRequest(id="n/one", urn=URN, properties=sealed(OLD), inputs=sealed(OLD)))
    return answer.id, opened(answer.inputs)


def deleted(stub: ResourceProviderStub) -> object:
    stub.Delete(pb.DeleteRequest(id="n/one", urn=URN, properties=sealed(OLD)))
    return "forgotten"


FAILS = "fails"
TABLE: list[tuple[str, Callable[[ResourceProviderStub], object], tuple[str, ...], object]] = [
    ("Check", checked, (), NEW),
    ("Check of a skipped one", checked, (SKIP,), OLD),
    ("Create in a preview", lambda stub: created(stub, preview=True), (), NEW["data"]),
    ("Create", created, (), FAILS),
    ("Create of a skipped one", created, (SKIP,), FAILS),
    ("Update in a preview", lambda stub: updated(stub, preview=True), (), NEW["data"]),
    ("Update", updated, (), FAILS),
    ("Read", read, (), FAILS),
    ("Read of a skipped one", read, (SKIP,), ("n/one", OLD)),
    ("Read of a forgotten one", read, (DELETE,), ("", {})),
    ("Read of one that is both", read, (SKIP, DELETE), ("", {})),
    ("Delete", deleted, (), FAILS),
    ("Delete of a skipped one", deleted, (SKIP,), FAILS),
    ("Delete of a forgotten one", deleted, (DELETE,), "forgotten"),
]


@pytest.mark.parametrize(("call", "arguments", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_server_that_does_not_answer_fails_what_needs_it(
    call: Callable[[ResourceProviderStub], object],
    arguments: tuple[str, ...],
    expected: object,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.argv", ["plugin"])  # the engine's address would be the next word
    with plugin(*arguments) as stub:
        if expected is FAILS:
            with pytest.raises(grpc.RpcError, match="cannot be reached") as failed:
                call(stub)
            assert failed.value.code() == grpc.StatusCode.UNAVAILABLE
        else:
            assert call(stub) == expected
