"""OCI images written as one archive, the way `ctr images import` reads them: no registry, no image tool."""

import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from isthmus.local.images.layer import digest_of

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
#: The names that Go, and so every container runtime, has for what `uname -m` says.
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Image:
    """An image: what pods call it, its layers from the bottom up, its configuration."""

    name: str
    layers: tuple[Path, ...]
    config: Mapping[str, Any] = field(default_factory=dict)
    """OCI image config: Env, User, Entrypoint, ..."""

    def configuration(self) -> bytes:
        return _json(
            {
                "architecture": _architecture(),
                "os": "linux",
                "config": dict(self.config),
                "rootfs": {"type": "layers", "diff_ids": [digest_of(layer) for layer in self.layers]},
            }
        )

    def manifest(self) -> bytes:
        layers = [
            {
                "mediaType": "application/vnd.oci.image.layer.v1.tar",
                "digest": digest_of(layer),
                "size": layer.stat().st_size,
            }
            for layer in self.layers
        ]
        configuration = {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            **_descriptor(self.configuration()),
        }
        return _json({"schemaVersion": 2, "mediaType": _MANIFEST, "config": configuration, "layers": layers})

    @property
    def digest(self) -> str:
        """Digest of the manifest: changes if and only if name-independent content changes."""
        return str(_descriptor(self.manifest())["digest"])


def write(images: Sequence[Image], output: IO[bytes], without: Collection[Path] = ()) -> None:
    """Writes an OCI layout with these images to a stream; a layer that several share is written once.

    without: layers to leave out, because the reader has them.
    """
    index = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [
            {
                "mediaType": _MANIFEST,
                **_descriptor(image.manifest()),
                "platform": {"architecture": _architecture(), "os": "linux"},
                "annotations": {"io.containerd.image.name": image.name},
            }
            for image in images
        ],
    }
    small = [part for image in images for part in (image.configuration(), image.manifest())]
    layers = {digest_of(layer): layer for image in images for layer in image.layers if layer not in without}
    with tarfile.open(fileobj=output, mode="w|") as archive:
        _add(archive, "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
        _add(archive, "index.json", _json(index))
        for content in dict.fromkeys(small):
            _add(archive, _blob(str(_descriptor(content)["digest"])), content)
        for digest, layer in layers.items():
            entry = tarfile.TarInfo(_blob(digest))
            entry.size = layer.stat().st_size
            with layer.open("rb") as file:
                archive.addfile(entry, file)


def _architecture() -> str:
    machine = platform.machine()
    return _ARCHITECTURES.get(machine, machine)


def _blob(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _descriptor(content: bytes) -> dict[str, str | int]:
    return {"digest": f"sha256:{hashlib.sha256(content).hexdigest()}", "size": len(content)}


def _json(content: object) -> bytes:
    return json.dumps(content, sort_keys=True).encode()


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))
