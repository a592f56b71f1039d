"""The commands of the guides, typed in the folder of a running demo."""

import shlex
import subprocess

import pytest

from tests.docs.commands import commands
from tests.docs.test_commands import ELSEWHERE
from tests.e2e.conftest import Demo

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

TYPED = [command for command in commands("docs/guides/local-data-centres.md") if command not in ELSEWHERE]


@pytest.mark.parametrize("command", TYPED)
def test_a_command_of_the_guide_works_and_says_something_where_it_should(demo: Demo, command: str) -> None:
    program, *arguments = shlex.split(command)
    done = subprocess.run(
        [f".venv/bin/{program}", *arguments], cwd=demo.root, capture_output=True, text=True, timeout=240
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout or arguments[1] in ("partition", "heal")
