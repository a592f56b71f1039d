"""The pictures of the docs: `make pictures` draws them anew, then look at them."""

from collections.abc import Callable
from typing import Final

from isthmus.environment import load
from isthmus.graph.draw import resources, sites
from tests.components.recorded import graph
from tests.docs.commands import CHECKOUT

FOLDER: Final = CHECKOUT / "docs/pictures"


def _page() -> str:
    """What GitHub shows of the folder: the sites of each stack, which it renders itself."""
    parts = ["# Pictures", "", "Drawn from the stack files by `make pictures`; a test holds them fresh.", ""]
    for file in sorted((CHECKOUT / "stacks").glob("Pulumi.*.yaml")):
        stack = file.name.split(".")[1]
        parts += [f"## {stack}", "", "```mermaid", f"{sites.mermaid(load(CHECKOUT, stack))}```", ""]
    parts += ["## What Pulumi is asked for", "", "All of `local`, and its site `ecmwf`:", ""]
    parts += [
        "![Components of the stack local](resources.svg)",
        "",
        "![Resources of one site](resources-of-a-site.svg)",
        "",
    ]
    return "\n".join(parts)


#: File -> what it must hold.
PICTURES: Final[dict[str, Callable[[], str]]] = {
    "README.md": _page,
    "sites.svg": lambda: sites.svg(load(CHECKOUT, "local")),
    "resources.svg": lambda: resources.svg(graph("local")),
    "resources-of-a-site.svg": lambda: resources.svg(graph("local"), "ecmwf"),
}


if __name__ == "__main__":
    for name, drawn in PICTURES.items():
        (FOLDER / name).write_text(drawn())
