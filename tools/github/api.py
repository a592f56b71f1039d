"""A few calls of GitHub's REST API (version 2022-11-28), for one repository."""

import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any, Final

from isthmus.errors import IsthmusError

PAGE: Final = 100
"""Items of a page: the most that GitHub gives."""
MAX_PAGES: Final = 100
TIMEOUT_S: Final = 30.0


class GitHub:
    """Calls on behalf of a token's owner; paths are relative to the repository."""

    def __init__(self, url: str, repository: str, token: str) -> None:
        self._base, self._token = f"{url.rstrip('/')}/repos/{repository}", token

    @classmethod
    def of_this_job(cls) -> "GitHub":
        """As the runner's variables say. Raises IsthmusError that names those that are missing."""
        needed = ("GITHUB_API_URL", "GITHUB_REPOSITORY", "GITHUB_TOKEN")
        if missing := [name for name in needed if not os.environ.get(name)]:
            raise IsthmusError(f"not set: {', '.join(missing)}; this is for a job of GitHub Actions.")
        url, repository, token = (os.environ[name] for name in needed)
        if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository):
            raise IsthmusError("GITHUB_REPOSITORY: expected OWNER/NAME.")
        return cls(url, repository, token)

    def get(self, path: str) -> Any:
        """The JSON at a path. Raises IsthmusError."""
        return json.loads(self._call("GET", path))

    def pages(self, path: str) -> Iterator[Mapping[str, Any]]:
        """Every item of a list, page by page, as long as somebody reads on. Raises IsthmusError."""
        mark = "&" if "?" in path else "?"
        for page in range(1, MAX_PAGES + 1):
            items = self.get(f"{path}{mark}per_page={PAGE}&page={page}")
            yield from items
            if len(items) < PAGE:
                return

    def send(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        """Creates or changes something; GitHub's view of it. Raises IsthmusError."""
        return json.loads(self._call(method, path, json.dumps(body).encode()))

    def download(self, path: str, at_most: int) -> bytes:
        """A file of at most that many bytes. Raises IsthmusError, also where it is longer."""
        content = self._call("GET", path, limit=at_most + 1)
        if len(content) > at_most:
            raise _failed(f"GET {path}", 0, f"longer than {at_most} bytes; refused.")
        return content

    def _call(self, method: str, path: str, body: bytes | None = None, limit: int = 1 << 24) -> bytes:
        request = urllib.request.Request(f"{self._base}{path}", data=body, method=method)  # noqa: S310 (GitHub's own URL)
        request.add_header("Accept", "application/vnd.github+json")
        request.add_header("X-GitHub-Api-Version", "2022-11-28")
        request.add_header("Content-Type", "application/json")
        # Not redirected: an artifact lies in another server's storage, which has no business with the token.
        request.add_unredirected_header("Authorization", f"Bearer {self._token}")
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
                content: bytes = answer.read(limit)
                return content
        except urllib.error.HTTPError as error:
            raise _failed(f"{method} {path}", error.code, _message(error.read(1 << 16))) from None
        except OSError as error:
            raise _failed(f"{method} {path}", 0, f"no answer: {error}") from None


def run_url(run: str) -> str:
    """Where people read a run of this job's repository."""
    server = os.environ.get("GITHUB_SERVER_URL", "https://github.com")
    return f"{server}/{os.environ.get('GITHUB_REPOSITORY', '')}/actions/runs/{run}"


def _failed(call: str, status: int, said: str) -> IsthmusError:
    """GitHub did not do what was asked. status: 0 where there was no answer."""
    return IsthmusError(f"GitHub: {call}: {f'{status} ' if status else ''}{said}")


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["message"])[:300]
    except (ValueError, TypeError, KeyError):
        return "(no message)"
