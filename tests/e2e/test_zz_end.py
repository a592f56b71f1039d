"""The end of the demo: this module runs last, because after it there is none."""

import pytest

from tests.e2e.conftest import Demo
from tests.e2e.machine import Machine

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_make_down_destroys_the_stack_and_leaves_nothing_on_the_machine(demo: Demo) -> None:
    during = Machine.now(demo.root)
    done = demo.make("down")

    assert done.returncode == 0, done.stdout + done.stderr
    assert during.cgroups > demo.before.cgroups, "nothing ran, so nothing is proven"
    assert Machine.now(demo.root) == demo.before
