"""Our ComponentResource: a stated type token, children that inherit what they must wait for, and no orphans."""

import copy
from collections.abc import Sequence
from typing import Final, TypedDict

import pulumi

from isthmus.errors import IsthmusError

#: Package and module of every type token. `index` is what the SDK gives packaged components, so that
#: URNs are the same in whatever language the program is.
PACKAGE: Final = "isthmus:index"
#: The property path of all properties (pulumi: sdk/go/common/resource/property_path.go).
EVERYTHING: Final = "*"


class Place(TypedDict):
    """Where something is declared: part of the arguments of everything that belongs to a site."""

    environment: str
    """Name of the environment."""
    namespace: str
    """Where the environment is in the site's Kubernetes; no other site that shares it has the same."""
    site: str
    """Name of the data centre."""
    cluster: str
    """Name of the Dask cluster: the stem of most names."""
    scheduler_here: bool
    """Whether the scheduler is at this site; elsewhere the gateway stands in for it."""
    workers_here: bool
    """Whether the site has pools."""
    priorities_here: bool
    """Whether our PriorityClasses are in the site's Kubernetes: pods may only name one that is there."""


class OrphanError(IsthmusError):
    """A resource was declared beside the platform instead of below it."""

    def __init__(self, token: str, name: str) -> None:
        self.token, self.name = token, name
        super().__init__(
            f"{token} {name!r} has no parent: it would get no provider and no place in the tree. "
            "Declare it inside a component with opts=self.child_opts()."
        )


class Component(pulumi.ComponentResource):
    """Base of everything under `components`. A subclass states its name in the tree: `class X(Component, kind="X")`."""

    # Not annotated: the SDK takes every annotation of a packaged component's class for one of its outputs.
    token = ""

    def __init_subclass__(cls, *, kind: str) -> None:
        super().__init_subclass__()
        cls.token = f"{PACKAGE}:{kind}"

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None) -> None:
        super().__init__(self.token, name, {}, _without_waiting(opts))
        # Pulumi hands a component's provider down to its children, but neither what the component waits for nor what of
        # it is left alone.
        self._inherited = pulumi.ResourceOptions(
            depends_on=opts.depends_on if opts else None, ignore_changes=opts.ignore_changes if opts else None
        )

    def hand_down(
        self,
        *,
        provider: pulumi.ProviderResource | None = None,
        after: Sequence[pulumi.Resource] = (),
        leave: bool = False,
    ) -> None:
        """Children declared from now on have this provider, and wait for these.

        leave: whatever the program says of them, they stay as the state has them.
        """
        more = pulumi.ResourceOptions(
            provider=provider, depends_on=list(after), ignore_changes=[EVERYTHING] if leave else None
        )
        self._inherited = pulumi.ResourceOptions.merge(self._inherited, more)

    def child_opts(
        self,
        *,
        after: Sequence[pulumi.Resource] = (),
        keep: bool = False,
        ignore_changes: Sequence[str] = (),
    ) -> pulumi.ResourceOptions:
        """Options of a child: below this component, after all that the component itself waits for and after `after`.

        keep: refuse to delete it, and leave it in the cluster when the stack forgets it.
        """
        own = pulumi.ResourceOptions(
            parent=self,
            depends_on=list(after),
            protect=True if keep else None,
            retain_on_delete=True if keep else None,
            ignore_changes=list(ignore_changes) or None,
        )
        return pulumi.ResourceOptions.merge(self._inherited, own)


def _without_waiting(opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions | None:
    """The options of a component itself: its children wait for what it waits for.

    A component that waited, too, would end an update for all sites: after a failure of what it waits for, the engine
    skips it, and takes the outputs of a skipped component for a mistake, even with --continue-on-error.
    """
    if opts is None:
        return None
    own = copy.copy(opts)
    own.depends_on = None
    return own


def refuse_orphans() -> None:
    """From now on a resource without a parent is an OrphanError in its own constructor, where the traceback helps.

    In the process of a package there is no stack, and the program that uses it may declare what it likes.
    """
    if pulumi.runtime.get_root_resource() is not None:
        pulumi.runtime.register_stack_transformation(_backstop)


def _backstop(declared: pulumi.ResourceTransformationArgs) -> None:
    if declared.opts.parent is None:
        raise OrphanError(declared.type_, declared.name)
