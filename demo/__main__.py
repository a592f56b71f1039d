"""`python -m demo up|run|down`, in the project's folder; without a word: up, then run. Linux, as root."""

import argparse
import sys
from pathlib import Path

from demo import run
from demo.report import SHORT, sentence, table
from isthmus.errors import IsthmusError
from isthmus.local import World, machine


def main(arguments: list[str]) -> int:
    """Exit status: 0, or 1 with one message on stderr, also if answers or bytes are not as promised; 130 after ^C."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("what", nargs="?", choices=["up", "run", "down"])
    parser.add_argument("--out", type=Path, default=Path("out"))
    parser.add_argument("--rounds", type=int, default=3, help="how often each question is asked each way")
    parser.add_argument(
        "--ports", choices=["fixed", "auto"], default="fixed", help="on 127.0.0.1: the usual ones, or free"
    )
    given = parser.parse_args(arguments)
    root = Path()
    try:
        machine.check_root()
        if given.what == "down":
            run.down(root)
            run.say(
                f"ended; .isthmus keeps {run.kept(root) / 1e9:.1f} GB for next time: `isthmus local clean` removes it"
            )
            return 0
        if given.what in (None, "up"):
            run.up(root, free_ports=given.ports == "auto")
        if given.what in (None, "run"):
            found = run.run(root, given.out, given.rounds)
            sys.stdout.write(f"{sentence(found)}\n\n{table(found, SHORT)}\n")
            run.say(f"the whole table, figures and reports: {given.out}/")
            run.say(f"dashboard: {run.dashboard(root)}   to end it: make down")
            return 0 if run.promises_kept(found) else 1
    except IsthmusError as error:
        sys.stderr.write(f"demo: {error}\n")
        return 1
    except KeyboardInterrupt:
        still_up = "the data centres are still up: go on with `make demo`, end them with `make down`"
        sys.stderr.write(f"\ndemo: interrupted; {still_up if World(root).up else 'no data centre is up'}.\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
