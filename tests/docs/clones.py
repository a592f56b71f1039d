"""A clone as a reader of the docs has it."""

import subprocess
from pathlib import Path

from benchmarks.demo import copied


def cloned(root: Path) -> Path:
    """The tracked files as they are now, in a repository of their own with one commit, and the checkout's Python."""
    copied(root)
    subprocess.run(["git", "init", "--quiet"], cwd=root, check=True)
    (root / ".git" / "info" / "exclude").write_text(".venv\n")  # a link here, a folder in a reader's clone
    for command in ("add --all", "-c user.name=a -c user.email=a@b.example commit --quiet -m all"):
        subprocess.run(["git", *command.split()], cwd=root, check=True)
    return root
