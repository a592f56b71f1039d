"""Rules `providers`, `cluster-identifiers` and `protection`."""

from dataclasses import replace

from policy.plain import UNKNOWN
from policy.record import Provider, Resource
from tests.policy.cases import (
    AMBIENT,
    CONFIG_MAP,
    DEPLOYMENT,
    NORTH,
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

SITE = "isthmus.dev/site"
OF_NORTH = changed(DEPLOYMENT, "metadata.labels", {SITE: "north"})
CRD = kubernetes("apiextensions.k8s.io/v1", "CustomResourceDefinition", "daskclusters.kubernetes.dask.org")

OWN_PROVIDER: list[Case] = [
    Case("providers", Sort.GOOD, "its own site's", (OF_NORTH,)),
    Case("providers", Sort.GOOD, "of no site", (CRD,)),
    Case(
        "providers",
        Sort.GOOD,
        "what is no object of Kubernetes",
        (Resource("random:index/randomPassword:RandomPassword", "seed", {}),),
    ),
    Case("providers", Sort.BAD, "another site's", (replace(OF_NORTH, provider=SOUTH),), ("provider",)),
    Case("providers", Sort.BAD, "the default one", (replace(OF_NORTH, provider=AMBIENT),), ("provider",)),
    Case("providers", Sort.BAD, "the default one, of no site", (replace(CRD, provider=AMBIENT),), ("provider",)),
    Case("providers", Sort.BAD, "none", (replace(CRD, provider=None),), ("provider",)),
    *rows(
        "providers", Sort.UNKNOWN, DEPLOYMENT, ("the site", "metadata.labels", {SITE: UNKNOWN}, ("metadata.labels",))
    ),
    *rows("providers", Sort.UNKNOWN, DEPLOYMENT, ("all labels", "metadata.labels", UNKNOWN, ("metadata.labels",))),
    *rows(
        "providers", Sort.SECRET, DEPLOYMENT, ("the site", "metadata.labels", {SITE: Secret(PLANTED)}, ("provider",))
    ),
]


def _provider(of: Provider, **props: object) -> Resource:
    return Resource("pulumi:providers:kubernetes", of.name, props, urn=of.urn)


NORTHS = _provider(NORTH, clusterIdentifier="test/north", kubeconfig=Secret(PLANTED))
SOUTHS = _provider(SOUTH, clusterIdentifier="test/south", kubeconfig=Secret(PLANTED))

IDENTIFIED: list[Case] = [
    Case("cluster-identifiers", Sort.GOOD, "one each", (NORTHS, SOUTHS)),
    Case("cluster-identifiers", Sort.GOOD, "the default one, which has a rule of its own", (_provider(AMBIENT),)),
    Case(
        "cluster-identifiers",
        Sort.BAD,
        "none",
        (NORTHS, changed(SOUTHS, "clusterIdentifier", Gone.GONE)),
        ("south clusterIdentifier",),
    ),
    Case(
        "cluster-identifiers",
        Sort.BAD,
        "one for two",
        (NORTHS, changed(SOUTHS, "clusterIdentifier", "test/north")),
        ("south clusterIdentifier",),
    ),
    Case(
        "cluster-identifiers",
        Sort.UNKNOWN,
        "the identifier",
        (changed(SOUTHS, "clusterIdentifier", UNKNOWN),),
        ("south clusterIdentifier",),
    ),
    Case(
        "cluster-identifiers",
        Sort.SECRET,
        "the identifier",
        tuple(changed(one, "clusterIdentifier", Secret(PLANTED)) for one in (NORTHS, SOUTHS)),
        ("south clusterIdentifier",),
    ),
]

NAMESPACE = kubernetes("core/v1", "Namespace", "isthmus-test")
SEED = Resource("random:index/randomPassword:RandomPassword", "seed", {"length": 64, "result": Secret(PLANTED)})
CLAIM = kubernetes("core/v1", "PersistentVolumeClaim", "forecasts")
PRECIOUS = {"a CRD": CRD, "a namespace": NAMESPACE, "a claim": CLAIM, "the seed": SEED}

PROTECTED: list[Case] = [
    *(Case("protection", Sort.GOOD, name, (replace(one, protect=True),)) for name, one in PRECIOUS.items()),
    *(
        Case("protection", Sort.GOOD, f"{name}, where losing it is the point", (one,), settings={"required": False})
        for name, one in PRECIOUS.items()
    ),
    Case("protection", Sort.GOOD, "what can be made anew", (CONFIG_MAP,)),
    *(Case("protection", Sort.BAD, name, (one,), ("protect",)) for name, one in PRECIOUS.items() if one is not SEED),
    *certain(
        *rows(
            "protection", Sort.UNKNOWN, NAMESPACE, ("everything but the protection", "metadata", UNKNOWN, ("protect",))
        )
    ),
    Case("protection", Sort.SECRET, "the seed", (SEED,), ("protect",)),
]

CASES = [*OWN_PROVIDER, *IDENTIFIED, *PROTECTED]
