"""Kubeconfigs: one cluster, one user with a client certificate, everything embedded, readable by its owner only."""

import base64
import json
from pathlib import Path

from isthmus.local.pki import Pair, write_private


def write(path: Path, *, name: str, server: str, authority: Path, user: Pair) -> Path:
    """Writes a kubeconfig whose only context is `name`; JSON, which every reader of kubeconfigs takes as YAML."""
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{"name": name, "cluster": {"server": server, "certificate-authority-data": _encoded(authority)}}],
        "users": [
            {
                "name": name,
                "user": {
                    "client-certificate-data": _encoded(user.certificate),
                    "client-key-data": _encoded(user.key),
                },
            }
        ],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": "default"}}],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_private(path, json.dumps(content, indent=1).encode())
    return path


def _encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
