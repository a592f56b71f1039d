"""Rule `pool-tags`."""

from dataclasses import replace

from policy.plain import UNKNOWN
from policy.record import Resource
from tests.policy.cases import DEPLOYMENT, GROUP, PLANTED, SOUTH, Case, Gone, Secret, Sort, certain, changed

POOL = "metadata.labels"
ARGS = "spec.worker.spec.containers.0.args"
WHERE = ("group spec.worker.spec.containers",)


def _group(*words: object, pool: object = "ecmwf") -> Resource:
    labelled = changed(GROUP, POOL, {"isthmus.dev/pool": pool})
    return changed(labelled, ARGS, ["dask", "worker", *words])


TAGGED = _group("--resources", "pool-ecmwf=1")


def _case(sort: Sort, name: str, *resources: Resource, finds: tuple[str, ...] = ()) -> Case:
    return Case("pool-tags", sort, name, resources, finds)


CASES: list[Case] = [
    _case(Sort.GOOD, "tagged", TAGGED),
    _case(Sort.GOOD, "in one word", _group("--resources=pool-ecmwf=1")),
    _case(Sort.GOOD, "with another resource", _group("--resources", "GPU=2,pool-ecmwf=1 pool=3")),
    _case(Sort.GOOD, "a group of no pool, as upstream's", GROUP),
    _case(Sort.GOOD, "no group", DEPLOYMENT),
    _case(
        Sort.GOOD,
        "two groups of a pool at one site",
        TAGGED,
        replace(TAGGED, urn=f"{TAGGED.urn}2", name="second"),
    ),
    _case(Sort.BAD, "untagged", _group(), finds=WHERE),
    _case(Sort.BAD, "another tag", _group("--resources", "pool-eumetsat=1"), finds=WHERE),
    _case(Sort.BAD, "two tags", _group("--resources", "pool-ecmwf=1 pool-eumetsat=1"), finds=WHERE),
    _case(Sort.BAD, "a longer tag", _group("--resources", "pool-ecmwf2=1"), finds=WHERE),
    _case(Sort.BAD, "another option", _group("--name", "pool-ecmwf=1"), finds=WHERE),
    _case(Sort.BAD, "nothing behind it", _group("--resources"), finds=WHERE),
    _case(Sort.BAD, "no command", changed(TAGGED, ARGS, Gone.GONE), finds=WHERE),
    _case(
        Sort.BAD,
        "at two sites",
        TAGGED,
        replace(TAGGED, provider=SOUTH, urn=f"{TAGGED.urn}2", name="second"),
        finds=("second metadata.labels.isthmus.dev/pool",),
    ),
    _case(Sort.UNKNOWN, "a word", _group("--resources", UNKNOWN), finds=WHERE),
    _case(Sort.UNKNOWN, "all words", changed(TAGGED, ARGS, UNKNOWN), finds=WHERE),
    _case(Sort.UNKNOWN, "the pool", changed(TAGGED, POOL, UNKNOWN), finds=("group metadata.labels",)),
    _case(Sort.UNKNOWN, "the pod", changed(TAGGED, "spec.worker.spec", UNKNOWN), finds=("group spec.worker.spec",)),
    *certain(
        _case(Sort.UNKNOWN, "a variable", changed(_group(), "spec.worker.spec.containers.0.env", UNKNOWN), finds=WHERE)
    ),
    _case(Sort.SECRET, "a tag", _group("--resources", Secret(f"pool-{PLANTED}=1")), finds=WHERE),
]
