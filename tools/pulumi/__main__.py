"""`python -m tools.pulumi [--env ENV] ARGS`: the Pulumi CLI on the project in this folder, with all that it needs."""

import sys
from pathlib import Path

from isthmus.errors import IsthmusError
from tools.pulumi.engine import Engine


def main(args: list[str]) -> int:
    """The CLI's exit status."""
    env = "local"
    if args[:1] == ["--env"] and len(args) > 1:
        env, args = args[1], args[2:]
    elif args[:1] and args[0].startswith("--env="):
        env, args = args[0].partition("=")[2], args[1:]
    try:
        return Engine(Path(), env).run(*args)
    except IsthmusError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
