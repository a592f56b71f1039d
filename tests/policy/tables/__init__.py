"""What each rule must say: literal tables, by topic."""

from tests.policy.cases import Case
from tests.policy.tables import (
    accounts,
    addresses,
    containers,
    credentials,
    flows,
    images,
    keys,
    namespaces,
    objects,
    pods,
    pools,
    references,
    resources,
    rights,
    selectors,
    services,
    sites,
    volumes,
    workloads,
)

TABLES = (
    pods,
    containers,
    namespaces,
    volumes,
    images,
    resources,
    workloads,
    accounts,
    rights,
    flows,
    services,
    keys,
    credentials,
    selectors,
    references,
    objects,
    pools,
    sites,
    addresses,
)
CASES: list[Case] = [case for table in TABLES for case in table.CASES]
