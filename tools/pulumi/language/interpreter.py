"""Which Python runs a program or a policy pack."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def interpreter(options: Mapping[str, Any], root: Path) -> Path:
    """The interpreter of `runtime.options.virtualenv`, relative to the project, if it exists; else our own.

    The official host refuses a virtual environment that does not exist. Here the interpreter that runs the engine has
    everything that the project needs, also for a copy of the project without its environment.
    """
    named = options.get("virtualenv") or (".venv" if options.get("toolchain") == "uv" else "")
    found = root / str(named) / "bin" / "python"
    return found if named and found.exists() else Path(sys.executable)
