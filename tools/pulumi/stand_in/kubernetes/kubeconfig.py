"""How to reach an API server: kubeconfig in, address and credentials out."""

import base64
import os
import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


class KubeconfigError(Exception):
    """A kubeconfig that leads nowhere. The message names file and entry, never a credential."""


@dataclass(frozen=True)
class Access:
    """One API server and who we are to it."""

    server: str
    """URL, e.g. `https://127.0.0.1:16443`."""
    tls: ssl.SSLContext | None
    token: str
    """Empty: a client certificate in `tls`, or nobody."""
    server_name: str
    """Name that the server's certificate must hold, if not the one in the URL."""
    namespace: str
    """Where namespaced objects go that name no namespace."""


def access(kubeconfig: str = "", context: str = "", cluster: str = "") -> Access:
    """What the provider arguments of the same names say, as the official plugin reads them.

    kubeconfig: a path, or the document itself as YAML or JSON; empty: $KUBECONFIG, then ~/.kube/config.
    context, cluster: names in it; empty: its current context, and that context's cluster.
    Raises KubeconfigError.
    """
    documents = _documents(kubeconfig)
    name = context or next((d["current-context"] for d, _ in documents if d.get("current-context")), "")
    chosen, _ = _entry(documents, "context", name)
    server, folder = _entry(documents, "cluster", cluster or chosen.get("cluster", ""))
    user, user_folder = _entry(documents, "user", chosen["user"]) if chosen.get("user") else ({}, folder)
    _refuse(server, user, name)
    return Access(
        server=server["server"],
        tls=_tls(server, folder, user, user_folder) if server["server"].startswith("https:") else None,
        token=_token(user, user_folder),
        server_name=server.get("tls-server-name") or "",
        namespace=chosen.get("namespace") or "default",
    )


_Document = tuple[Mapping[str, Any], Path]
"""A parsed kubeconfig and the folder that its relative paths start from."""


def _documents(kubeconfig: str) -> list[_Document]:
    if "\n" in kubeconfig or "{" in kubeconfig:
        return [(_parsed(kubeconfig, "the kubeconfig given as text"), Path())]
    if kubeconfig:
        paths = [Path(kubeconfig).expanduser()]
    elif os.environ.get("KUBECONFIG"):
        paths = [Path(part) for part in os.environ["KUBECONFIG"].split(os.pathsep) if part and Path(part).exists()]
    else:
        paths = [Path.home() / ".kube" / "config"]
    try:
        return [(_parsed(path.read_text(), str(path)), path.parent) for path in paths]
    except OSError as error:
        raise KubeconfigError(f"{error.filename}: {error.strerror}; expected a kubeconfig") from error


def _parsed(text: str, where: str) -> Mapping[str, Any]:
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError:
        document = None  # the parser's message would quote the file, credentials and all
    if not isinstance(document, dict):
        raise KubeconfigError(f"{where}: not a kubeconfig")
    return document


def _entry(documents: list[_Document], kind: str, name: str) -> tuple[Mapping[str, Any], Path]:
    names = []
    for document, folder in documents:
        for entry in document.get(f"{kind}s") or []:
            if entry["name"] == name:
                return entry.get(kind) or {}, folder
            names.append(entry["name"])
    given = f"no {kind} named {name!r}" if name else f"no {kind} is named"
    raise KubeconfigError(f"{given}; the kubeconfig has {', '.join(map(repr, names)) or 'none'}")


def _refuse(server: Mapping[str, Any], user: Mapping[str, Any], name: str) -> None:
    beyond = [key for key in ("proxy-url",) if server.get(key)]
    beyond += [key for key in ("exec", "auth-provider", "username", "as") if user.get(key)]
    if beyond:
        raise KubeconfigError(
            f"context {name!r}: {', '.join(beyond)} is beyond the stand-in for the kubernetes plugin, "
            "which knows tokens and client certificates; use the official plugin"
        )


def _token(user: Mapping[str, Any], folder: Path) -> str:
    if file := user.get("tokenFile"):
        return (folder / str(file)).read_text().strip()
    return str(user.get("token") or "")


def _tls(server: Mapping[str, Any], folder: Path, user: Mapping[str, Any], user_folder: Path) -> ssl.SSLContext:
    authority = _pem(server, folder, "certificate-authority")
    context = ssl.create_default_context(cadata=authority or None)
    if server.get("insecure-skip-tls-verify"):
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    certificate, key = _pem(user, user_folder, "client-certificate"), _pem(user, user_folder, "client-key")
    if certificate and key:
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:  # ssl reads key pairs from files only
            file.write(f"{certificate}\n{key}")
            file.flush()
            context.load_cert_chain(file.name)
    return context


def _pem(entry: Mapping[str, Any], folder: Path, field: str) -> str:
    if data := entry.get(f"{field}-data"):
        return base64.b64decode(data).decode()
    path = entry.get(field)
    return (folder / str(path)).read_text() if path else ""
