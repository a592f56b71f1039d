"""The preview that needs nothing: the graphs of a merge and of what it was merged into, compared."""

from pathlib import Path

import pytest

from tests.workflows.conftest import clone, git
from tests.workflows.github_server import archive
from tests.workflows.runner import Job, machine
from tests.workflows.test_steps import names
from tools.github.comment import MARKER, unpacked

pytestmark = pytest.mark.slow


@pytest.fixture
def merge(tmp_path: Path) -> Path:
    """The merge of a pull request that gives a pool of production more workers, as GitHub checks it out."""
    root = clone(tmp_path)
    for other in (path for path in (root / "stacks").glob("Pulumi.*.yaml") if path.name != "Pulumi.production.yaml"):
        other.unlink()  # one stack says as much about the job as three, in a third of the time
    git(root, "commit", "--quiet", "--all", "--message", "production alone")
    site = root / "stacks/production/ecmwf.yaml"
    git(root, "checkout", "--quiet", "-b", "more-workers")
    assert "max: 32" in site.read_text()
    site.write_text(site.read_text().replace("max: 32", "max: 48"))
    git(root, "commit", "--quiet", "--all", "--message", "more workers")
    git(root, "checkout", "--quiet", "main")
    git(root, "merge", "--quiet", "--no-ff", "--no-edit", "more-workers")
    return root


def test_its_artifact_is_the_comment_and_the_number_that_the_other_workflow_takes(merge: Path) -> None:
    ran = Job("preview.yml", "graph", merge, env=machine(), github={"event": {"pull_request": {"number": 7}}}).run()

    assert (ran.failed, ran.done) == ("", names("preview.yml", "graph")), ran.said
    made = {path.name: path.read_bytes() for path in (merge / "comment").iterdir()}
    number, text = unpacked(archive(number=made["number"], comment_md=made["comment.md"]))
    assert made.keys() == {"number", "comment.md"}
    assert number == 7
    assert text.startswith(MARKER)
    assert "production" in text
    assert "ecmwf" in text
    assert ran.summary == text


def test_a_merge_that_cannot_be_recorded_fails_and_says_so(merge: Path) -> None:
    (merge / "stacks/production/ecmwf.yaml").write_text("id: 2\n")
    git(merge, "commit", "--quiet", "--all", "--message", "half a site")

    ran = Job("preview.yml", "graph", merge, env=machine(), github={"event": {"pull_request": {"number": 7}}}).run()

    assert ran.failed == "Compare the graphs"
    assert "Hand the comment over" in ran.done
    assert "stacks/production/ecmwf.yaml" in ran.said["Compare the graphs"] + ran.summary
