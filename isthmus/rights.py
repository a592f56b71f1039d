"""What a site's controller may do: the one list, rendered as a Role and held against every call that it makes.

All of it is namespaced. The controller asks for nothing cluster-wide (what kopf reads besides is API discovery, which
Kubernetes grants every authenticated user), reads no Secret and no ConfigMap, and updates no pod template.
"""

from dataclasses import dataclass
from typing import Final

from isthmus.names import GROUP


@dataclass(frozen=True)
class Rule:
    """One PolicyRule of a Role (rbac.authorization.k8s.io/v1)."""

    api_groups: tuple[str, ...]
    """Empty string: the core group."""
    resources: tuple[str, ...]
    """Plurals, with `/subresource` where it is one."""
    verbs: tuple[str, ...]
    why: str
    """What the controller does with it, in one sentence."""


RULES: Final = (
    Rule(
        (GROUP,),
        ("daskclusters",),
        ("get", "list", "watch", "patch"),
        "Read what is asked for; patch only to take off the finalizer that the Dask operator's controller left.",
    ),
    Rule(
        (GROUP,),
        ("daskworkergroups",),
        ("get", "list", "watch", "create", "patch"),
        "Read what is asked for; make a cluster's default group, hand replicas down to it, adopt groups without owner.",
    ),
    Rule(
        (GROUP,),
        ("daskclusters/status", "daskworkergroups/status"),
        ("patch",),
        "Report phase, counts and conditions.",
    ),
    Rule(
        (GROUP,),
        ("daskclusters/finalizers", "daskworkergroups/finalizers"),
        ("update",),
        "Set blockOwnerDeletion on what they own, where OwnerReferencesPermissionEnforcement is on (OpenShift).",
    ),
    Rule(
        ("",),
        ("pods",),
        ("list", "watch", "create", "patch", "delete"),
        "Make workers, see how they fare, mark the ones that are being retired, delete them.",
    ),
    Rule(
        ("",),
        ("services",),
        ("get", "list", "watch", "create"),
        "Make the scheduler's Service, see its address, see whose it is if the name was taken.",
    ),
    Rule(
        ("apps",),
        ("deployments",),
        ("get", "list", "watch", "create"),
        "Make the scheduler's Deployment, see it ready, see whose it is if the name was taken.",
    ),
)
