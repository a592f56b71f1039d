"""The pictures of the docs: `python -m tests.docs.pictures` draws them anew, then look at them."""

from demo.picture import svg
from isthmus.environment import load
from tests.docs.commands import CHECKOUT

SITES = CHECKOUT / "docs/pictures/sites.svg"


def sites() -> str:
    """What docs/pictures/sites.svg must hold: the sites of stacks/local."""
    return svg(load(CHECKOUT, "local"))


if __name__ == "__main__":
    SITES.write_text(sites())
