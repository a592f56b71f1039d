"""Rules `key-material` and `keys-mounted`."""

from policy.plain import UNKNOWN
from policy.record import Resource
from tests.policy.cases import (
    CLUSTER,
    CONFIG_MAP,
    DEPLOYED,
    DEPLOYMENT,
    EVERYWHERE,
    GROUP,
    PLANTED,
    SOUTH,
    Case,
    Gone,
    Secret,
    Sort,
    certain,
    changed,
    kubernetes,
    rows,
)

KEY = Secret(f'{{"private_key": "{PLANTED}"}}')
VOLUME = f"{DEPLOYED}.volumes.0"
MAIN = f"{DEPLOYED}.containers[main]"


def _mount(secret: object, mode: object = 0o440) -> dict[str, object]:
    return {"name": "key", "secret": {"secretName": secret, "defaultMode": mode}}


MATERIAL: list[Case] = [
    *(Case("key-material", Sort.GOOD, f"{one.kind} {where}", (one,)) for one, where in EVERYWHERE),
    Case(
        "key-material", Sort.GOOD, "a Secret", (kubernetes("core/v1", "Secret", "s", stringData={"tunnel.json": KEY}),)
    ),
    Case("key-material", Sort.GOOD, "the seed", (Resource("random:index/randomPassword:RandomPassword", "seed", {}),)),
    *rows(
        "key-material",
        Sort.GOOD,
        DEPLOYMENT,
        ("a file for owner and group", VOLUME, _mount("x"), ()),
        ("a file for the owner", VOLUME, _mount("x", 0o400), ()),
        (
            "an item without a mode of its own",
            VOLUME,
            {"name": "key", "secret": {"secretName": "x", "defaultMode": 0o440, "items": [{"key": "k", "path": "p"}]}},
            (),
        ),
        ("an ordinary variable", f"{DEPLOYED}.containers.0.env", [{"name": "A", "value": "b"}], ()),
    ),
    Case(
        "key-material",
        Sort.BAD,
        "a seed whose id is its value",
        (Resource("random:index/randomBytes:RandomBytes", "seed", {}),),
        ("type",),
    ),
    *rows(
        "key-material",
        Sort.BAD,
        DEPLOYMENT,
        ("a file for all", VOLUME, _mount("x", 0o444), (f"{DEPLOYED}.volumes[key].secret.defaultMode",)),
        ("a file that can be written", VOLUME, _mount("x", 0o600), (f"{DEPLOYED}.volumes[key].secret.defaultMode",)),
        (
            "Kubernetes' default, which is for all",
            VOLUME,
            {"name": "key", "secret": {"secretName": "x"}},
            (f"{DEPLOYED}.volumes[key].secret.defaultMode",),
        ),
        (
            "one item for all",
            VOLUME,
            {
                "name": "key",
                "secret": {"secretName": "x", "defaultMode": 0o440, "items": [{"key": "k", "mode": 0o444}]},
            },
            (f"{DEPLOYED}.volumes[key].secret.items[0].mode",),
        ),
        (
            "projected for all",
            VOLUME,
            {"name": "key", "projected": {"sources": [{"secret": {"name": "x"}}]}},
            (f"{DEPLOYED}.volumes[key].projected.defaultMode",),
        ),
        (
            "one projected item for all",
            VOLUME,
            {
                "name": "key",
                "projected": {
                    "defaultMode": 0o440,
                    "sources": [
                        {"secret": {"name": "x", "items": [{"key": "k", "mode": 0o440}]}},
                        {"secret": {"name": "y", "items": [{"key": "k", "path": "p"}, {"key": "l", "mode": 0o644}]}},
                    ],
                },
            },
            (f"{DEPLOYED}.volumes[key].projected.sources[1].secret.items[1].mode",),
        ),
        (
            "a variable",
            f"{DEPLOYED}.containers.0.env",
            [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "x", "key": "y"}}}],
            (f"{MAIN}.env[0]",),
        ),
        ("all variables", f"{DEPLOYED}.containers.0.envFrom", [{"secretRef": {"name": "x"}}], (f"{MAIN}.envFrom[0]",)),
    ),
    *rows(
        "key-material",
        Sort.UNKNOWN,
        DEPLOYMENT,
        ("a pod", DEPLOYED, UNKNOWN, (DEPLOYED,)),
        ("all volumes", f"{DEPLOYED}.volumes", UNKNOWN, (f"{DEPLOYED}.volumes",)),
        ("the mode", VOLUME, _mount("x", UNKNOWN), (f"{DEPLOYED}.volumes[key].secret.defaultMode",)),
        ("the environment", f"{DEPLOYED}.containers.0.env", UNKNOWN, (f"{MAIN}.env",)),
        ("an annotation, which is read in the update", "spec.template.metadata", {"annotations": {"a": UNKNOWN}}, ()),
    ),
    *rows("key-material", Sort.UNKNOWN, CONFIG_MAP, ("all of a ConfigMap", "data", UNKNOWN, ("data",))),
    *rows(
        "key-material",
        Sort.SECRET,
        CONFIG_MAP,
        ("a configuration in a ConfigMap", "data", {"tunnel.json": Secret(PLANTED)}, ("data.tunnel.json",)),
        ("a binary one", "binaryData", {"tunnel.json": Secret(PLANTED)}, ("binaryData.tunnel.json",)),
        ("a configuration under another name", "data", {"x": KEY}, ("data.x",)),
        ("a PEM file", "data", {"x": Secret(f"-----BEGIN EC PRIVATE KEY-----\n{PLANTED}")}, ("data.x",)),
        ("WireGuard's own file", "data", {"x": Secret(f"[Interface]\nPrivateKey = {PLANTED}")}, ("data.x",)),
    ),
    *rows(
        "key-material",
        Sort.SECRET,
        GROUP,
        ("an argument", "spec.worker.spec.containers.0.args", [KEY], ("spec.worker.spec.containers[main].args[0]",)),
    ),
]


def _key(name: str, *, content: object = KEY, south: bool = False) -> Resource:
    return kubernetes("core/v1", "Secret", name, *([SOUTH] if south else []), stringData={"tunnel.json": content})


GATEWAY = changed(DEPLOYMENT, VOLUME, _mount("gateway-tunnel"))
SCHEDULER = changed(CLUSTER, "spec.scheduler.spec.volumes.0", _mount("test-scheduler-tunnel"))
KEYS = (_key("gateway-tunnel"), _key("test-scheduler-tunnel"), _key("test-slot-0"))


def _mounted(sort: Sort, name: str, base: Resource, path: str, volume: object, *finds: str) -> Case:
    return Case("keys-mounted", sort, name, (*KEYS, changed(base, path, volume)), finds)


PROJECTED = {"name": "key", "projected": {"defaultMode": 0o440, "sources": [{"secret": {"name": "test-slot-0"}}]}}

MOUNTED: list[Case] = [
    Case("keys-mounted", Sort.GOOD, "gateway, scheduler, workers", (*KEYS, GATEWAY, SCHEDULER, GROUP)),
    _mounted(Sort.GOOD, "a Secret without a key", GROUP, "spec.worker.spec.volumes.0", _mount("password")),
    Case(
        "keys-mounted",
        Sort.GOOD,
        "a Secret of that name at another site",
        (_key("test-slot-0", south=True), changed(GROUP, "spec.worker.spec.volumes.0", _mount("test-slot-0"))),
    ),
    _mounted(
        Sort.BAD,
        "a worker with a slot's",
        GROUP,
        "spec.worker.spec.volumes.0",
        _mount("test-slot-0"),
        "group spec.worker.spec.volumes[key].secret",
    ),
    _mounted(
        Sort.BAD,
        "a worker with the gateway's",
        GROUP,
        "spec.worker.spec.volumes.0",
        _mount("gateway-tunnel"),
        "group spec.worker.spec.volumes[key].secret",
    ),
    _mounted(
        Sort.BAD,
        "the default group with the scheduler's",
        CLUSTER,
        "spec.worker.spec.volumes.0",
        _mount("test-scheduler-tunnel"),
        "test spec.worker.spec.volumes[key].secret",
    ),
    _mounted(
        Sort.BAD,
        "a gateway with the scheduler's",
        DEPLOYMENT,
        VOLUME,
        _mount("test-scheduler-tunnel"),
        f"gateway {DEPLOYED}.volumes[key].secret",
    ),
    _mounted(
        Sort.BAD,
        "projected",
        GROUP,
        "spec.worker.spec.volumes.0",
        PROJECTED,
        "group spec.worker.spec.volumes[key].projected.sources[0]",
    ),
    _mounted(
        Sort.UNKNOWN,
        "which Secret",
        GROUP,
        "spec.worker.spec.volumes.0",
        _mount(UNKNOWN),
        "group spec.worker.spec.volumes[key].secret",
    ),
    Case(
        "keys-mounted",
        Sort.UNKNOWN,
        "a configuration before the seed is known",
        (_key("gateway-tunnel", content=UNKNOWN), GATEWAY, GROUP),
    ),
    *certain(
        Case(
            "keys-mounted",
            Sort.UNKNOWN,
            "such a configuration in the wrong place",
            (
                _key("gateway-tunnel", content=UNKNOWN),
                changed(GROUP, "spec.worker.spec.volumes.0", _mount("gateway-tunnel")),
            ),
            ("group spec.worker.spec.volumes[key].secret",),
        )
    ),
    *certain(
        Case(
            "keys-mounted",
            Sort.UNKNOWN,
            "all that a Secret holds",
            (changed(_key("x"), "stringData", UNKNOWN), changed(GROUP, "spec.worker.spec.volumes.0", _mount("x"))),
            ("group spec.worker.spec.volumes[key].secret",),
        )
    ),
    Case(
        "keys-mounted",
        Sort.SECRET,
        "a name",
        (_key(PLANTED), changed(GROUP, "spec.worker.spec.volumes.0", _mount(Secret(PLANTED)))),
        ("group spec.worker.spec.volumes[key].secret",),
    ),
    Case(
        "keys-mounted",
        Sort.SECRET,
        "stored as base64",
        (
            changed(changed(_key("k"), "data", Secret({"tunnel.json": "aHVudGVyMg=="})), "stringData", Gone.GONE),
            changed(GROUP, "spec.worker.spec.volumes.0", _mount("k")),
        ),
        ("group spec.worker.spec.volumes[key].secret",),
    ),
]

CASES = [*MATERIAL, *MOUNTED]
