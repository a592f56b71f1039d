"""The program of the last release, out of this repository's own history."""

import io
import subprocess
import tarfile
from pathlib import Path

from tests.engine.checkout import CHECKOUT, PARTS

#: 0.1.0 (changelog.d/0.1.0.md).
COMMIT = "9d355b55841cae4b63067cadc1ac8fb442791801"


def program_of_last_release(folder: Path) -> Path | None:
    """`folder` with its tree, as far as the engine runs it; None where the history is not there (a shallow clone)."""
    archive = subprocess.run(["git", "archive", COMMIT, *PARTS], cwd=CHECKOUT, capture_output=True)
    if archive.returncode:
        return None
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
        tar.extractall(folder, filter="data")
    return folder
