"""What a Dask scheduler answers over HTTP, from a table, on loopback. Fields as distributed 2026.8 has them."""

import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def identity(name: str, *, tasks: int = 0, nbytes: int = 0) -> dict[str, Any]:
    counts = {"executing": tasks, "memory": 1} if tasks else {}
    return {"name": name, "metrics": {"task_counts": counts, "managed_bytes": nbytes, "spilled_bytes": {"disk": 0}}}


class DaskStub:
    """`with DaskStub() as dask:` answers at `dask.url`."""

    def __init__(self) -> None:
        self.workers: Callable[[], Mapping[str, dict[str, Any]]] = dict
        """Address -> identity."""
        self.keeps: set[str] = set()
        """Addresses that are not let go: what they hold has no other place."""
        self.api = True
        """Off: no route for retirement."""
        self.json = True
        """Off: no route for workers."""
        self.asked: list[list[str]] = []
        """Addresses of each retirement."""
        self.holds = threading.Event()
        """Cleared: a retirement is not answered until it is set."""
        self.holds.set()
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if "identity" in self.path and not stub.json:
                    self.answer(404, {})
                    return
                self.answer(200, {"workers": dict(stub.workers())} if "identity" in self.path else {})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if not stub.api:
                    self.answer(404, {})
                    return
                stub.asked.append(body["workers"])
                stub.holds.wait(30)
                gone = [address for address in body["workers"] if address not in stub.keeps]
                self.answer(200, {address: {"name": address} for address in gone})

            def answer(self, status: int, body: Mapping[str, Any]) -> None:
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, name="dask stub", daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "DaskStub":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.holds.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
