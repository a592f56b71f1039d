"""Small projects to record: the local stack's files, and any program."""

import shutil
import textwrap
from pathlib import Path

from isthmus.graph import Graph, record

ROOT = Path(__file__).parent.parent.parent


def project(folder: Path, program: str, *, config: str = "") -> Path:
    """A project with the stack files of `local` and this program; config: lines for the stack's configuration."""
    (folder / "stacks").mkdir(parents=True)
    shutil.copytree(ROOT / "stacks" / "local", folder / "stacks" / "local")
    stack = (ROOT / "stacks" / "Pulumi.local.yaml").read_text()
    (folder / "stacks" / "Pulumi.local.yaml").write_text(stack + textwrap.indent(textwrap.dedent(config), "  "))
    shutil.copy(ROOT / "Pulumi.yaml", folder)
    (folder / "__main__.py").write_text("import pulumi\n" + textwrap.dedent(program))
    return folder


def recorded(folder: Path, program: str, *, config: str = "", preview: bool = False, **secrets: str) -> Graph:
    """What a program registers as the stack `local`."""
    return record(project(folder, program, config=config), "local", preview=preview, secrets=secrets)
