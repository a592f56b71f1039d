"""Git repositories with a small project, one commit per version."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.graph.programs import ROOT, project

#: No person's settings, and a name that git needs for a commit.
GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_{what}": "tests" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}
#: A program that needs no provider's SDK, so that it is recorded in half a second.
PROGRAM = """
import os, sys, time
from pathlib import Path
from pulumi import CustomResource, ProviderResource, ResourceOptions

provider = ProviderResource("test", "here", {})
def thing(name, **properties):
    return CustomResource("test:index:Thing", name, properties, ResourceOptions(provider=provider))
"""


class Repository:
    """A project folder under git."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        project(folder, PROGRAM)
        self.git("init", "--quiet", "--initial-branch", "main")

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, env=os.environ | GIT, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def program(self, text: str) -> None:
        """What the working tree declares."""
        (self.folder / "__main__.py").write_text(f"import pulumi\n{PROGRAM}\n{text}\n")

    def stack(self, name: str) -> None:
        """One more stack, with the sites of `local`."""
        stacks = self.folder / "stacks"
        shutil.copy(stacks / "Pulumi.local.yaml", stacks / f"Pulumi.{name}.yaml")
        shutil.copytree(stacks / "local", stacks / name)

    def package(self) -> Path:
        """Its own isthmus, as this repository has it."""
        own = self.folder / "isthmus"
        shutil.copytree(ROOT / "isthmus", own, ignore=shutil.ignore_patterns("__pycache__"))
        return own

    def without_recorder(self) -> None:
        """An isthmus of its own, of the time before versions could be compared."""
        (self.folder / "isthmus").mkdir()
        (self.folder / "isthmus" / "__init__.py").touch()

    def commit(self) -> str:
        """The commit of the working tree."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "version")
        return self.git("rev-parse", "--short", "HEAD")
