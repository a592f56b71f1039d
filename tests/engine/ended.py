"""A process that is no more."""

import subprocess


def ended_pid() -> int:
    """The process id of a child that has ended: nobody has it, and for a long time nobody will."""
    with subprocess.Popen(["true"]) as child:
        pass
    return child.pid
