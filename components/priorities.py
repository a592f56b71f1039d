"""PriorityClasses: what a site cannot do without goes before its workers, and nothing of ours before others' pods.

They are objects of a whole Kubernetes, as CRDs are, and come with these: who may install the one may install the other.
"""

from typing import Final, TypedDict

import pulumi
from pulumi_kubernetes.scheduling.v1 import PriorityClass

from components.base import Component
from isthmus import names

#: What Kubernetes gives a pod without a class (kubernetes.io, Pod Priority and Preemption): no other pod of a data
#: centre is pushed aside by one of ours.
CORE: Final = 0
#: Below that, and not below -10, where the cluster autoscaler stops adding nodes (its expendable-pods-priority-cutoff).
WORKER: Final = -1


class PrioritiesArgs(TypedDict):
    """Nothing to decide: two classes."""


class Priorities(Component, kind="Priorities"):
    """The two classes. Whatever names one is declared `after` this component."""

    def __init__(
        self,
        name: str,
        args: PrioritiesArgs,  # noqa: ARG002 - the form of every component
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        self._class(
            f"{name}-core",
            names.PRIORITY_CORE,
            CORE,
            "PreemptLowerPriority",
            "isthmus: gateway, scheduler, controller. As anybody's pods, but before isthmus' own workers.",
        )
        self._class(
            f"{name}-worker",
            names.PRIORITY_WORKER,
            WORKER,
            "Never",
            "isthmus: workers. They wait for room and are the first to make room.",
        )
        self.register_outputs({})

    def _class(self, name: str, called: str, value: int, preemption: str, description: str) -> None:
        PriorityClass(
            name,
            metadata={"name": called, "labels": {"app.kubernetes.io/part-of": "isthmus"}},
            value=value,
            global_default=False,
            preemption_policy=preemption,
            description=description,
            opts=self.child_opts(),
        )
