"""All rules, in the order in which a person would ask for them."""

from typing import Final

from policy.record import ResourceRule, StackRule
from policy.rules.accounts import ACCOUNTS, POD_MAKERS
from policy.rules.addresses import ADDRESSES
from policy.rules.containers import PORTS, PROBES_RULE, READ_ONLY, VARIABLES
from policy.rules.credentials import CREDENTIALS
from policy.rules.flows import FLOWS
from policy.rules.images import IMAGES
from policy.rules.keys import KEY_MATERIAL, KEYS_MOUNTED
from policy.rules.namespaces import DEFAULT_DENY, NAMESPACES, QUOTAS
from policy.rules.objects import API_VERSIONS, CUSTOM_RESOURCES, LABELS
from policy.rules.pods import CAPABILITIES, RESTRICTED
from policy.rules.pools import POOL_TAGS
from policy.rules.protection import PROTECTION
from policy.rules.references import REFERENCES
from policy.rules.resources import RESOURCES
from policy.rules.rights import RIGHTS
from policy.rules.selectors import SELECTORS
from policy.rules.services import EXPOSURE
from policy.rules.sites import ONE_CLUSTER_EACH, PROVIDERS
from policy.rules.volumes import VOLUMES
from policy.rules.workloads import DISRUPTIONS, JOBS, PRIORITY, REPLICAS

RULES: Final[tuple[ResourceRule | StackRule, ...]] = (
    CAPABILITIES,
    RESTRICTED,
    READ_ONLY,
    NAMESPACES,
    QUOTAS,
    VOLUMES,
    IMAGES,
    RESOURCES,
    VARIABLES,
    PROBES_RULE,
    PORTS,
    REPLICAS,
    DISRUPTIONS,
    PRIORITY,
    JOBS,
    ACCOUNTS,
    RIGHTS,
    POD_MAKERS,
    DEFAULT_DENY,
    FLOWS,
    EXPOSURE,
    KEY_MATERIAL,
    KEYS_MOUNTED,
    CREDENTIALS,
    SELECTORS,
    REFERENCES,
    LABELS,
    API_VERSIONS,
    CUSTOM_RESOURCES,
    POOL_TAGS,
    PROVIDERS,
    ONE_CLUSTER_EACH,
    PROTECTION,
    ADDRESSES,
)

__all__ = ["RULES"]
