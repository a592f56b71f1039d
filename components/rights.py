"""What the controller may do in the namespace of one site: a Role there, bound to the controller's account.

The controller may be another site's or another stack's: there is one in a Kubernetes, in `isthmus-system`, and it looks
after namespaces that let it in.
"""

from typing import Final

import pulumi
from pulumi_kubernetes.rbac.v1 import Role, RoleBinding

from components.base import Component, Place
from components.controller import Controller
from components.objects import metadata
from isthmus import names
from isthmus.rights import RULES

RBAC: Final = "rbac.authorization.k8s.io"


class RightsArgs(Place):
    """Where; what they are is `isthmus.rights`."""


class Rights(Component, kind="Rights"):
    """A Role in the site's namespace and nothing beyond it. A controller is declared `after` all that it needs."""

    def __init__(self, name: str, args: RightsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        own = metadata(args, names.CONTROLLER)
        role = Role(
            f"{name}-controller",
            metadata=own,
            rules=[
                {"api_groups": list(rule.api_groups), "resources": list(rule.resources), "verbs": list(rule.verbs)}
                for rule in RULES
            ],
            opts=self._formerly(name, opts),
        )
        RoleBinding(
            f"{name}-controller",
            metadata=own,
            role_ref={"api_group": RBAC, "kind": "Role", "name": names.CONTROLLER},
            subjects=[{"kind": "ServiceAccount", "name": names.CONTROLLER, "namespace": names.SYSTEM_NAMESPACE}],
            opts=pulumi.ResourceOptions.merge(self.child_opts(after=[role]), self._formerly(name, opts)),
        )
        self.register_outputs({})

    def _formerly(self, name: str, opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions:
        """They were children of the controller, in 0.1.0."""
        if opts is None or opts.parent is None:
            return self.child_opts()
        controller = pulumi.create_urn(name, Controller.token, parent=opts.parent)
        return pulumi.ResourceOptions.merge(
            self.child_opts(), pulumi.ResourceOptions(aliases=[pulumi.Alias(parent=controller)])
        )
