"""The commands that README and docs tell a reader to type."""

from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    *(
        str(page.relative_to(CHECKOUT))
        for room in ("docs", "changelog.d")
        for page in sorted((CHECKOUT / room).rglob("*.md"))
    ),
)


def commands(page: str) -> Iterator[str]:
    """Every line of a page that begins with a prompt, without prompt and without its remark."""
    for line in (CHECKOUT / page).read_text().splitlines():
        if line.strip().startswith("$ "):
            yield line.strip().removeprefix("$ ").split(" #")[0].strip()


def typed(page: str) -> Iterator[str]:
    """Every command of a page whole: a line with a prompt and those below it up to the next one, without remarks."""
    command: list[str] = []
    for block in (CHECKOUT / page).read_text().split("```console\n")[1:]:
        for line in [*block.split("```")[0].splitlines(), "$ "]:
            if line.startswith("$ ") and command:
                yield "\n".join(command)
                command = []
            command.append(line.removeprefix("$ ").split("  #")[0].rstrip() if line.startswith("$ ") else line)
        command = []
