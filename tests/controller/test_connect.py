"""Credentials of the controller."""

from pathlib import Path

import aiohttp
import pytest

from isthmus.controller import connect
from isthmus.controller.connect import Token
from isthmus.errors import IsthmusError
from tests.controller.dask_stub import DaskStub
from tests.controller.test_queue import Clock


async def test_a_token_that_is_replaced_on_disk_is_used_within_a_minute(tmp_path: Path, dask: DaskStub) -> None:
    file, clock, seen = tmp_path / "token", Clock(), []

    async def look(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        seen.append(request.headers["Authorization"])
        return await handler(request)

    async with aiohttp.ClientSession(middlewares=[Token(file, clock), look]) as session:
        for content, now in (("one\n", 0.0), ("two\n", 30.0), ("two\n", 61.0)):
            file.write_text(content)
            clock.now = now
            async with session.get(dask.url):
                pass

    assert seen == ["Bearer one", "Bearer one", "Bearer two"]


def test_without_credentials_the_way_out_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(connect, "SERVICE_ACCOUNT", tmp_path)

    with pytest.raises(IsthmusError, match="KUBECONFIG"):
        connect.connect()


SERVERS = [("10.96.0.1", "https://10.96.0.1:443"), ("fd00::1", "https://[fd00::1]:443")]


@pytest.mark.parametrize(("host", "expected"), SERVERS, ids=["IPv4", "IPv6"])
def test_in_a_pod_the_server_is_found_by_address(
    host: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("secret")
    monkeypatch.setattr(connect, "SERVICE_ACCOUNT", tmp_path)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", host)
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    monkeypatch.setattr("kopf.ConnectionInfo.as_ssl_context", lambda _: None)

    assert connect.connect().server == expected
