"""What every stack declares, as files that change in the commit that changes it."""

from pathlib import Path

import pytest

from tests.components.recorded import STACKS, environment, graph
from tests.graph import outline

GOLDEN = Path(__file__).parent / "golden"
SITES = [(stack, site) for stack in STACKS for site in ("home", "ecmwf", "eumetsat")]


def same(file: Path, text: str, *, write: bool) -> None:
    """Compares with the golden file, or becomes it."""
    if write:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    assert text == file.read_text(), f"{file.name} differs; if that is meant: pytest tests/graph --write-golden"


@pytest.mark.parametrize("stack", STACKS)
def test_the_resources_of_a_stack_are_those_of_its_golden_file(stack: str, write_golden: bool) -> None:
    same(GOLDEN / stack / "resources.txt", outline.tree(graph(stack)), write=write_golden)


@pytest.mark.parametrize(("stack", "site"), SITES, ids=["-".join(row) for row in SITES])
def test_the_manifests_of_a_site_are_those_of_its_golden_file(stack: str, site: str, write_golden: bool) -> None:
    same(GOLDEN / stack / f"{site}.yaml", outline.manifests(graph(stack), site), write=write_golden)


@pytest.mark.parametrize("stack", STACKS)
def test_every_site_of_a_stack_has_a_golden_file(stack: str) -> None:
    assert sorted(file.stem for file in (GOLDEN / stack).glob("*.yaml")) == sorted(
        site.name for site in environment(stack).sites
    )
