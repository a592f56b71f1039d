"""Rule `addresses`."""

import base64
import json

from policy.plain import UNKNOWN
from policy.record import Provider, Resource
from tests.policy.cases import GROUP, NORTH, PLANTED, SOUTH, Case, Gone, Secret, Sort, certain, changed, kubernetes

HERE, THERE = "fd62:7c3f:cad5:1::/64", "fd62:7c3f:cad5:2::/64"


def _group(name: str, first: int, count: int, *, at: str = HERE, provider: Provider = NORTH) -> Resource:
    slots = {"first": first, "count": count, "addressPrefix": at, "secretPrefix": "test-slot-"}
    return kubernetes("kubernetes.dask.org/v1", "DaskWorkerGroup", name, provider, spec={"slots": slots})


def _secret(name: str, address: str, provider: Provider = NORTH) -> Resource:
    text = json.dumps({"address": address, "private_key": PLANTED})
    return kubernetes("core/v1", "Secret", name, provider, stringData={"tunnel.json": Secret(text)})


def _stored(secret: Resource) -> Resource:
    """As the provider keeps it: base64 under `data`."""
    text = secret.props["stringData"]["tunnel.json"].value
    data = {"tunnel.json": base64.b64encode(text.encode()).decode()}
    return changed(changed(secret, "data", Secret(data)), "stringData", Gone.GONE)


SLOTS = [_secret(f"test-slot-{slot}", f"fd62:7c3f:cad5:1::{0x11 + slot:x}") for slot in range(4)]
OTHERS = [_secret(f"test-slot-{slot}", f"fd62:7c3f:cad5:2::{0x11 + slot:x}", SOUTH) for slot in range(2)]
GATEWAY = _secret("gateway-tunnel", "fd62:7c3f:cad5:1::1")
ONE, TWO = _group("one", 0, 2), _group("two", 2, 2)
FAR = _group("far", 0, 2, at=THERE, provider=SOUTH)
TEXT = "data.tunnel.json"


def _case(sort: Sort, name: str, *resources: Resource, finds: tuple[str, ...] = ()) -> Case:
    return Case("addresses", sort, name, resources, finds)


CASES: list[Case] = [
    _case(Sort.GOOD, "two groups of a site, one of another", GATEWAY, *SLOTS, *OTHERS, ONE, TWO, FAR),
    _case(Sort.GOOD, "kept as base64", _stored(GATEWAY), *map(_stored, SLOTS), ONE, TWO),
    _case(Sort.GOOD, "a group without slots, as upstream's", GROUP),
    _case(Sort.BAD, "overlapping slots", *SLOTS, ONE, _group("two", 1, 2), finds=("two spec.slots",)),
    _case(Sort.BAD, "the same slots", *SLOTS, ONE, _group("two", 0, 2), finds=("two spec.slots",)),
    _case(
        Sort.BAD,
        "one prefix for two sites",
        *SLOTS,
        *OTHERS,
        ONE,
        _group("far", 2, 2, provider=SOUTH),
        finds=("far spec.slots.addressPrefix", "far spec.slots"),
    ),
    _case(
        Sort.BAD,
        "two prefixes of one site",
        *SLOTS,
        ONE,
        _group("two", 2, 2, at=THERE),
        finds=("two spec.slots.addressPrefix",),
    ),
    _case(Sort.BAD, "a slot without a Secret", *SLOTS[:3], ONE, TWO, finds=("two spec.slots",)),
    _case(Sort.BAD, "Secrets at another site only", *OTHERS, ONE, finds=("one spec.slots",)),
    _case(Sort.BAD, "no range", changed(ONE, "spec.slots.count", 0), finds=("one spec.slots",)),
    _case(Sort.BAD, "no number", changed(ONE, "spec.slots.first", "0"), finds=("one spec.slots",)),
    _case(
        Sort.BAD,
        "two peers with one address",
        *SLOTS,
        _secret("gateway-tunnel", "fd62:7c3f:cad5:1::11"),
        finds=(f"gateway-tunnel {TEXT}",),
    ),
    _case(
        Sort.BAD,
        "one address, kept in two ways",
        SLOTS[0],
        _stored(_secret("x", "fd62:7c3f:cad5:1::11")),
        finds=(f"x {TEXT}",),
    ),
    _case(
        Sort.UNKNOWN,
        "configurations before the seed is known",
        *(changed(one, "stringData", {"tunnel.json": UNKNOWN}) for one in SLOTS),
        ONE,
        TWO,
    ),
    *certain(
        _case(
            Sort.UNKNOWN,
            "slots overlap all the same",
            *(changed(one, "stringData", {"tunnel.json": UNKNOWN}) for one in SLOTS),
            ONE,
            _group("two", 1, 2),
            finds=("two spec.slots",),
        )
    ),
    _case(Sort.UNKNOWN, "a configuration that is kept", changed(_stored(GATEWAY), "data", {"tunnel.json": UNKNOWN})),
    _case(Sort.UNKNOWN, "the slots", *SLOTS, changed(ONE, "spec.slots.first", UNKNOWN)),
    _case(
        Sort.SECRET,
        "a configuration that is none",
        changed(GATEWAY, "stringData", {"tunnel.json": Secret(PLANTED)}),
        finds=(f"gateway-tunnel {TEXT}",),
    ),
    _case(Sort.SECRET, "an address", _secret("one", PLANTED), _secret("two", PLANTED), finds=(f"two {TEXT}",)),
]
