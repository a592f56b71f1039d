"""The job of ci.yml. Its step is `make test`, which runs this test too: here make only says what it would do."""

from pathlib import Path

from tests.workflows.conftest import clone
from tests.workflows.runner import Job, machine
from tests.workflows.test_steps import names


def test_it_makes_what_a_person_makes(tmp_path: Path) -> None:
    root = clone(tmp_path)

    ran = Job("ci.yml", "test", root, env={**machine(), "MAKEFLAGS": "n"}, runner={"os": "Linux"}).run()

    assert (ran.failed, ran.done) == ("", names("ci.yml", "test"))
    said = ran.said["make test"].splitlines()
    assert [line for line in said if line.startswith((".venv/bin/pytest", ".venv/bin/mypy", "cd tunnel"))] == [
        ".venv/bin/mypy",
        "cd tunnel && go vet ./... && go test ./...",
        ".venv/bin/pytest",
    ]
