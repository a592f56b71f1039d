"""Runs one Pulumi program and ends: a process of its own, started by the language host, in the project's interpreter.

Imports nothing of this repository, since that interpreter need not have it. What it is told comes as JSON on stdin.
"""

import asyncio
import json
import logging
import os
import runpy
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import Settings, configure, run_in_stack
from pulumi.runtime.config import set_all_config

#: How the answer begins to a registration that comes after the engine has ended the update (pulumi: source_eval.go).
SHUT_DOWN = "resource monitor shut down"


def run(job: dict[str, Any]) -> int:
    """The exit status after the program ended and all its resources are registered.

    `job["told"]` if it failed and has told the engine itself what went wrong.
    """
    set_all_config(job["config"], job["secret_keys"])
    configure(Settings(**job["settings"]))
    os.chdir(job["folder"])
    sys.argv = [job["program"], *job["arguments"]]
    if Path(job["program"]).is_file():  # a folder puts itself there
        sys.path.insert(0, str(Path(job["program"]).parent))
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # after a failure it lists every abandoned future
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    # A registration holds a thread until the engine answers: fewer threads than the engine works in parallel would
    # be the limit instead.
    threads = ThreadPoolExecutor(max_workers=4 * max(1, min(job["settings"]["parallel"], 64)))
    loop.set_default_executor(threads)
    try:
        loop.run_until_complete(run_in_stack(lambda: _execute(job["program"])))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return int(job["told"])
    except Exception as error:
        if str(error).startswith(SHUT_DOWN):  # the engine gave up, and has said why
            return int(job["told"])
        pulumi.log.error("Program failed with an unhandled exception:\n" + trace_from(error, job["folder"]))
        return int(job["told"])
    finally:
        threads.shutdown(wait=True)
        loop.close()
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def _execute(program: str) -> None:
    runpy.run_path(program, run_name="__main__")


def trace_from(error: Exception, folder: str) -> str:
    """The traceback from the first frame of the program's own files on, or the whole if there is none."""
    frame = error.__traceback__
    while frame and not frame.tb_frame.f_code.co_filename.startswith(folder):
        frame = frame.tb_next
    return "".join(traceback.format_exception(type(error), error, frame or error.__traceback__))


if __name__ == "__main__":
    sys.exit(run(json.load(sys.stdin)))
