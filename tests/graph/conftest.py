"""`pytest tests/graph --write-golden` rewrites the golden files; read their diff before you commit it."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-golden", action="store_true", help="rewrite tests/graph/golden, then read the diff")


@pytest.fixture(scope="session")
def write_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--write-golden", default=False))
