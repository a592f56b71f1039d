"""A computation outlives what data centres do: a gateway that dies, a worker that dies, a site that is cut off."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from demo.notebook import POD
from isthmus import names
from isthmus.local.waiting import wait_until
from tests.e2e import long_sum
from tests.e2e.conftest import Demo

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

PROGRAM = (Path(__file__).parent / "long_sum.py").read_text()
CUT_S = 10.0


@contextmanager
def running_sum(demo: Demo) -> Iterator["subprocess.Popen[str]"]:
    """The long sum, once its first tasks are done; ended with the block."""
    environment = demo.environment
    scheduler = f"tcp://{names.scheduler(environment.cluster)}:{names.SCHEDULER_PORT}"
    command, variables = demo.world.command_in(
        environment.scheduler.site,
        ["kubectl", "-n", names.namespace(environment.name), "exec", POD, "--", "python3", "-c", PROGRAM, scheduler],
    )
    with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True) as client:
        try:
            assert client.stdout is not None
            assert client.stdout.readline() == "running\n"
            yield client
        finally:
            client.kill()


def answer(client: "subprocess.Popen[str]") -> int:
    output, _ = client.communicate(timeout=120)
    return int(output)


def pods(demo: Demo, site: str, selector: str) -> dict[str, tuple[str, int]]:
    """Live pods: name -> (uid, restarts of its containers)."""
    text = demo.world.kubectl(
        site, "-n", names.namespace(demo.environment.name), "get", "pods", "-l", selector, "-o", "json"
    )
    return {
        pod["metadata"]["name"]: (
            pod["metadata"]["uid"],
            sum(
                status["restartCount"]
                for key in ("containerStatuses", "initContainerStatuses")
                for status in pod["status"].get(key, ())
            ),
        )
        for pod in json.loads(text)["items"]
        if "deletionTimestamp" not in pod["metadata"] and pod["status"]["phase"] == "Running"
    }


def workers(demo: Demo) -> dict[str, tuple[str, int]]:
    found: dict[str, tuple[str, int]] = {}
    for site in ("ecmwf", "eumetsat"):
        found |= pods(demo, site, f"{names.LABEL_COMPONENT}=worker")
    return found


def delete_pod(demo: Demo, site: str, pod: str) -> None:
    demo.world.kubectl(
        site, "-n", names.namespace(demo.environment.name), "delete", "pod", pod, "--grace-period=0", "--force"
    )


def test_killing_a_gateway_pod_during_a_computation_costs_a_pause_not_the_result(demo: Demo) -> None:
    before = workers(demo)
    with running_sum(demo) as client:
        (gateway,) = pods(demo, "ecmwf", f"{names.LABEL_ROLE}=gateway")
        delete_pod(demo, "ecmwf", gateway)

        assert answer(client) == long_sum.EXPECTED
    assert workers(demo) == before
    assert gateway not in pods(demo, "ecmwf", f"{names.LABEL_ROLE}=gateway")


def test_killing_a_worker_pod_costs_recomputation_not_the_result(demo: Demo) -> None:
    before = workers(demo)
    with running_sum(demo) as client:
        killed = sorted(pods(demo, "eumetsat", f"{names.LABEL_COMPONENT}=worker"))[0]
        delete_pod(demo, "eumetsat", killed)

        assert answer(client) == long_sum.EXPECTED
    assert wait_until(lambda: len(workers(demo)) == len(before), 60.0, every=0.5), "the pool did not heal"
    assert killed not in workers(demo)


def test_cutting_a_site_off_for_ten_seconds_costs_a_pause_not_the_result(demo: Demo) -> None:
    before = workers(demo)
    with running_sum(demo) as client:
        demo.world.partition("eumetsat")
        try:
            time.sleep(CUT_S)  # the outage itself, not a wait for something
        finally:
            demo.world.heal("eumetsat")

        assert answer(client) == long_sum.EXPECTED
    assert workers(demo) == before
