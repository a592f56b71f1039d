"""`python -m tools.build`: every Go program of this repository, into the cache; a second call does nothing."""

import sys

from isthmus.errors import IsthmusError
from isthmus.local import binaries, recipes
from tools.pulumi import binary

#: What `make test` reads .github/workflows with.
ACTIONLINT = binaries.Recipe(
    name="actionlint",
    module=binaries.CHECKOUT / "tools" / "actionlint",
    builds=(binaries.Build(("github.com/rhysd/actionlint/cmd/actionlint",), "actionlint"),),
)
RECIPES = (recipes.NODE, recipes.TUNNEL, recipes.KUBE, binary.CLI, ACTIONLINT)


def main() -> int:
    """Exit status: 0 when all are there, 1 with one message on stderr, 130 after ^C."""
    try:
        for recipe in RECIPES:
            binaries.build(recipe)
    except IsthmusError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted; the next call goes on with what Go has compiled so far.\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
