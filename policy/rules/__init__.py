"""All rules, in the order in which a person would ask for them."""

from typing import Final

from policy.record import ResourceRule, StackRule
from policy.rules.addresses import ADDRESSES
from policy.rules.images import IMAGES
from policy.rules.keys import KEY_MATERIAL, KEYS_MOUNTED
from policy.rules.namespaces import DEFAULT_DENY, NAMESPACES
from policy.rules.pods import CAPABILITIES, RESTRICTED
from policy.rules.protection import PROTECTION
from policy.rules.resources import RESOURCES
from policy.rules.rights import RIGHTS
from policy.rules.sites import ONE_CLUSTER_EACH, PROVIDERS
from policy.rules.volumes import VOLUMES

RULES: Final[tuple[ResourceRule | StackRule, ...]] = (
    CAPABILITIES,
    RESTRICTED,
    NAMESPACES,
    VOLUMES,
    IMAGES,
    RESOURCES,
    RIGHTS,
    DEFAULT_DENY,
    KEY_MATERIAL,
    KEYS_MOUNTED,
    PROVIDERS,
    ONE_CLUSTER_EACH,
    PROTECTION,
    ADDRESSES,
)

__all__ = ["RULES"]
