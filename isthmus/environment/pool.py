"""The shape of a pool in a site's file: its workers, their slots, the data that they see."""

from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from isthmus.environment.shapes import AbsolutePath, Bytes, Cpu, DataPrefix, Name, ObjectName, at_least

#: Ours: slots of one site. Each is a Secret and an address; Kubernetes bears more, a person's overview does not.
MAX_SLOTS: Final = 4096

#: Of a worker's container the nanny has a tenth; it takes about 80 MB.
WorkerMemory = Annotated[Bytes, at_least("1Gi")]
Flag = Annotated[bool, Field(strict=True)]


def whole(low: int, high: int | None = None) -> Any:
    """A field of whole numbers from `low` to `high`; neither 1.0 nor "1" nor true is one."""
    return Field(strict=True, ge=low, le=high)


Most = Annotated[int, whole(1, MAX_SLOTS)]


class Part(BaseModel):
    """One mapping of a stack file: it does not change, and a key that it does not know is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Workers(Part):
    """Size of one pool. The stack sets `min` when it makes the group; autoscaler or `kubectl scale` own it then."""

    min: Annotated[int, whole(0)] = Field(0, description="Fewest workers.")
    max: Most = Field(description="Most workers; the pool needs as many slots.")
    threads: Annotated[int, whole(1)] = Field(1, description="Threads of one worker.")
    memory: WorkerMemory = Field(description="Memory of one worker, as request and as limit; at least 1Gi.")
    cpu: Cpu | None = Field(None, description="CPU request of one worker; default: its threads.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min > self.max:
            raise PydanticCustomError(
                "rule",
                "min {min} is above max {max}; expected min to be at most max",
                {"min": self.min, "max": self.max},
            )
        return self


class Slots(Part):
    """The numbered seats of a pool: addresses, keys and Secrets of its workers. Slot 0 has address ::11 (hex)."""

    first: Annotated[int, whole(0, MAX_SLOTS - 1)] = Field(0, description="Number of the pool's first slot.")
    count: Annotated[int, whole(1, MAX_SLOTS)] = Field(description="How many slots the pool has.")

    @property
    def numbers(self) -> range:
        """The slot numbers, ascending."""
        return range(self.first, self.first + self.count)

    @model_validator(mode="after")
    def _within_the_site(self) -> Self:
        if self.numbers.stop > MAX_SLOTS:
            raise PydanticCustomError(
                "rule", "the last slot would be {last}; a site's last one is {limit}",
                {"last": self.numbers[-1], "limit": MAX_SLOTS - 1},
            )  # fmt: skip
        return self


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
    slots: Slots = Field(description="May be left out for a single pool of a site: first 0, count = workers.max.")
    volumes: tuple[Volume, ...] = Field((), description="The data that its workers mount.")
    catalog: tuple[DataPrefix, ...] = Field((), description="Path or URL prefixes of the data that lies here.")

    @model_validator(mode="before")
    @classmethod
    def _slots_of_a_single_pool(cls, given: Any) -> Any:
        if not isinstance(given, dict) or "slots" in given:
            return given
        workers = given.get("workers")
        most = workers.get("max") if isinstance(workers, dict) else None
        # A wrong `max` is reported where it stands; slots that nobody wrote must not be wrong beside it.
        sensible = isinstance(most, int) and not isinstance(most, bool) and 1 <= most <= MAX_SLOTS
        return {**given, "slots": {"first": 0, "count": most if sensible else 1}}
