"""Layers and images as bytes: the same for the same content, and what a container runtime expects."""

import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from isthmus.environment import load
from isthmus.errors import ConfigError
from isthmus.local import cache
from isthmus.local.images import catalogue
from isthmus.local.images.layer import Layer, cached, digest_of
from isthmus.local.images.oci import Image, write
from isthmus.local.images.python import _use_image_python

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.ENV_CACHE, str(tmp_path / "cache"))


def fill(layer: Layer, scratch: Path) -> None:
    """A private file, a program, a link."""
    secret = scratch / "file"
    secret.write_text("content")
    secret.chmod(0o600)
    layer.file(secret, "/opt/a/file")
    secret.chmod(0o700)
    layer.file(secret, "/opt/a/program")
    layer.link("usr/bin/a", "/opt/a/program")


def test_a_layer_has_parents_first_owned_by_root_and_readable_by_everyone() -> None:
    with tarfile.open(cached("test", ["x"], fill)) as archive:
        rows = [(entry.name, oct(entry.mode), entry.uid, entry.mtime) for entry in archive]

    assert rows == [
        ("opt", "0o755", 0, 0),
        ("opt/a", "0o755", 0, 0),
        ("opt/a/file", "0o644", 0, 0),
        ("opt/a/program", "0o755", 0, 0),
        ("usr", "0o755", 0, 0),
        ("usr/bin", "0o755", 0, 0),
        ("usr/bin/a", "0o777", 0, 0),
    ]


def test_the_same_content_has_the_same_digest() -> None:
    one, other = cached("test", ["x"], fill), cached("test", ["y"], fill)

    assert one != other
    assert digest_of(one) == digest_of(other) == f"sha256:{hashlib.sha256(one.read_bytes()).hexdigest()}"


def blobs_of(images: list[Image], without: tuple[Path, ...] = ()) -> dict[str, bytes]:
    stream = io.BytesIO()
    write(images, stream, without)
    stream.seek(0)
    with tarfile.open(fileobj=stream) as archive:
        return {entry.name: file.read() for entry in archive if (file := archive.extractfile(entry))}


def test_an_archive_holds_every_image_by_name_each_blob_once_and_under_its_digest() -> None:
    layer = cached("test", ["x"], fill)
    images = [Image("example/one:1", (layer,), {"User": "1000"}), Image("example/two:1", (layer,))]

    files = blobs_of(images)
    index = json.loads(files.pop("index.json"))

    assert json.loads(files.pop("oci-layout")) == {"imageLayoutVersion": "1.0.0"}
    assert len(files) == 5  # two manifests, two configurations, the layer that they share
    assert {name: f"blobs/sha256/{hashlib.sha256(blob).hexdigest()}" for name, blob in files.items()} == {
        name: name for name in files
    }
    assert [row["annotations"]["io.containerd.image.name"] for row in index["manifests"]] == [
        "example/one:1",
        "example/two:1",
    ]
    assert [row["digest"] for row in index["manifests"]] == [image.digest for image in images]


def test_a_layer_that_the_reader_has_is_left_out() -> None:
    layer = cached("test", ["x"], fill)

    assert len(blobs_of([Image("example/one:1", (layer,))], without=(layer,))) == 4


def test_an_image_that_only_a_registry_has_is_a_mistake_of_the_stack() -> None:
    environment = load(ROOT, "local")
    images = environment.images.model_copy(update={"dask": "example.org/dask:1"})

    with pytest.raises(ConfigError) as refused:
        catalogue.images_of(environment.model_copy(update={"images": images}))

    (mistake,) = refused.value.mistakes
    assert (mistake.file, mistake.path) == ("stacks/Pulumi.local.yaml", "config.isthmus:images.dask")
    assert "example.org/dask:1" in mistake.problem


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (b"#!/home/me/.venv/bin/python\nrun()\n", b"#!/usr/bin/python3\nrun()\n"),
        (b"#!/bin/sh\nrun\n", b"#!/bin/sh\nrun\n"),
    ],
    ids=["Python", "shell"],
)
def test_a_script_starts_with_the_python_of_the_image(tmp_path: Path, script: bytes, expected: bytes) -> None:
    (tmp_path / "script").write_bytes(script)
    _use_image_python(tmp_path / "script")

    assert (tmp_path / "script").read_bytes() == expected
