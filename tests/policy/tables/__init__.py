"""What each rule must say: literal tables, by topic."""

from tests.policy.cases import Case
from tests.policy.tables import addresses, images, keys, namespaces, pods, resources, rights, sites, volumes

CASES: list[Case] = [
    case
    for table in (pods, namespaces, volumes, images, resources, rights, keys, sites, addresses)
    for case in table.CASES
]
