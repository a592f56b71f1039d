"""A loopback server that speaks the calls of GitHub's API that the workflows use, and refuses what GitHub refuses."""

import io
import json
import re
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "ghs_loopback"
REPOSITORY = "example/isthmus"
#: GitHub: "body is too long (maximum is 65536 characters)".
MAX_BODY = 65_536
MAX_PAGE = 100
#: Between the ids that this server gives the artifacts of two attempts of a run.
ATTEMPT = 1000

Item = dict[str, Any]


def archive(**members: str | bytes) -> bytes:
    """An artifact as upload-artifact makes it. `comment_md` is the member comment.md."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as members_of:
        for name, content in members.items():
            members_of.writestr(name.replace("_md", ".md"), content)
    return buffer.getvalue()


def comment(number: int, body: str, *, kind: str = "User") -> Item:
    return {"id": number, "body": body, "user": {"type": kind}}


@dataclass
class Repository:
    """What the repository holds; tests look at it afterwards."""

    url: str = ""
    artifacts: dict[str, bytes] = field(default_factory=dict)
    """Its id -> artifact `preview-comment`. The first of a run has the run's id; each later one adds ATTEMPT."""
    pulls: dict[int, Item] = field(default_factory=dict)
    comments: dict[int, list[Item]] = field(default_factory=dict)
    """Pull request or issue -> its comments, in the order in which they were written."""
    issues: list[Item] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    """`METHOD path` of every call that changed something."""

    def pull(self, number: int, sha: str, branch: str, repository: str = REPOSITORY) -> None:
        self.pulls[number] = {"head": {"sha": sha, "ref": branch, "repo": {"full_name": repository}}}
        self.comments.setdefault(number, [])

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Item) -> tuple[int, Any]:
        if method != "GET":
            self.calls.append(f"{method} {path}")
        if len(body.get("body", "")) > MAX_BODY:
            return 422, {"message": "Validation Failed: body is too long"}
        for pattern, function in self._routes().items():
            wanted, _, where = pattern.partition(" ")
            if wanted == method and (found := re.fullmatch(where, path)):
                status, answer = function(*found.groups(), query=query, body=body)
                return int(status), answer
        return 404, {"message": "Not Found"}

    def _routes(self) -> dict[str, Any]:
        return {
            r"GET /actions/runs/(\d+)/artifacts": self._of_run,
            r"GET /pulls/(\d+)": self._pull,
            r"GET /issues/(\d+)/comments": self._list_comments,
            r"POST /issues/(\d+)/comments": self._add_comment,
            r"PATCH /issues/comments/(\d+)": self._change_comment,
            r"GET /issues": self._list_issues,
            r"POST /issues": self._add_issue,
            r"PATCH /issues/(\d+)": self._change_issue,
        }

    def _of_run(self, run: str, query: Mapping[str, str], **_: Any) -> tuple[int, Any]:
        named = query.get("name") == "preview-comment"
        of_run = [identifier for identifier in map(int, self.artifacts) if identifier % ATTEMPT == int(run)]
        return 200, {"artifacts": [{"id": identifier} for identifier in of_run] if named else []}

    def _pull(self, number: str, **_: Any) -> tuple[int, Any]:
        found = self.pulls.get(int(number))
        return (200, found) if found else (404, {"message": "Not Found"})

    def _list_comments(self, number: str, query: Mapping[str, str], **_: Any) -> tuple[int, Any]:
        return 200, _page(self.comments[int(number)], query)

    def _add_comment(self, number: str, body: Item, **_: Any) -> tuple[int, Any]:
        made = comment(1 + sum(map(len, self.comments.values())), body["body"], kind="Bot")
        self.comments.setdefault(int(number), []).append(made)
        return 201, made

    def _change_comment(self, identifier: str, body: Item, **_: Any) -> tuple[int, Any]:
        for found in (one for comments in self.comments.values() for one in comments):
            if found["id"] == int(identifier):
                found.update(body)
                return 200, found
        return 404, {"message": "Not Found"}

    def _list_issues(self, query: Mapping[str, str], **_: Any) -> tuple[int, Any]:
        return 200, _page([issue for issue in self.issues if issue["state"] == query["state"]], query)

    def _add_issue(self, body: Item, **_: Any) -> tuple[int, Any]:
        made = {"number": len(self.issues) + 1, "state": "open", "user": {"type": "Bot"}, **body}
        self.issues.append(made)
        return 201, made

    def _change_issue(self, number: str, body: Item, **_: Any) -> tuple[int, Any]:
        (found,) = [issue for issue in self.issues if issue["number"] == int(number)]
        found.update(body)
        return 200, found


def _page(items: list[Item], query: Mapping[str, str]) -> list[Item]:
    size, page = min(int(query.get("per_page", "30")), MAX_PAGE), int(query.get("page", "1"))
    return items[(page - 1) * size : page * size]


@contextmanager
def github() -> Iterator[Repository]:
    """A repository that answers on loopback while the block runs."""
    repository = Repository()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def do_PATCH(self) -> None:
            self._serve()

        def log_message(self, *_: object) -> None:
            """Not on the tests' output."""

        def _serve(self) -> None:
            url = urlsplit(self.path)
            if url.path.startswith("/storage/"):
                # As the real storage does: its address is the permission, a second one is an error.
                refused = self.headers.get("Authorization") is not None
                content = repository.artifacts[url.path.rpartition("/")[2]]
                self._send(400, b"{}") if refused else self._send(200, content)
            elif self.headers.get("Authorization") != f"Bearer {TOKEN}":
                self._send(401, b'{"message": "Bad credentials"}')
            elif found := re.fullmatch(rf"/repos/{REPOSITORY}/actions/artifacts/(\d+)/zip", url.path):
                self._send(302, b"", Location=f"{repository.url}/storage/{found[1]}")
            else:
                self._json(url.path, {key: values[0] for key, values in parse_qs(url.query).items()})

        def _json(self, path: str, query: Mapping[str, str]) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            relative = path.removeprefix(f"/repos/{REPOSITORY}")
            status, answer = repository.answer(self.command, relative, query, json.loads(content or b"{}"))
            self._send(status, json.dumps(answer).encode())

        def _send(self, status: int, content: bytes, **headers: str) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(content)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        repository.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield repository
        finally:
            server.shutdown()
            thread.join()
