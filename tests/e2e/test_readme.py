"""The lines of Python that README shows a scientist, run in the notebook of the demo."""

import re
from pathlib import Path

import pytest

from demo.notebook import POD
from isthmus import names
from tests.e2e.conftest import CHECKOUT, Demo

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

PROGRAMS = re.findall(r"```python\n(.*?)```", Path(CHECKOUT / "README.md").read_text(), flags=re.DOTALL)


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_lines_of_the_first_page_run_in_the_notebook(demo: Demo, program: str) -> None:
    environment = demo.environment
    namespace = names.namespace(environment.name)
    shown = demo.world.kubectl(environment.scheduler.site, "-n", namespace, "exec", POD, "--", "python3", "-c", program)

    assert "<xarray.DataArray 'air_pressure' (time: 12, latitude: 192, longitude: 320)>" in shown
