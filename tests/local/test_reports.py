"""What a supervisor tells whoever started it."""

import json
import subprocess
import sys

#: Many sites that report at the same time.
PROGRAM = """
from concurrent.futures import ThreadPoolExecutor
from isthmus.local.supervisor import report
with ThreadPoolExecutor(8) as sites:
    list(sites.map(lambda number: report(site=f"s{number}", phase="booted"), range(4000)))
"""


def test_reports_of_several_threads_stay_lines_of_their_own() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60)

    assert sorted(json.loads(line)["site"] for line in done.stdout.splitlines()) == sorted(f"s{n}" for n in range(4000))
