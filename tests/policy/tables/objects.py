"""Rules `labels`, `api-versions` and `custom-resources`."""

from dataclasses import replace
from typing import Any

from policy.plain import UNKNOWN
from policy.record import Resource
from tests.policy.cases import CONFIG_MAP, GROUP, PLANTED, POD, Case, Gone, Secret, Sort, changed, kubernetes, rows

PART_OF, ENVIRONMENT, SITE, POOL = (
    "app.kubernetes.io/part-of",
    "isthmus.dev/environment",
    "isthmus.dev/site",
    "isthmus.dev/pool",
)
OURS = {PART_OF: "isthmus", ENVIRONMENT: "test", SITE: "north"}
MAP = changed(CONFIG_MAP, "metadata.labels", OURS)
CLASS = kubernetes(
    "scheduling.k8s.io/v1", "PriorityClass", "first", metadata={"namespace": None, "labels": {PART_OF: "isthmus"}}
)
WORKERS = changed(changed(GROUP, "spec.cluster", "test"), "metadata.labels", OURS | {POOL: "ecmwf"})
WEB = kubernetes(
    "apps/v1",
    "Deployment",
    "web",
    metadata={"labels": OURS},
    spec={"template": {"metadata": {"labels": OURS}, "spec": POD}},
)
TEMPLATE = "spec.template.metadata.labels"


def _without(key: str) -> dict[str, str]:
    return {name: value for name, value in OURS.items() if name != key}


LABELS: list[Case] = [
    *(Case("labels", Sort.GOOD, f"a {one.kind}", (one,)) for one in (MAP, CLASS, WORKERS, WEB)),
    Case("labels", Sort.GOOD, "something else", (Resource("cloud:index:Thing", "x", {}),)),
    *rows(
        "labels",
        Sort.BAD,
        MAP,
        *((f"no {key}", "metadata.labels", _without(key), (f"metadata.labels.{key}",)) for key in OURS),
        ("none at all", "metadata.labels", Gone.GONE, tuple(f"metadata.labels.{key}" for key in OURS)),
        ("a long one", "metadata.labels", OURS | {"x": "a" * 64}, ("metadata.labels",)),
        ("a blank", "metadata.labels", OURS | {"x": "a b"}, ("metadata.labels",)),
        ("a number", "metadata.labels", OURS | {"x": 1}, ("metadata.labels",)),
        ("a wrong key", "metadata.labels", OURS | {"/x": "a"}, ("metadata.labels",)),
    ),
    *rows("labels", Sort.BAD, CLASS, ("none", "metadata.labels", {}, (f"metadata.labels.{PART_OF}",))),
    *rows(
        "labels",
        Sort.BAD,
        WORKERS,
        ("a group without its pool", "metadata.labels", OURS, (f"metadata.labels.{POOL}",)),
        ("a wrong one of its pods", "spec.worker.metadata", {"labels": {"x": "a b"}}, ("spec.worker.metadata.labels",)),
    ),
    *rows("labels", Sort.BAD, WEB, ("pods without a site", TEMPLATE, _without(SITE), (f"{TEMPLATE}.{SITE}",))),
    *rows(
        "labels",
        Sort.UNKNOWN,
        WEB,
        ("all", "metadata.labels", UNKNOWN, ("metadata.labels",)),
        ("one", "metadata.labels", OURS | {SITE: UNKNOWN}, (f"metadata.labels.{SITE}",)),
        ("its pods'", TEMPLATE, UNKNOWN, (TEMPLATE,)),
    ),
    *rows(
        "labels",
        Sort.SECRET,
        MAP,
        ("one", "metadata.labels", OURS | {"x": Secret(f"{PLANTED} ")}, ("metadata.labels",)),
    ),
]

API_VERSIONS: list[Case] = [
    *(Case("api-versions", Sort.GOOD, f"a {one.kind}", (one,)) for one in (MAP, CLASS, WORKERS, WEB)),
    Case("api-versions", Sort.GOOD, "v2", (kubernetes("autoscaling/v2", "HorizontalPodAutoscaler", "x"),)),
    Case("api-versions", Sort.GOOD, "something else", (Resource("cloud:beta/v1beta1:Thing", "x", {}),)),
    *(
        Case("api-versions", Sort.BAD, api, (kubernetes(api, "Thing", "x"),), ("type",))
        for api in ("batch/v1beta1", "example.com/v1alpha1", "example.com/v2beta3")
    ),
    Case("api-versions", Sort.BAD, "as it is stated", (changed(MAP, "apiVersion", "v1beta1"),), ("apiVersion",)),
    Case("api-versions", Sort.UNKNOWN, "as it is stated", (changed(MAP, "apiVersion", UNKNOWN),), ("apiVersion",)),
    Case(
        "api-versions", Sort.SECRET, "as it is stated", (changed(MAP, "apiVersion", Secret(PLANTED)),), ("apiVersion",)
    ),
]


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties}


SPEC = _object(
    ["count"],
    count={"type": "integer", "minimum": 1},
    mode={"type": "string", "enum": ["a", "b"]},
    hint={"type": "string", "nullable": True},
    free={"type": "object", "x-kubernetes-preserve-unknown-fields": True, "properties": {"known": {"type": "string"}}},
    labels={"type": "object", "additionalProperties": {"type": "string"}},
    parts={"type": "array", "items": _object(["name"], name={"type": "string"})},
)
CRD = kubernetes(
    "apiextensions.k8s.io/v1",
    "CustomResourceDefinition",
    "things",
    spec={
        "group": "example.com",
        "names": {"kind": "Thing"},
        "versions": [{"name": "v1", "schema": {"openAPIV3Schema": _object(["spec"], spec=SPEC)}}],
    },
)
THING = kubernetes("example.com/v1", "Thing", "thing", apiVersion="example.com/v1", spec={"count": 2})
SDK = changed(
    CRD,
    "spec.versions.0.schema.openAPIV3Schema.properties.spec.properties.free",
    {"x_kubernetes_preserve_unknown_fields": True, "type": "object", "properties": {}},
)


SCHEMA = "spec.versions.0.schema.openAPIV3Schema"


def _thing(sort: Sort, name: str, path: str, value: Any, *finds: str, crd: Resource = CRD) -> Case:
    return Case("custom-resources", sort, name, (crd, changed(THING, path, value)), finds)


CUSTOM: list[Case] = [
    _thing(Sort.GOOD, "all of it", "spec", {"count": 1, "mode": "a", "labels": {"x": "y"}, "parts": [{"name": "x"}]}),
    _thing(Sort.GOOD, "with the provider's notes, after the update", "__fieldManager", "pulumi-kubernetes"),
    _thing(Sort.BAD, "with something of somebody's own beside it", "mine", {}, "thing spec"),
    _thing(Sort.GOOD, "nothing, where that is allowed", "spec.hint", None),
    _thing(Sort.GOOD, "whatever, where that is allowed", "spec.free", {"x": 1}),
    _thing(Sort.GOOD, "whatever, as the SDK registers it", "spec.free", {"x": 1}, crd=SDK),
    Case("custom-resources", Sort.GOOD, "of no definition that is known", (changed(THING, "spec", {}),)),
    Case(
        "custom-resources",
        Sort.GOOD,
        "of another kind",
        (CRD, replace(THING, type="kubernetes:example.com/v1:Other", props={})),
    ),
    _thing(Sort.BAD, "too few", "spec.count", 0, "thing spec.count"),
    _thing(Sort.BAD, "no number", "spec.count", "2", "thing spec.count"),
    _thing(Sort.BAD, "none of them", "spec.mode", "c", "thing spec.mode"),
    _thing(Sort.BAD, "misspelt", "spec.coumt", 2, "thing spec"),
    _thing(Sort.BAD, "missing", "spec.count", Gone.GONE, "thing spec"),
    _thing(Sort.BAD, "missing in a list", "spec.parts", [{"name": "x"}, {}], "thing spec.parts[1]"),
    _thing(Sort.BAD, "nothing", "spec.mode", None, "thing spec.mode", "thing spec.mode"),
    _thing(Sort.BAD, "known, where much is allowed", "spec.free", {"known": 1}, "thing spec.free.known"),
    _thing(Sort.BAD, "no text", "spec.labels", {"x": 1}, "thing spec.labels.x"),
    _thing(
        Sort.BAD,
        "a definition without a schema",
        "spec",
        {},
        "things spec.versions[0].schema.openAPIV3Schema",
        crd=changed(CRD, f"{SCHEMA}.required", 7),
    ),
    _thing(Sort.UNKNOWN, "a definition", "spec", {}, crd=changed(CRD, f"{SCHEMA}.required", UNKNOWN)),
    _thing(Sort.UNKNOWN, "a number", "spec.count", UNKNOWN),
    _thing(Sort.UNKNOWN, "a list", "spec.parts", UNKNOWN),
    _thing(Sort.UNKNOWN, "in a list", "spec.parts", [{"name": UNKNOWN}]),
    replace(_thing(Sort.UNKNOWN, "beside a mistake", "spec", {"count": UNKNOWN, "x": 1}, "thing spec"), certain=True),
    _thing(Sort.SECRET, "none of them", "spec.mode", Secret(PLANTED), "thing spec.mode"),
]

CASES = [*LABELS, *API_VERSIONS, *CUSTOM]
