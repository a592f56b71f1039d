"""The page about one data centre less: its command, in a copy of this repository's production without it."""

import re
import subprocess
import sys
from pathlib import Path

from tests.docs.clones import cloned
from tests.docs.commands import CHECKOUT

TEXT = (CHECKOUT / "docs/guides/remove-a-data-centre.md").read_text()


def test_its_command_shows_what_is_deleted_what_is_forgotten_and_what_restarts(tmp_path: Path) -> None:
    root = cloned(tmp_path / "isthmus")
    stack = root / "stacks/Pulumi.production.yaml"
    stack.write_text(stack.read_text().replace("[home, ecmwf, eumetsat]", "[home, eumetsat]"))
    (root / "stacks/production/ecmwf.yaml").unlink()

    (command,) = re.findall(r"^ +\$ (.*)$", TEXT, flags=re.MULTILINE)
    program, *arguments = command.split()
    done = subprocess.run(
        [str(Path(sys.executable).parent / program), *arguments], cwd=root, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stdout + done.stderr
    for kind in ("Namespace", "CustomResourceDefinition"):
        assert kind in TEXT
        assert kind in done.stdout
    assert "unprotect" in TEXT
    assert "production-gateway" in done.stdout
