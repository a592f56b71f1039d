"""What is to be done about one DaskCluster or one DaskWorkerGroup. Pure: no I/O, no clock, no chance.

Scale-down concerns one group and nobody else. First go pods that have not started, then workers that never reached the
scheduler, then connected ones, idle before busy, those with the least data first. A connected worker is only retired
here; its pod is deleted when the scheduler has confirmed it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from isthmus.controller.views import Cluster, Group, PodView

#: Ours: a pod that ended sooner than this after its creation is replaced only then, so that a template whose
#: containers end at once costs six pods a minute and worker, not six hundred.
YOUNG_S: Final = 10.0


class Scheduler(Enum):
    """What is known of a group's scheduler."""

    UP = "up"
    DOWN = "down"
    UNKNOWN = "unknown"
    """Nobody can be asked: workers are made, and dial until somebody answers."""


@dataclass(frozen=True)
class Worker:
    """A worker as the scheduler knows it."""

    name: str
    address: str
    """Dask address, such as tcp://[fd12::11]:9000: what a retirement names."""
    tasks: int
    """Running and ready to run."""
    nbytes: int
    """Data that it holds, in memory and on disk."""


@dataclass(frozen=True)
class Retirement:
    """A worker that is to hand over its data and go."""

    pod: PodView
    worker: Worker


@dataclass(frozen=True)
class GroupPlan:
    """Steps that bring one worker group to its replicas."""

    seats: tuple[int | None, ...] = ()
    """One new pod for each; its slot, or None in a group without slots."""
    delete: tuple[PodView, ...] = ()
    retire: tuple[Retirement, ...] = ()
    unmark: tuple[PodView, ...] = ()
    """Marked for retirement, wanted after all."""
    waits_for_scheduler: bool = False
    waits_for_seats: int = 0
    """How many workers have no seat: their slots are held by pods that are still ending, or there are none left."""
    blind: bool = False
    """Connected workers would have to go, and the scheduler does not say which."""
    recheck_s: float | None = None


def live(pods: Sequence[PodView], leaving: Collection[str] = ()) -> list[PodView]:
    """Pods that count: neither finished, nor ending, nor being retired at this moment."""
    return [pod for pod in pods if not pod.finished and not pod.ending and pod.name not in leaving]


def asks_workers(group: Group, pods: Sequence[PodView], leaving: Collection[str]) -> bool:
    """Whether the plan needs to know the scheduler's workers: more must go than have not started."""
    counted = live(pods, leaving)
    surplus = len(counted) - group.replicas
    return surplus > sum(not pod.running for pod in counted)


def asks_health(group: Group, pods: Sequence[PodView], leaving: Collection[str]) -> bool:
    """Whether the plan needs to know that the scheduler is up: finished workers may have lost it."""
    return any(pod.finished for pod in pods) and len(live(pods, leaving)) < group.replicas


def plan_group(
    group: Group,
    pods: Sequence[PodView],
    *,
    taken: Collection[int],
    leaving: Collection[str],
    scheduler: Scheduler,
    workers: Mapping[str, Worker] | None,
    now: float,
) -> GroupPlan:
    """Steps for one group.

    taken: slots of every pod *object* that could share the group's seats, ending and finished ones too.
    leaving: names of pods whose retirement the scheduler is working on.
    workers: pod name -> what the scheduler knows of it; None if it does not say.
    """
    counted = live(pods, leaving)
    surplus = len(counted) - group.replicas
    if surplus > 0:
        return _shrink(pods, counted, surplus, workers, busy=bool(leaving))
    return _grow(group, pods, counted, -surplus, taken, scheduler, now)


def _grow(
    group: Group,
    pods: Sequence[PodView],
    counted: Sequence[PodView],
    missing: int,
    taken: Collection[int],
    scheduler: Scheduler,
    now: float,
) -> GroupPlan:
    unmark = tuple(pod for pod in counted if pod.retiring)
    finished = _finished(pods)
    if missing and finished and scheduler is Scheduler.DOWN:
        # They most likely lost it. New ones would only fail to reach it, and be restarted ever more slowly.
        return GroupPlan(unmark=unmark, waits_for_scheduler=True)
    young = [pod for pod in finished if now - pod.created < YOUNG_S] if missing else []
    wanted = missing - min(missing, len(young))
    seats = _seats(group, wanted, taken)
    return GroupPlan(
        seats=seats,
        delete=tuple(pod for pod in finished if pod not in young),
        unmark=unmark,
        waits_for_seats=wanted - len(seats),
        recheck_s=max(0.0, YOUNG_S - now + min(pod.created for pod in young)) if young else None,
    )


def _shrink(
    pods: Sequence[PodView],
    counted: Sequence[PodView],
    surplus: int,
    workers: Mapping[str, Worker] | None,
    *,
    busy: bool,
) -> GroupPlan:
    def cost(pod: PodView) -> tuple[bool, bool, bool, int, int, str]:
        """Not started, marked before, never connected, idle, least data; the name settles ties."""
        worker = (workers or {}).get(pod.name)
        connected = worker is not None
        tasks, nbytes = (worker.tasks, worker.nbytes) if worker is not None else (0, 0)
        return pod.running, not pod.retiring, connected, tasks, nbytes, pod.name

    ranked = sorted(counted, key=cost)
    victims, kept = ranked[:surplus], ranked[surplus:]
    delete = [*_finished(pods), *(pod for pod in victims if not pod.running)]
    unmark = tuple(pod for pod in kept if pod.retiring)
    started = [pod for pod in victims if pod.running]
    if started and workers is None:
        return GroupPlan(delete=tuple(delete), unmark=unmark, blind=True)
    known = workers or {}
    delete += [pod for pod in started if pod.name not in known]
    retire = tuple(Retirement(pod, known[pod.name]) for pod in started if pod.name in known)
    # One retirement at a time: the next pass decides anew when the scheduler has answered.
    return GroupPlan(delete=tuple(delete), retire=() if busy else retire, unmark=unmark)


def _finished(pods: Sequence[PodView]) -> list[PodView]:
    return [pod for pod in pods if pod.finished and not pod.ending]


def _seats(group: Group, wanted: int, taken: Collection[int]) -> tuple[int | None, ...]:
    """The lowest free slots, as many as wanted and there."""
    if group.slots is None:
        return (None,) * wanted
    return tuple([slot for slot in group.slots.numbers if slot not in taken][:wanted])


@dataclass(frozen=True)
class ClusterPlan:
    """Steps that give one DaskCluster its parts. Objects of a name that somebody else owns are left alone."""

    deployment: bool = False
    service: bool = False
    default_group: bool = False
    hand_down: bool = False
    """The cluster's replicas have changed since the default group was last given them."""
    note: bool = False
    """The default group was made by somebody else and has never been given any: only remember them."""
    adopt: tuple[Group, ...] = ()
    foreign: tuple[str, ...] = ()
    """Kinds of the parts whose name belongs to somebody else."""


def plan_cluster(
    cluster: Cluster,
    *,
    deployment_owner: str | None,
    service_owner: str | None,
    default: Group | None,
    groups: Sequence[Group],
) -> ClusterPlan:
    """Steps for one cluster.

    deployment_owner, service_owner: uid of the controlling owner of the object that has the scheduler's name; empty
    if it has none, None if there is no such object. groups: those that name this cluster.
    """
    found = {"Deployment": deployment_owner, "Service": service_owner}
    if default is not None:
        found["DaskWorkerGroup"] = default.owner or (cluster.uid if default.cluster == cluster.name else "")
    foreign = tuple(sorted(kind for kind, owner in found.items() if owner not in (None, cluster.uid)))
    changed = default is not None and "DaskWorkerGroup" not in foreign and default.handed_down != str(cluster.replicas)
    handed = default is not None and default.handed_down != ""
    return ClusterPlan(
        deployment=deployment_owner is None,
        service=service_owner is None,
        default_group=default is None,
        hand_down=changed and handed,
        note=changed and not handed,
        adopt=tuple(
            group for group in groups if not group.owner and not group.scheduler_address and not group.deleting
        ),
        foreign=foreign,
    )
