"""Every step of every workflow, and which test runs it: a step that nobody runs has no place here."""

from tests.workflows.files import workflows
from tests.workflows.runner import ACTIONS

#: (workflow, job) -> the test that runs all of the job's shell steps, in the runner of runner.py.
JOBS = {
    ("ci.yml", "test"): "test_ci.py",
    ("comment.yml", "comment"): "test_comment.py",
    ("deploy.yml", "staging"): "test_stack_jobs.py",
    ("deploy.yml", "production"): "test_stack_jobs.py: the same steps as staging",
    ("drift.yml", "drift"): "test_stack_jobs.py and test_drift.py",
    ("preview.yml", "graph"): "test_graph_job.py",
    ("preview.yml", "stack"): "test_stack_jobs.py",
}
#: Job -> its steps, those of others (`uses:`) in brackets: runner.py says what stands for them.
STEPS = {
    ("ci.yml", "test"): ["[Check out]", "[Python]", "[Go]", "[Programs built from Go modules]", "make test"],
    ("comment.yml", "comment"): ["[Check out the default branch]", "Post"],
    ("deploy.yml", "staging"): [
        *("[Check out]", "Credentials", "[Python]", "Install", "[Pulumi]"),
        *("Reach every API server", "Up", "Nothing is left to do"),
    ],
    ("drift.yml", "drift"): [
        *("[Check out]", "Credentials", "[Python]", "Install", "[Pulumi]"),
        *("Reach every API server", "Compare", "Tell"),
    ],
    ("preview.yml", "graph"): [
        *("[Check out the merge with its two parents]", "[Python]", "Install"),
        *("Compare the graphs", "[Hand the comment over]"),
    ],
    ("preview.yml", "stack"): [
        *("[Check out]", "Credentials", "[Python]", "Install", "[Pulumi]", "Reach every API server", "Preview"),
    ],
}
STEPS["deploy.yml", "production"] = STEPS["deploy.yml", "staging"]


def names(file: str, job: str) -> list[str]:
    """The names of a job's steps, as Ran.done has them."""
    return [step.strip("[]") for step in STEPS[file, job]]


def test_the_table_is_the_steps_of_the_workflows() -> None:
    found = {
        (one.file, job): [f"[{step['name']}]" if "uses" in step else step["name"] for step in described["steps"]]
        for one in workflows()
        for job, described in one.jobs.items()
    }

    assert found == STEPS


def test_every_job_has_its_test() -> None:
    assert JOBS.keys() == STEPS.keys()


def test_every_action_is_one_that_the_runner_knows_and_no_other() -> None:
    used = {step["uses"].partition("@")[0] for one in workflows() for _, step in one.steps() if "uses" in step}

    assert used == ACTIONS.keys()
