"""docs/reference/preview.md says every word that the comment uses."""

import re
from pathlib import Path

from isthmus.graph.diff.comment import LARGEST
from isthmus.graph.diff.comparison import KINDS
from isthmus.graph.diff.model import Operation

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "preview.md").read_text()


def first_column(heading: str) -> list[str]:
    """The words of a section's table."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return [word for row in re.findall(r"^\| (.*?) \|", section, re.MULTILINE)[2:] for word in row.split(", ")]


def test_the_page_names_every_kind_of_danger_in_the_order_of_the_comment() -> None:
    assert first_column("What is told first") == list(KINDS)


def test_the_page_names_everything_that_can_happen_to_a_resource() -> None:
    assert sorted(first_column("What happens to a resource")) == sorted(operation.value for operation in Operation)


def test_the_page_knows_the_size_of_a_comment() -> None:
    assert f"{LARGEST:,} bytes" in PAGE
