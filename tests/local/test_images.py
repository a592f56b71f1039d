"""Layers and images as bytes: the same for the same content, and what a container runtime expects."""

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from isthmus.environment import load
from isthmus.errors import ConfigError, IsthmusError
from isthmus.local import cache
from isthmus.local.images import catalogue
from isthmus.local.images.layer import Layer, cached, digest_of, libraries, libraries_layer
from isthmus.local.images.oci import Image, write
from isthmus.local.images.python import _use_image_python, interpreter

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


@pytest.mark.parametrize("base", [str(interpreter()), "/usr/bin/python3"], ids=["of these tests", "of Debian"])
def test_packages_lie_where_the_interpreter_below_a_virtual_environment_looks(base: str, tmp_path: Path) -> None:
    if not Path(base).exists():
        pytest.skip(f"no {base} here")
    subprocess.run([base, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    script = "from isthmus.local.images.python import packages_folder; print(packages_folder())"
    search = {**os.environ, "PYTHONPATH": str(ROOT)}
    asked = subprocess.run(
        [tmp_path / "venv/bin/python", "-c", script], env=search, capture_output=True, text=True, check=True
    )
    there = subprocess.run([base, "-Ic", "import sys; print(*sys.path, sep='\\n')"], capture_output=True, text=True)

    assert asked.stdout.strip() in there.stdout.splitlines()


def test_a_library_that_is_missing_is_named_with_the_file_that_needs_it(tmp_path: Path) -> None:
    program = tmp_path / "python3"
    program.write_bytes(Path(sys.executable).read_bytes().replace(b"libc.so.6", b"lib1.so.6"))
    program.chmod(0o755)

    with pytest.raises(IsthmusError, match=f"{program} needs lib1.so.6"):
        libraries([program])


def test_the_libraries_of_a_program_are_found_and_a_script_has_none(tmp_path: Path) -> None:
    (tmp_path / "script").write_text("#!/bin/sh\n")

    assert "libc.so.6" in {path.name for path in libraries([Path(sys.executable), tmp_path / "script"])}
    assert libraries([tmp_path / "script"]) == set()


def test_a_library_that_was_upgraded_is_another_layer_and_one_that_has_gone_is_named(tmp_path: Path) -> None:
    library = tmp_path / "libz.so.1"
    library.write_bytes(b"1.2")
    before = libraries_layer("test-libraries", [library])
    library.write_bytes(b"1.3")

    assert libraries_layer("test-libraries", [library]) != before
    assert libraries_layer("test-libraries", []) == ()
    library.unlink()
    with pytest.raises(IsthmusError, match=r"libz\.so\.1: no such file"):
        libraries_layer("test-libraries", [library])
