"""Passes over a world whose watch lags: the API answers at once, events come when the test says so."""

from typing import Any

import pytest

from isthmus.controller.apply import Outcome, Unavailable
from isthmus.controller.kinds import CLUSTERS, GROUPS, PODS, Kind, cluster_key, group_key
from isthmus.controller.reconcile import reconcile_cluster
from isthmus.controller.reconcile_group import reconcile_group
from isthmus.controller.retire import Retirements
from isthmus.controller.world import Done, World
from tests.controller.objects import NAMESPACE, Object, cluster, group, seated, stored

NORTH = group_key(NAMESPACE, "demo-north")


class Recording:
    """An API server that keeps what it is given and shows it to nobody."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], Object] = {}
        self.created: list[str] = []
        self.statuses: list[Object] = []
        self.patches: list[Object] = []
        self.lost = False
        """The answers to creations do not arrive."""

    async def get(self, kind: Kind, _: str, name: str) -> Object | None:
        return self.objects.get((kind.plural, name))

    async def create(self, kind: Kind, _: str, body: Object) -> Outcome:
        self.created.append(f"{kind.name} {body['metadata']['name']}")
        self.objects[kind.plural, body["metadata"]["name"]] = {**body, "metadata": {**body["metadata"], "uid": "new"}}
        if self.lost:
            raise Unavailable("POST", 0, "connection lost")
        return Outcome.DONE

    async def patch(self, _: Kind, __: str, ___: str, patch: Object) -> Outcome:
        self.patches.append(patch)
        return Outcome.DONE

    async def write_status(self, _: Kind, __: str, ___: str, status: Object) -> str:
        self.statuses.append(status)
        return f"status-{len(self.statuses)}"


@pytest.fixture
def api() -> Recording:
    return Recording()


@pytest.fixture
def world(api: Recording) -> World:
    server: Any = api
    schedulers: Any = None
    numbers = iter(range(100))
    return World(api=server, schedulers=schedulers, suffix=lambda: f"{next(numbers):010d}")


def show(world: World, api: Recording, kind: Kind, body: Object) -> None:
    """The API server has the object and the watch shows it."""
    api.objects[kind.plural, body["metadata"]["name"]] = body
    world.event(kind, body)


async def group_pass(world: World) -> Done:
    return await reconcile_group(world, Retirements(world), NORTH)


async def test_a_second_pass_waits_until_the_watch_shows_what_the_first_has_made(world: World, api: Recording) -> None:
    show(world, api, GROUPS, stored(seated(replicas=2), uid="g"))

    await group_pass(world)
    waiting = await group_pass(world)

    assert api.created == ["Pod demo-north-worker-0000000000", "Pod demo-north-worker-0000000001"]
    assert waiting.again_s is not None
    for name in ("demo-north-worker-0000000000", "demo-north-worker-0000000001"):
        world.event(PODS, api.objects["pods", name])
    assert (await group_pass(world)).again_s is None
    assert len(api.created) == 2


async def test_a_lost_answer_counts_as_made_until_the_watch_has_had_its_time(world: World, api: Recording) -> None:
    show(world, api, GROUPS, stored(seated(replicas=1), uid="g"))
    api.lost = True

    with pytest.raises(Unavailable):
        await group_pass(world)
    await group_pass(world)

    assert len(api.created) == 1


OWNERS = [
    ("gone", None),
    ("another of the same name", stored(seated(replicas=1), uid="another")),
    ("ending", stored(seated(replicas=1), uid="g", deletionTimestamp="2026-11-24T08:00:00Z")),
]


@pytest.mark.parametrize("owner", [row[1] for row in OWNERS], ids=[row[0] for row in OWNERS])
async def test_no_worker_is_made_for_a_group_that_is_not_there_any_more(
    owner: Object | None, world: World, api: Recording
) -> None:
    """A teardown: the ends of the pods are shown before the end of their group."""
    world.event(GROUPS, stored(seated(replicas=1), uid="g"))
    if owner is not None:
        api.objects["daskworkergroups", "demo-north"] = owner

    await group_pass(world)

    assert api.created == []


async def test_no_part_is_made_for_a_cluster_that_is_not_there_any_more(world: World, api: Recording) -> None:
    world.event(CLUSTERS, stored(cluster(), uid="c"))

    await reconcile_cluster(world, cluster_key(NAMESPACE, "demo"))
    assert api.created == []

    show(world, api, CLUSTERS, stored(cluster(), uid="c"))  # the positive control
    await reconcile_cluster(world, cluster_key(NAMESPACE, "demo"))
    assert api.created == ["Deployment demo-scheduler", "Service demo-scheduler", "DaskWorkerGroup demo-default"]


async def test_a_status_is_not_written_again_while_the_watch_has_not_shown_it(world: World, api: Recording) -> None:
    show(world, api, GROUPS, stored(group(replicas=1), uid="g"))  # its cluster is not there: only a status

    for _ in range(3):
        await group_pass(world)

    assert len(api.statuses) == 1


async def test_a_status_that_somebody_else_has_overwritten_is_written_again(world: World, api: Recording) -> None:
    show(world, api, GROUPS, stored(group(replicas=1), uid="g"))
    await group_pass(world)
    ours = stored({**group(replicas=1), "status": api.statuses[0]}, uid="g", resource_version="status-1")
    show(world, api, GROUPS, ours)
    await group_pass(world)
    assert len(api.statuses) == 1

    show(world, api, GROUPS, stored({**group(replicas=1), "status": {"phase": "Odd"}}, uid="g", resource_version="9"))
    await group_pass(world)

    assert api.statuses[1:] == api.statuses[:1]


async def test_replicas_are_handed_down_only_to_the_group_that_was_looked_at(world: World, api: Recording) -> None:
    """With the version that the decision rests on: a number that a user set meanwhile is a conflict."""
    default = group("demo-default", replicas=1)
    default["metadata"]["annotations"] = {"isthmus.dev/replicas-handed-down": "1"}
    owner = {"uid": "c", "controller": True}
    for body, kind in ((stored(cluster(replicas=2), uid="c"), CLUSTERS), (default, GROUPS)):
        show(
            world,
            api,
            kind,
            body if kind is CLUSTERS else stored(body, uid="d", resource_version="7", ownerReferences=[owner]),
        )

    await reconcile_cluster(world, cluster_key(NAMESPACE, "demo"))

    assert api.patches == [
        {
            "metadata": {"resourceVersion": "7", "annotations": {"isthmus.dev/replicas-handed-down": "2"}},
            "spec": {"worker": {"replicas": 2}},
        }
    ]
