"""The shape of a pool in a site's file: its workers, their slots, the data that they see."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

from pydantic import Field

from isthmus.environment.part import FILLED, Broken, Flag, Part, whole
from isthmus.environment.shapes import AbsolutePath, Bytes, Cpu, DataPrefix, Name, ObjectName, at_least

#: Ours: slots of one site. Each is a Secret and an address; Kubernetes bears more, a person's overview does not.
MAX_SLOTS: Final = 4096

#: Of a worker's container the nanny has a tenth; it takes about 80 MB.
WorkerMemory = Annotated[Bytes, at_least("1Gi")]
Most = Annotated[int, whole(1, MAX_SLOTS)]


class Workers(Part):
    """Size of one pool. The stack sets `min` when it makes the group; autoscaler or `kubectl scale` own it then."""

    min: Annotated[int, whole(0)] = Field(0, description="Fewest workers.")
    max: Most = Field(description="Most workers; the pool needs as many slots.")
    threads: Annotated[int, whole(1)] = Field(1, description="Threads of one worker.")
    memory: WorkerMemory = Field(description="Memory of one worker, as request and as limit; at least 1Gi.")
    cpu: Cpu | None = Field(None, description="CPU request of one worker; default: its threads.")

    @classmethod
    def broken(cls, right: Mapping[str, Any]) -> Iterator[Broken]:
        """min is at most max."""
        if right.keys() >= {"min", "max"} and right["min"] > right["max"]:
            yield Broken(f"min {right['min']} is above max {right['max']}; expected min to be at most max")


class Slots(Part):
    """The numbered seats of a pool: addresses, keys and Secrets of its workers. Slot 0 has address ::11 (hex)."""

    first: Annotated[int, whole(0, MAX_SLOTS - 1)] = Field(0, description="Number of the pool's first slot.")
    count: Annotated[int, whole(1, MAX_SLOTS)] = Field(description="How many slots the pool has.")

    @property
    def numbers(self) -> range:
        """The slot numbers, ascending."""
        return range(self.first, self.first + self.count)

    @classmethod
    def broken(cls, right: Mapping[str, Any]) -> Iterator[Broken]:
        """A site has no more than MAX_SLOTS."""
        if right.keys() >= {"first", "count"} and (last := right["first"] + right["count"] - 1) >= MAX_SLOTS:
            yield Broken(f"the last slot would be {last}; a site's last one is {MAX_SLOTS - 1}")


class PersistentVolumeClaim(Part):
    """Kubernetes' own way to name a claim, so that a volume here reads like one in a pod."""

    claimName: ObjectName = Field(description="Name of the claim in the environment's namespace.")  # noqa: N815


class Volume(Part):
    """Data of a site, as its workers see it. Always a claim: Pod Security `restricted` allows no hostPath."""

    name: Name = Field(description="Name of the volume in the worker's pod.")
    persistentVolumeClaim: PersistentVolumeClaim = Field(description="The claim that holds the data.")  # noqa: N815
    mountPath: AbsolutePath = Field(description="Where workers see the data.")  # noqa: N815
    readOnly: Flag = Field(True, description="Whether workers may only read it.")  # noqa: N815


class Pool(Part):
    """The workers that are near a body of data."""

    workers: Workers = Field(description="How many workers, and how big each is.")
    slots: Slots = Field(
        description="May be left out for a single pool of a site.",
        json_schema_extra={FILLED: "first 0, count = workers.max"},
    )
    volumes: tuple[Volume, ...] = Field((), description="The data that its workers mount.")
    catalog: tuple[DataPrefix, ...] = Field(
        (), description="Path or URL prefixes of the data that lies here.", json_schema_extra={"uniqueItems": True}
    )

    @classmethod
    def filled(cls, given: dict[str, Any]) -> dict[str, Any]:
        """With the slots of a single pool."""
        if "slots" in given:
            return given
        workers = given.get("workers")
        most = workers.get("max") if isinstance(workers, dict) else None
        # A wrong `max` is reported where it stands; slots that nobody wrote must not be wrong beside it.
        sensible = isinstance(most, int) and not isinstance(most, bool) and 1 <= most <= MAX_SLOTS
        return {**given, "slots": {"first": 0, "count": most if sensible else 1}}
