"""Clusters and groups from their making to their end, on a real API server with a fake kubelet."""

import pytest

from tests.controller.admin import condition, phase
from tests.controller.kubelet import Kubelet
from tests.controller.objects import cluster, group, pod_spec, seated
from tests.controller.running import Controller, Recorder
from tests.controller.site import Site, of
from tests.local_api import ApiServer
from tests.waiting import eventually

pytestmark = pytest.mark.cluster

DEFAULT, NORTH = of("demo-default"), of("demo-north")


def test_a_cluster_becomes_scheduler_service_and_workers(site: Site, kubelet: Kubelet, controller: Controller) -> None:
    site.make("daskclusters", cluster(replicas=2))

    eventually(lambda: len(site.live(DEFAULT)), 2)
    seen = eventually(
        lambda: site.get("daskclusters", "demo"),
        lambda body: condition(body, "SchedulerReady")[0] == condition(body, "WorkersReady")[0] == "True",
    )
    assert seen is not None
    status = seen["status"]
    assert (status["phase"], status["replicas"], status["observedGeneration"]) == ("Running", 2, 1)
    deployment = site.get("deployments", "demo-scheduler")
    assert deployment is not None
    assert deployment["spec"]["strategy"] == {"type": "Recreate"}
    assert site.get("services", "demo-scheduler") is not None


def test_the_cluster_is_running_before_anything_is_ready(site: Site, controller: Controller) -> None:
    """Clients of the Dask operator give up when this word does not come; nobody starts a pod here."""
    site.make("daskclusters", cluster(replicas=1))

    eventually(lambda: phase(site.get("daskclusters", "demo")), "Running")
    assert condition(site.get("daskclusters", "demo"), "SchedulerReady") == ("False", "NotReady")


def test_kubectl_scale_on_the_cluster_reaches_the_default_group(
    site: Site, server: ApiServer, kubelet: Kubelet, controller: Controller
) -> None:
    site.make("daskclusters", cluster(replicas=1))
    eventually(lambda: len(site.live(DEFAULT)), 1)

    server.kubectl("scale", "daskcluster", "demo", "--replicas=3", "-n", site.namespace)

    eventually(lambda: len(site.live(DEFAULT)), 3)
    scale = site.admin.call("GET", f"/apis/kubernetes.dask.org/v1/namespaces/{site.namespace}/daskclusters/demo/scale")
    eventually(lambda: (site.get("daskclusters", "demo") or {})["status"]["replicas"], 3)
    assert scale["status"]["selector"] == "dask.org/workergroup-name=demo-default"


def test_a_scaled_group_is_not_set_back_to_the_clusters_number(
    site: Site, server: ApiServer, kubelet: Kubelet, controller: Controller
) -> None:
    site.make("daskclusters", cluster(replicas=1))
    eventually(lambda: len(site.live(DEFAULT)), 1)

    server.kubectl("scale", "daskworkergroup", "demo-default", "--replicas=3", "-n", site.namespace)
    eventually(lambda: len(site.live(DEFAULT)), 3)
    # A change of the cluster that is none of its number: a pass over the cluster is certain to have happened.
    site.admin.patch("daskclusters", site.namespace, "demo", {"spec": {"idleTimeout": 7}})
    eventually(lambda: (site.get("daskclusters", "demo") or {})["status"]["observedGeneration"], 2)

    assert len(site.live(DEFAULT)) == 3
    site.scale("daskclusters", "demo", 2)  # the positive control: a changed number is handed down
    eventually(lambda: (site.get("daskworkergroups", "demo-default") or {})["spec"]["worker"]["replicas"], 2)


def test_a_group_that_the_client_adds_is_adopted(site: Site, kubelet: Kubelet, controller: Controller) -> None:
    made = site.make("daskclusters", cluster())
    site.make("daskworkergroups", group(replicas=2))

    eventually(lambda: len(site.live(NORTH)), 2)
    adopted = eventually(
        lambda: site.get("daskworkergroups", "demo-north"),
        lambda body: bool((body or {})["metadata"].get("ownerReferences")),
    )
    assert adopted is not None
    assert [owner["uid"] for owner in adopted["metadata"]["ownerReferences"]] == [made["metadata"]["uid"]]
    assert "labels" not in adopted["metadata"]


def test_a_group_without_its_cluster_says_so_and_starts_when_it_comes(
    site: Site, kubelet: Kubelet, controller: Controller
) -> None:
    site.make("daskworkergroups", group(replicas=1))
    eventually(lambda: site.workers("demo-north"), ("False", "ClusterNotFound"))

    site.make("daskclusters", cluster())

    eventually(lambda: len(site.live(NORTH)), 1)


def test_seats_are_given_from_the_lowest_and_only_while_there_are_some(
    site: Site, kubelet: Kubelet, controller: Controller
) -> None:
    site.make("daskworkergroups", seated(replicas=2, first=4, count=3))
    eventually(lambda: len(site.live(NORTH)), 2)
    assert site.slots(NORTH) == ["4", "5"]

    site.scale("daskworkergroups", "demo-north", 5)

    eventually(lambda: site.slots(NORTH), ["4", "5", "6"])
    eventually(lambda: site.scaling("demo-north"), ("True", "SlotsExhausted"))
    assert (site.get("daskworkergroups", "demo-north") or {})["spec"]["worker"]["replicas"] == 5

    site.scale("daskworkergroups", "demo-north", 3)
    eventually(lambda: site.scaling("demo-north"), ("False", "AsAsked"))


def test_a_slot_is_free_only_when_its_pod_is_gone(site: Site, kubelet: Kubelet, controller: Controller) -> None:
    site.make("daskworkergroups", seated(replicas=2, count=2))
    first, _ = eventually(lambda: site.live(NORTH), lambda names: len(names) == 2)
    kubelet.ends = False
    slot = (site.get("pods", first) or {})["metadata"]["labels"]["isthmus.dev/slot"]

    site.admin.delete("pods", site.namespace, first)

    eventually(lambda: site.workers("demo-north"), ("False", "SlotsEnding"))
    assert sorted(site.slots(NORTH)) == ["0", "1"], "the ending pod still holds its slot and nobody shares it"

    kubelet.ends = True
    second = eventually(lambda: site.live(NORTH), lambda names: len(names) == 2 and first not in names)
    assert sorted((site.get("pods", name) or {})["metadata"]["labels"]["isthmus.dev/slot"] for name in second) == [
        "0",
        "1",
    ]
    assert slot in site.slots(NORTH)


def test_a_deleted_worker_is_replaced(site: Site, kubelet: Kubelet, controller: Controller) -> None:
    site.make("daskworkergroups", seated(replicas=2))
    first, other = eventually(lambda: site.live(NORTH), lambda names: len(names) == 2)

    site.admin.delete("pods", site.namespace, first)

    names = eventually(lambda: site.live(NORTH), lambda names: len(names) == 2 and first not in names)
    assert other in names


@pytest.mark.parametrize("ended", ["Succeeded", "Failed"])
def test_a_worker_that_ended_by_itself_is_replaced_and_its_object_removed(
    ended: str, site: Site, kubelet: Kubelet, controller: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("isthmus.controller.plan.YOUNG_S", 0.0)
    site.make("daskclusters", cluster(replicas=1))
    (first,) = eventually(lambda: site.live(DEFAULT), lambda names: len(names) == 1)
    eventually(lambda: condition(site.get("daskclusters", "demo"), "SchedulerReady")[0], "True")

    kubelet.finish(first, ended)

    eventually(lambda: site.live(DEFAULT), lambda names: len(names) == 1 and first not in names)
    eventually(lambda: site.get("pods", first), None)


def test_finished_workers_wait_for_their_scheduler(
    site: Site, kubelet: Kubelet, controller: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("isthmus.controller.plan.YOUNG_S", 0.0)
    site.make("daskclusters", cluster(replicas=1))
    (first,) = eventually(lambda: site.live(DEFAULT), lambda names: len(names) == 1)
    eventually(lambda: condition(site.get("daskclusters", "demo"), "SchedulerReady")[0], "True")
    kubelet.starts = False
    (scheduler,) = site.live("dask.org/component=scheduler")
    site.admin.delete("pods", site.namespace, scheduler)
    eventually(lambda: condition(site.get("daskclusters", "demo"), "SchedulerReady")[0], "False")

    kubelet.finish(first)
    eventually(lambda: site.workers("demo-default"), ("False", "SchedulerDown"))
    assert [pod["metadata"]["name"] for pod in site.admin.list("pods", site.namespace, DEFAULT)] == [first]

    kubelet.starts = True
    eventually(lambda: site.live(DEFAULT), lambda names: len(names) == 1 and first not in names)


def test_pending_workers_go_first_and_nobody_is_asked(site: Site, kubelet: Kubelet, controller: Controller) -> None:
    site.make("daskworkergroups", seated(replicas=1))
    (first,) = eventually(lambda: site.live(NORTH), lambda names: len(names) == 1)
    kubelet.starts = False
    site.scale("daskworkergroups", "demo-north", 3)
    eventually(lambda: len(site.slots(NORTH)), 3)

    site.scale("daskworkergroups", "demo-north", 1)

    eventually(lambda: len(site.slots(NORTH)), 1)
    assert site.live(NORTH) == [first]


def test_running_workers_stay_when_the_scheduler_cannot_be_asked(
    site: Site, kubelet: Kubelet, controller: Controller
) -> None:
    site.make("daskworkergroups", seated(replicas=2, schedulerHttpAddress="http://127.0.0.1:9"))
    eventually(lambda: len(site.live(NORTH)), 2)

    site.scale("daskworkergroups", "demo-north", 0)

    eventually(
        lambda: site.scaling("demo-north"),
        ("True", "SchedulerUnreachable"),
    )
    assert len(site.live(NORTH)) == 2


def test_nothing_is_written_in_a_quiet_minute(
    site: Site, kubelet: Kubelet, controller: Controller, recorder: Recorder
) -> None:
    site.make("daskclusters", cluster(replicas=2))
    eventually(lambda: condition(site.get("daskclusters", "demo"), "WorkersReady")[0], "True")
    written = len(recorder.writes)

    # A foreign label on each object: passes over all of them are certain to happen, and change nothing.
    site.admin.patch("daskclusters", site.namespace, "demo", {"metadata": {"annotations": {"example.org/x": "1"}}})
    site.admin.patch("daskworkergroups", site.namespace, "demo-default", {"spec": {"worker": {"replicas": 3}}})
    eventually(lambda: len(site.live(DEFAULT)), 3)  # the positive control
    eventually(lambda: (site.get("daskworkergroups", "demo-default") or {})["status"]["readyReplicas"], 3)

    made = [call for call in recorder.writes[written:] if not call.path.endswith("/status")]
    assert [(call.method, call.path.rsplit("/", 1)[-1]) for call in made] == [("POST", "pods")]


def test_a_cluster_with_an_impossible_name_is_one_error_and_nothing_else(
    site: Site, kubelet: Kubelet, controller: Controller
) -> None:
    site.make("daskclusters", cluster("not.possible", replicas=3))
    site.make("daskclusters", cluster("demo", replicas=1))

    eventually(lambda: phase(site.get("daskclusters", "not.possible")), "Error")
    assert condition(site.get("daskclusters", "not.possible"), "Accepted") == ("False", "InvalidName")
    eventually(lambda: len(site.live(DEFAULT)), 1)
    assert [body["metadata"]["name"] for body in site.admin.list("deployments", site.namespace)] == ["demo-scheduler"]


def test_a_template_that_the_api_server_refuses_is_an_error_with_its_words(
    site: Site, kubelet: Kubelet, controller: Controller
) -> None:
    bad = seated("demo-south", replicas=1, first=10)
    bad["spec"]["worker"]["spec"]["containers"][0]["resources"] = {"limits": {"cpu": "-1"}}
    site.make("daskworkergroups", bad)
    site.make("daskworkergroups", seated(replicas=1))

    failed = eventually(lambda: site.get("daskworkergroups", "demo-south"), lambda body: phase(body) == "Error")
    assert condition(failed, "WorkersReady") == ("False", "Invalid")
    assert "must be greater than or equal to 0" in repr(failed)
    eventually(lambda: len(site.live(NORTH)), 1)


def applied(site: Site, plural: str, name: str) -> str:
    """Reason and message of SpecApplied."""
    conditions = ((site.get(plural, name) or {}).get("status") or {}).get("conditions") or []
    return next((f"{each['reason']}: {each['message']}" for each in conditions if each["type"] == "SpecApplied"), "")


def test_a_changed_template_says_which_pods_it_has_not_reached_and_deleting_them_is_the_way(
    site: Site, kubelet: Kubelet, controller: Controller
) -> None:
    site.make("daskworkergroups", seated(replicas=2))
    eventually(lambda: site.workers("demo-north"), ("True", "Ready"))
    assert applied(site, "daskworkergroups", "demo-north") == "Applied: "
    first, second = site.live(NORTH)

    newer = {
        "spec": {
            "worker": {
                "spec": {
                    **seated(replicas=2)["spec"]["worker"]["spec"],
                    **pod_spec("dask", "worker", "--nthreads", "2"),
                }
            }
        }
    }
    site.admin.patch("daskworkergroups", site.namespace, "demo-north", newer)

    way_out = "pods run an older template; delete them to have them made anew"
    eventually(lambda: applied(site, "daskworkergroups", "demo-north"), f"OlderPods: 2 of 2 {way_out}")
    site.admin.delete("pods", site.namespace, first)
    eventually(lambda: applied(site, "daskworkergroups", "demo-north"), f"OlderPods: 1 of 2 {way_out}")
    silent = {"metadata": {"annotations": {"isthmus.dev/template": None}}}  # as a pod that another release made
    site.admin.patch("pods", site.namespace, second, silent)
    eventually(
        lambda: applied(site, "daskworkergroups", "demo-north"),
        "Applied: 1 of 2 pods do not say which template they were made from",
    )
    site.admin.delete("pods", site.namespace, second)
    eventually(lambda: applied(site, "daskworkergroups", "demo-north"), "Applied: ")


def test_a_changed_scheduler_says_that_its_deployment_is_older_until_it_is_deleted(
    site: Site, kubelet: Kubelet, controller: Controller
) -> None:
    site.make("daskclusters", cluster())
    eventually(lambda: applied(site, "daskclusters", "demo"), "Applied: ")

    newer = {"spec": {"scheduler": {"spec": pod_spec("dask", "scheduler", "--no-show")}}}
    site.admin.patch("daskclusters", site.namespace, "demo", newer)

    eventually(
        lambda: applied(site, "daskclusters", "demo"),
        "OlderParts: of an older spec: Deployment demo-scheduler; delete what is named to have it made anew, which "
        "ends what it runs",
    )
    site.admin.delete("deployments", site.namespace, "demo-scheduler")
    eventually(lambda: applied(site, "daskclusters", "demo"), "Applied: ")


def test_groups_that_share_slots_do_not_share_workers(site: Site, kubelet: Kubelet, controller: Controller) -> None:
    site.make("daskworkergroups", seated("demo-north", replicas=2, first=0, count=4))
    eventually(lambda: len(site.live(NORTH)), 2)

    site.make("daskworkergroups", seated("demo-south", replicas=2, first=3, count=4))

    eventually(lambda: condition(site.get("daskworkergroups", "demo-south"), "Accepted"), ("False", "SlotsOverlap"))
    assert site.live(of("demo-south")) == []


def test_an_object_of_somebody_else_is_left_alone(site: Site, kubelet: Kubelet, controller: Controller) -> None:
    """Without our labels: no watch of the controller shows it."""
    foreign = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "demo-scheduler"},
        "spec": {"ports": [{"port": 80}]},
    }
    before = site.make("services", foreign)

    site.make("daskclusters", cluster())

    eventually(lambda: condition(site.get("daskclusters", "demo"), "SchedulerReady"), ("False", "NameTaken"))
    assert phase(site.get("daskclusters", "demo")) == "Error"
    assert site.get("services", "demo-scheduler") == before


def test_a_quota_is_a_condition_and_ends_with_the_quota(site: Site, kubelet: Kubelet, controller: Controller) -> None:
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": {"hard": {"pods": "1"}}}
    site.make("resourcequotas", quota)
    eventually(lambda: "hard" in ((site.get("resourcequotas", "q") or {}).get("status") or {}), True)

    site.make("daskworkergroups", seated(replicas=2))
    eventually(lambda: site.workers("demo-north"), ("False", "Refused"))
    eventually(lambda: len(site.live(NORTH)), 1)

    site.admin.delete("resourcequotas", site.namespace, "q")
    eventually(lambda: len(site.live(NORTH)), 2)


def test_deletion_needs_no_controller(site: Site, server: ApiServer, kubelet: Kubelet) -> None:
    with Controller(server.kubeconfig, site.namespace):
        site.make("daskclusters", cluster(replicas=2))
        site.make("daskworkergroups", group(replicas=1))
        eventually(lambda: len(site.live("dask.org/component=worker")), 3)
        eventually(
            lambda: bool((site.get("daskworkergroups", "demo-north") or {})["metadata"].get("ownerReferences")), True
        )
    for plural in ("daskclusters", "daskworkergroups", "pods", "deployments", "services"):
        for body in site.admin.list(plural, site.namespace):
            assert "finalizers" not in body["metadata"], f"{plural} {body['metadata']['name']}"

    site.admin.delete("daskclusters", site.namespace, "demo")

    kinds = ("daskclusters", "daskworkergroups", "pods", "deployments", "services")
    # The garbage collector learns of new kinds every 30 s.
    eventually(lambda: [site.admin.list(kind, site.namespace) for kind in kinds], [[]] * 5, within_s=60)


def test_nothing_comes_back_while_a_cluster_is_torn_down(
    site: Site, kubelet: Kubelet, controller: Controller, recorder: Recorder
) -> None:
    site.make("daskclusters", cluster(replicas=2))
    eventually(lambda: condition(site.get("daskclusters", "demo"), "WorkersReady")[0], "True")
    made = len([call for call in recorder.writes if call.method == "POST"])

    site.admin.delete("daskclusters", site.namespace, "demo")

    kinds = ("daskworkergroups", "pods", "deployments", "services")
    eventually(lambda: [site.admin.list(kind, site.namespace) for kind in kinds], [[]] * 4, within_s=60)
    assert len([call for call in recorder.writes if call.method == "POST"]) == made
