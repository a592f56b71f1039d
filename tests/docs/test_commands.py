"""No page tells a reader to type what no test has typed."""

import json
import re

import pytest

from benchmarks.demo import with_figures
from tests.docs.commands import CHECKOUT, PAGES, commands

#: Commands that other tests run, and where; the rest of the guides' commands runs in tests/e2e/test_guides.py.
ELSEWHERE = {
    "make setup": "every target needs it",
    "make binaries": "a part of `make test`",
    "make unit": "a part of `make test`",
    "make test": "CI",
    "make demo": "tests/e2e/conftest.py",
    "make down": "tests/e2e/test_end.py",
    "source .venv/bin/activate": "the shell of a reader; tests have its programs on their PATH",
    "isthmus config check all": "tests/config/test_commands.py",
    "isthmus config show production": "tests/docs/test_add_a_data_centre.py",
    "isthmus graph diff HEAD . --stack production": "tests/docs/test_add_a_data_centre.py",
    "isthmus local up": "tests/local/test_endings.py",
    "isthmus local down": "tests/local/test_endings.py",
    "isthmus local clean": "tests/local/test_endings.py",
}


#: Pages that a test types from the first line to the last, and where.
FOLLOWED = {
    "docs/guides/from-another-language.md": "tests/package/test_programs.py",
    "docs/guides/first-three-data-centres.md": "tests/e2e/test_tutorial.py",
    "docs/guides/add-a-data-centre.md": "tests/docs/test_add_a_data_centre.py",
    "docs/guides/preview-in-ci.md": "tests/workflows/test_stack_jobs.py",
}


@pytest.mark.parametrize("page", [page for page in PAGES if page not in FOLLOWED])
def test_every_command_of_a_page_is_run_by_a_test(page: str) -> None:
    on_a_running_world = set(commands("docs/guides/local-data-centres.md"))

    assert set(commands(page)) <= ELSEWHERE.keys() | on_a_running_world


def test_every_target_of_make_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(), flags=re.MULTILINE))
    named = {word for page in PAGES for word in re.findall(r"`make ([a-z-]+)", (CHECKOUT / page).read_text())}

    assert named <= targets


def test_every_link_between_pages_leads_somewhere() -> None:
    dead = [
        f"{page}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\(([^)#:]+)", (CHECKOUT / page).read_text())
        if not (CHECKOUT / page).parent.joinpath(target).exists()
    ]

    assert dead == []


def test_the_figures_of_the_first_page_are_those_that_were_measured() -> None:
    facts = json.loads((CHECKOUT / "benchmarks/results/demo.json").read_text())
    readme = (CHECKOUT / "README.md").read_text()

    assert readme == with_figures(readme, facts)
