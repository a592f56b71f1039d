"""The images for registries and those of the local data centres hold the same, made from the same files."""

import json
import re
import shlex
from pathlib import Path

import pytest

from isthmus.local import recipes
from isthmus.local.images.catalogue import CONFIGURATIONS, requirements
from isthmus.local.images.python import PIP_FLAGS

ROOT = Path(__file__).parents[2]


def instructions(image: str) -> list[tuple[str, str]]:
    """The Dockerfile as (instruction, arguments), all of its stages in order."""
    text = (ROOT / "images" / image / "Dockerfile").read_text().replace("\\\n", " ")
    rows = [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, " ".join(rest.split())) for word, rest in rows]


def arguments(image: str, instruction: str) -> list[str]:
    return [rest for word, rest in instructions(image) if word == instruction]


@pytest.mark.parametrize("image", ["dask", "controller"])
def test_both_install_the_same_locked_file_in_the_same_way(image: str) -> None:
    copied = next(row.split() for row in arguments(image, "COPY") if "requirements" in row)
    install = shlex.split(arguments(image, "RUN")[0].partition(" && ")[0])

    assert ROOT / copied[0] == requirements(image)
    assert install == ["pip", "install", "--no-cache-dir", *PIP_FLAGS, "--requirement", copied[1]]


@pytest.mark.parametrize("image", ["dask", "controller"])
def test_both_have_the_python_that_the_file_was_locked_for(image: str) -> None:
    locked_for = re.search(r"COMPILE := .* --python-version (\S+)", (ROOT / "Makefile").read_text())

    assert locked_for is not None
    assert arguments(image, "ARG") == [f"PYTHON={locked_for[1]}", "DIGEST"]


@pytest.mark.parametrize("image", ["dask", "controller", "tunnel"])
def test_both_run_as_the_same_user_with_the_same_entrypoint_and_environment(image: str) -> None:
    ours = CONFIGURATIONS[image]
    variables = {part for row in arguments(image, "ENV") for part in row.split()}
    # Where the interpreter and our package lie differs between the two; what a container sees of it does not.
    elsewhere = {part for part in variables if part.startswith("PYTHONPATH=")}

    assert arguments(image, "USER") == [ours["User"]]
    assert [json.loads(row) for row in arguments(image, "ENTRYPOINT")] == [
        ours[key] for key in ("Entrypoint",) if key in ours
    ]
    assert variables - elsewhere == {row for row in ours.get("Env", []) if not row.startswith("PATH=")}


@pytest.mark.parametrize("image", ["dask", "controller", "tunnel"])
def test_a_base_is_pinned_by_a_digest_that_must_be_given(image: str) -> None:
    bases = [row.split()[0] for row in arguments(image, "FROM")]

    assert "DIGEST" in arguments(image, "ARG")
    assert [base for base in bases if base != "scratch" and not base.endswith("@${DIGEST}")] == []


def test_both_tunnels_are_built_with_the_same_call_and_the_same_go() -> None:
    (build,) = recipes.TUNNEL.builds
    go_mod = (ROOT / "tunnel" / "go.mod").read_text()
    call = build.command(Path("/"), {})
    call.remove("-v")  # tells progress, changes nothing
    call[call.index("-o") + 1] = "/tunnel"

    assert shlex.split(arguments("tunnel", "RUN")[-1]) == ["CGO_ENABLED=0", *call]
    assert arguments("tunnel", "ARG")[0] == f"GO={re.search(r'^go (.+)$', go_mod, re.MULTILINE)[1]}"  # type: ignore[index]


def test_the_controller_gets_the_package_of_this_checkout() -> None:
    assert "isthmus /opt/isthmus/isthmus" in arguments("controller", "COPY")
    assert "PYTHONPATH=/opt/isthmus" in arguments("controller", "ENV")[0].split()
